"""The sources of the moment: paths, patterns that match new files later, and trees."""

from collections.abc import Callable, Iterator, Sequence
from glob import glob, has_magic
from pathlib import Path

from bartizan.acquire.ship.checkpoint import Checkpoint
from bartizan.acquire.ship.source import Source, TailSource
from bartizan.acquire.ship.tree import TreeSource
from bartizan.acquire.tail.rotated import is_rotation


class Sources:
    """Iterates over them. A file that a pattern no longer matches is followed to its end."""

    def __init__(
        self,
        files: Sequence[str],
        trees: Sequence[Path],
        checkpoint: Checkpoint,
        *,
        max_entry_bytes: int,
        remove_through: Callable[[], int] | None = None,
    ) -> None:
        """What of the trees is delivered is removed if `remove_through` is given."""
        self._patterns = files
        self._checkpoint = checkpoint
        self._max_entry_bytes = max_entry_bytes
        self._tails: dict[Path, TailSource] = {}
        self._trees = [
            TreeSource(
                root.absolute(),
                checkpoint,
                max_entry_bytes=max_entry_bytes,
                remove_through=remove_through,
            )
            for root in trees
        ]

    def refresh(self) -> None:
        """Match the patterns again."""
        for path in paths(self._patterns):
            if path not in self._tails:
                self._tails[path] = TailSource(
                    path, self._checkpoint, max_entry_bytes=self._max_entry_bytes
                )

    def __iter__(self) -> Iterator[Source]:
        yield from self._tails.values()
        yield from self._trees

    def close(self) -> None:
        for source in self:
            source.close()


def paths(patterns: Sequence[str]) -> list[Path]:
    """The paths to follow: those named, also where nothing is yet, and the files that match.

    Without those that rotation has made of another one: following that one reads them too.
    """
    found: set[Path] = set()
    for pattern in patterns:
        if has_magic(pattern):
            matching = [Path(name) for name in glob(pattern)]  # noqa: PTH207 - absolute patterns
            found |= {path.absolute() for path in matching if path.is_file()}
        else:
            found.add(Path(pattern).absolute())
    return sorted(path for path in found if not _is_of_another(path, found))


def _is_of_another(path: Path, others: set[Path]) -> bool:
    return any(
        other.parent == path.parent and is_rotation(path.name, other.name) for other in others
    )
