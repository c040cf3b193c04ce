"""Empty SQLite stores of today's schema: copies of one that was migrated once in this process."""

from collections.abc import Callable
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

from bartizan.store.registry import upgrade_control, upgrade_store


def empty_store(file: Path) -> str:
    """Makes the file, which must not be there, of a store of transactions; its URL."""
    return _copied(upgrade_store, file)


def empty_control(file: Path) -> str:
    """The same of a control store."""
    return _copied(upgrade_control, file)


def _copied(upgrade: Callable[[str], None], file: Path) -> str:
    file.parent.mkdir(parents=True, exist_ok=True)
    with file.open("xb") as new:
        new.write(_migrated(upgrade))
    return f"sqlite:///{file}"


@cache
def _migrated(upgrade: Callable[[str], None]) -> bytes:
    with TemporaryDirectory() as directory:
        file = Path(directory) / "migrated.sqlite"
        upgrade(f"sqlite:///{file}")
        assert [one.name for one in file.parent.iterdir()] == [file.name], "all is in one file"
        return file.read_bytes()
