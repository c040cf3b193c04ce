"""The shipper: its parts put together, on a machine that runs nothing else of Bartizan.

It loads neither a store nor a web framework: what it needs stays below 60 MB.
"""

import fcntl
import os
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from types import FrameType

from bartizan.acquire.ship import dry_run
from bartizan.acquire.ship.checkpoint import Checkpoint
from bartizan.acquire.ship.envelope import endpoint
from bartizan.acquire.ship.keeping import Keeper
from bartizan.acquire.ship.refused import RefusedLog
from bartizan.acquire.ship.sending import Sender
from bartizan.acquire.ship.shipper import Shipper
from bartizan.acquire.ship.sources import Sources
from bartizan.app.settings import Settings
from bartizan.app.stopping import stop_on_signals
from bartizan.domain.errors import Misconfigured
from bartizan.kit import log
from bartizan.kit.memory import be_frugal
from bartizan.kit.outbound import Outbound
from bartizan.spool.outlet import Outlet
from bartizan.spool.schema import FILE_NAME as SPOOL_FILE
from bartizan.spool.settings import SpoolSettings

_log = log.get("ship")


def run(settings: Settings, *, once: bool = False) -> bool:
    """Ship until a signal; with `once` until all there is has arrived, and whether it has."""
    outbound = _outbound(settings)
    url = endpoint(_wanted(settings.ship.url, "ship.url"))
    directory = state_directory(settings)
    be_frugal()
    with _alone(directory):
        spool = directory / "spool"
        is_new = not (spool / SPOOL_FILE).exists()
        outlet = Outlet(spool)
        with closing(Checkpoint(directory)) as checkpoint:
            if is_new:  # what was read before was in the spool that is gone
                checkpoint.clear()
            refused = RefusedLog(directory / "refused")
            arrived = threading.Event()
            turn = threading.Lock()
            oldest = outlet.take(0, 1, 1)
            sender = Sender(
                outlet,
                outbound,
                url,
                refused,
                keep_files=checkpoint.keep,
                turn=turn,
                delivered_through=oldest[0].id - 1 if oldest else checkpoint.last_entry_id(),
            )
            keeper = Keeper(
                spool,
                SpoolSettings(
                    max_bytes=settings.ship.spool_max_bytes,
                    min_free_bytes=settings.ship.min_free_bytes,
                ),
                refused,
                arrived,
                turn,
                sensor=_wanted(settings.ship.sensor, "ship.sensor"),
                skip_unrecognised=settings.ship.unrecognised == "skip",
            )
            removing = settings.ship.remove_delivered
            remove_through = (lambda: sender.delivered_through) if removing else None
            sources = _sources(settings, checkpoint, remove_through)
            shipper = Shipper(sources, keeper, sender, arrived)
            _log.info("ship.started", url=url, state_directory=str(directory))
            stop = stop_on_signals()
            if once:
                return shipper.run_once(stop)
            shipper.run(stop, _on_hangup(settings))
            return stop.is_set()


def would_send(settings: Settings) -> list[dry_run.Origin]:
    """What is new since the last run, from a copy of what is remembered."""
    existing = state_directory(settings) / "checkpoint.sqlite"
    with TemporaryDirectory(prefix="bartizan-ship-") as name:
        copy = Path(name)
        with closing(Checkpoint(copy)) as checkpoint:
            if existing.exists():
                checkpoint.copy_from(existing)
            sources = _sources(settings, checkpoint, None)
            try:
                return dry_run.origins(sources)
            finally:
                sources.close()


def state_directory(settings: Settings) -> Path:
    return settings.ship.state_directory or settings.data_directory / "ship"


def _sources(
    settings: Settings, checkpoint: Checkpoint, remove_through: Callable[[], int] | None
) -> Sources:
    ship = settings.ship
    if not ship.files and not ship.trees:
        raise Misconfigured("bad-setting", "nothing to ship: name files or trees", "ship.files")
    return Sources(
        ship.files,
        ship.trees,
        checkpoint,
        max_entry_bytes=ship.max_entry_bytes,
        remove_through=remove_through,
    )


def _outbound(settings: Settings) -> Outbound:
    sensor = _wanted(settings.ship.sensor, "ship.sensor")
    secret = _wanted(settings.ship_secret(), "ship.secret_file")
    try:
        return Outbound(
            username=sensor,
            password=secret,
            ca_file=settings.ship.ca_file,
            verify=settings.ship.verify_certificate,
        )
    except OSError as error:
        raise Misconfigured("bad-ca-file", str(error), "ship.ca_file") from error


def _wanted(value: str | None, key: str) -> str:
    if not value:
        raise Misconfigured("bad-setting", "the shipper needs it", key)
    return value


@contextmanager
def _alone(directory: Path) -> Iterator[None]:
    """One shipper for each state directory, which is private: entries hold passwords."""
    try:
        directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        directory.chmod(0o700)
        descriptor = os.open(directory / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise Misconfigured("state-directory", str(error), "ship.state_directory") from error
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise Misconfigured(
                "already-running", "another shipper uses this directory", str(directory)
            ) from error
        yield
    finally:
        os.close(descriptor)


def _on_hangup(settings: Settings) -> Callable[[], Outbound | None]:
    """SIGHUP: match the patterns and read the secret and the authority's file again, at once."""
    asked: list[int] = []

    def on_signal(number: int, _frame: FrameType | None) -> None:
        asked.append(number)

    def reloaded() -> Outbound | None:
        if not asked:
            return None
        asked.clear()
        try:
            outbound = _outbound(settings)
        except Misconfigured as error:
            _log.error("ship.not-reloaded", reason=str(error))
            return None
        _log.info("ship.reloaded")
        return outbound

    signal.signal(signal.SIGHUP, on_signal)
    return reloaded
