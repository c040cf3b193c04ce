"""A progress bar on standard error for commands that read many bytes."""

from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import (
    BarColumn,
    DownloadColumn,
    TaskID,
    TextColumn,
    TimeRemainingColumn,
    TransferSpeedColumn,
)
from rich.progress import Progress as RichProgress


class Progress:
    """What a command tells: bytes read, and a few words about the rest."""

    def __init__(self, bar: RichProgress, task: TaskID) -> None:
        self._bar = bar
        self._task = task

    def advance(self, count: int) -> None:
        self._bar.advance(self._task, count)

    def tell(self, words: str) -> None:
        self._bar.update(self._task, words=words)


@contextmanager
def progress(total: int | None) -> Iterator[Progress]:
    """Show a bar of `total` bytes (None = unknown) while the block runs."""
    bar = RichProgress(
        BarColumn(),
        DownloadColumn(),
        TransferSpeedColumn(),
        TimeRemainingColumn(),
        TextColumn("{task.fields[words]}", markup=False),
        console=Console(stderr=True),
    )
    with bar:
        yield Progress(bar, bar.add_task("", total=total, words=""))
