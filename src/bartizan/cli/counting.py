"""A progress bar on standard error for commands that deal with a known number of things."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

Show = Callable[[int, str], None]


@contextmanager
def counting(total: int | None) -> Iterator[Show]:
    """Gives `show(done, words)`; says nothing unless standard error is a terminal."""
    if not sys.stderr.isatty():
        yield lambda _done, _words: None
        return
    bar = Progress(
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
        TextColumn("{task.fields[words]}", markup=False),
        console=Console(stderr=True),
    )
    with bar:
        task = bar.add_task("", total=total, words="")
        yield lambda done, words: bar.update(task, completed=done, words=words)
