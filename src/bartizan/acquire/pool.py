"""Loading in several processes: decoding takes more time than reading, and shares well."""

import signal
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from typing import Final

from bartizan.acquire.loading import Loaded, Loader, collect_seldom
from bartizan.domain.delivery import AuditLogEntry
from bartizan.domain.errors import BartizanError, Unavailable

MakeLoader = Callable[[], Loader]
_loaders: Final[list[Loader]] = []  # of this process, if it is one of a pool


class LoaderPool:
    """As many processes as asked for, each with a loader that `make` makes in it."""

    def __init__(self, make: MakeLoader, processes: int) -> None:
        self.at_once = processes + 1
        self._executor = ProcessPoolExecutor(
            processes, mp_context=get_context("spawn"), initializer=_start, initargs=(make,)
        )

    def begin(self, entries: Sequence[AuditLogEntry]) -> Callable[[], Loaded]:
        """See `acquire.intake.Loading`. What waits raises `Unavailable` as a loader does."""
        loading = self._executor.submit(_load, entries)

        def wait() -> Loaded:
            loaded = loading.result()
            if isinstance(loaded, Loaded):
                return loaded
            raise Unavailable(*loaded)

        return wait

    def close(self) -> None:
        self._executor.shutdown(cancel_futures=True)


def _start(make: MakeLoader) -> None:
    # What a terminal sends to all of its processes is for the one that started the others.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    _loaders.append(make())
    collect_seldom()


def _load(entries: Sequence[AuditLogEntry]) -> Loaded | tuple[str, str, str]:
    """An error of ours is told by its parts: exceptions do not travel well."""
    try:
        return _loaders[0].load(entries)
    except BartizanError as error:
        return error.code, error.message, error.where
