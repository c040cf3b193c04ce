"""Both stores into a directory, and back, with a manifest that says what must be in there.

The manifest is written last, so a directory without one is no backup. A backup of SQLite is two
databases; a database server is backed up by its own programs; what has none that write a file (a
cluster) is copied into SQLite, which every kind of store can be restored from.
"""

import hashlib
import os
import tempfile
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import Final

import msgspec
import zstandard

from bartizan import __version__
from bartizan.app import wiring
from bartizan.app.settings import Settings
from bartizan.app.store_copy import Copy
from bartizan.app.store_fingerprint import Fingerprint, fingerprint
from bartizan.decode import registry as formats
from bartizan.domain.errors import Corrupt, Misconfigured, Refused
from bartizan.kit.clock import now
from bartizan.kit.struct import Struct
from bartizan.store.backup.contract import Dumper
from bartizan.store.registry import (
    control_dumper,
    copy_control,
    drop_control,
    drop_store,
    open_control,
    sqlite_file,
    store_dumper,
    upgrade_control,
    upgrade_store,
)

MANIFEST: Final = "manifest.json"
_FORM: Final = 1
_LEVEL: Final = 3
_SQLITE: Final = "sqlite"
Say = Callable[[str], None]


class Which(StrEnum):
    TRANSACTIONS = "transactions"
    CONTROL = "control"


class BackupPart(Struct, frozen=True, kw_only=True):
    """One store in one file. `sha256` and `size_bytes` are of the file as it lies there."""

    store: Which
    engine: str
    file: str
    size_bytes: int
    sha256: str


class Manifest(Struct, frozen=True, kw_only=True):
    """What a backup holds. `found` is of the transactions up to the id `until_id`, if it was
    counted.
    """

    form: int
    version: str
    created_at: datetime
    parts: tuple[BackupPart, ...]
    until_id: int
    found: Fingerprint | None


class Backup:
    """Into `directory`, which must be new or empty. `say` hears what is being done."""

    def __init__(
        self, settings: Settings, directory: Path, *, is_packed: bool, is_neutral: bool, say: Say
    ) -> None:
        self._settings = settings
        self._directory = directory
        self._is_packed = is_packed
        self._is_neutral = is_neutral
        self._say = say

    def run(self, *, is_counted: bool) -> Manifest:
        """Transactions first: a sensor that comes later is then rather in than missing."""
        _make_empty(self._directory)
        url = self._settings.store_url()
        with closing(wiring.existing_store(url)) as store:
            until = store.last_id()
        transactions = self._transactions(url)
        control = self._control(self._settings.control_url())
        found = None
        if is_counted:
            self._say("counting what is in it")
            # A backup that can be opened is counted itself, else what it was made of.
            copied = f"sqlite:///{transactions.absolute()}"
            is_open = transactions.suffix == ".sqlite"
            with closing(wiring.existing_store(copied if is_open else url)) as store:
                found = fingerprint(store, until)
        parts = (
            self._part(Which.TRANSACTIONS, transactions),
            self._part(Which.CONTROL, control),
        )
        manifest = Manifest(
            form=_FORM,
            version=__version__,
            created_at=now(),
            parts=parts,
            until_id=until,
            found=found,
        )
        _write(self._directory / MANIFEST, msgspec.json.format(msgspec.json.encode(manifest)))
        return manifest

    def _transactions(self, url: str) -> Path:
        self._say("transactions")
        dumper = store_dumper(url)
        if dumper is not None and (dumper.engine == _SQLITE or not self._is_neutral):
            return self._dump(Which.TRANSACTIONS, dumper)
        file = self._directory / f"{Which.TRANSACTIONS}.sqlite"
        target = f"sqlite:///{file.absolute()}"
        is_cut = self._settings.store.sql_parts
        with (
            closing(wiring.existing_store(url)) as source,
            closing(wiring.store_to_fill(target, sql_parts=is_cut)) as copied,
        ):
            report = Copy(source, copied, parts=formats.parts if is_cut else None).run()
        if not report.is_equal:
            raise Corrupt("backup-differs", f"{report.differences} transactions differ", str(file))
        return file

    def _control(self, url: str) -> Path:
        self._say("people, sensors and settings of the console")
        if not self._is_neutral or sqlite_file(url) is not None:
            return self._dump(Which.CONTROL, control_dumper(url))
        file = self._directory / f"{Which.CONTROL}.sqlite"
        copy_control(url, f"sqlite:///{file.absolute()}")
        return file

    def _dump(self, which: Which, dumper: Dumper) -> Path:
        file = self._directory / f"{which}{dumper.suffix}"
        dumper.save(file)
        return file

    def _part(self, which: Which, file: Path) -> BackupPart:
        engine = {".sqlite": _SQLITE, ".sql": "mysql", ".pgdump": "postgresql"}[file.suffix]
        if self._is_packed:
            self._say(f"packing {file.name}")
            file = _packed(file)
        return BackupPart(
            store=which,
            engine=engine,
            file=file.name,
            size_bytes=file.stat().st_size,
            sha256=_sha256(file),
        )


class RestoreReport(Struct, frozen=True, kw_only=True):
    """What was restored. `is_equal` is None where there is nothing to compare."""

    manifest: Manifest
    found: Fingerprint | None
    is_equal: bool | None


class Restore:
    """From a directory that `Backup` made into the stores of the settings."""

    def __init__(self, settings: Settings, directory: Path, *, say: Say) -> None:
        self._settings = settings
        self._directory = directory
        self._say = say

    def run(self, *, is_overwriting: bool, only: Which | None = None) -> RestoreReport:
        manifest = read_manifest(self._directory)
        parts = [part for part in manifest.parts if only in (None, part.store)]
        for part in parts:
            self._say(f"checking {part.file}")
            self._check(part)
        for part in parts:
            if not is_overwriting or not self._can_overwrite(part):
                self._refuse_content(part.store)
        for part in parts:
            self._say(f"restoring {part.store}")
            with _unpacked(self._directory / part.file) as file:
                self._restore(part, file)
        if only is not Which.CONTROL:
            upgrade_store(self._settings.store_url())
        if only is not Which.TRANSACTIONS:
            upgrade_control(self._settings.control_url())
        if only is Which.CONTROL:
            return RestoreReport(manifest=manifest, found=None, is_equal=None)
        self._say("counting what is there now")
        with closing(wiring.existing_store(self._settings.store_url())) as store:
            found = fingerprint(store, manifest.until_id)
        return RestoreReport(
            manifest=manifest,
            found=found,
            is_equal=None if manifest.found is None else manifest.found == found,
        )

    def _check(self, part: BackupPart) -> None:
        file = self._directory / part.file
        if not file.is_file() or file.stat().st_size != part.size_bytes:
            raise Corrupt("damaged-backup", "the file is not as long as it was", str(file))
        if _sha256(file) != part.sha256:
            raise Corrupt("damaged-backup", "the file is not the one that was written", str(file))

    def _refuse_content(self, which: Which) -> None:
        """`Refused` if there is anything that a restore would put something else in place of."""
        url = self._url(which)
        if _is_missing(url):
            return
        if which is Which.TRANSACTIONS:
            upgrade_store(url)
            with closing(wiring.existing_store(url)) as store:
                if store.last_id():
                    raise Refused("not-empty", "the store has transactions already", "store.url")
        else:
            upgrade_control(url)
            with closing(open_control(url)) as control:
                if control.people() or control.sensors():
                    where = "store.control_url"
                    raise Refused("not-empty", "there are people or sensors already", where)

    def _can_overwrite(self, part: BackupPart) -> bool:
        """A cluster is never emptied by a restore."""
        return self._dumper(part.store) is not None

    def _url(self, which: Which) -> str:
        is_transactions = which is Which.TRANSACTIONS
        return self._settings.store_url() if is_transactions else self._settings.control_url()

    def _dumper(self, which: Which) -> Dumper | None:
        url = self._url(which)
        return store_dumper(url) if which is Which.TRANSACTIONS else control_dumper(url)

    def _restore(self, part: BackupPart, file: Path) -> None:
        is_transactions = part.store is Which.TRANSACTIONS
        url, dumper = self._url(part.store), self._dumper(part.store)
        if dumper is not None and dumper.engine == part.engine:
            if dumper.engine != _SQLITE:
                self._empty(part.store, url)
            dumper.load(file)
        elif part.engine != _SQLITE:
            raise Misconfigured(
                "other-database",
                f"{part.file} is of {part.engine}: restore it there, and then use store copy",
                "store.url" if is_transactions else "store.control_url",
            )
        elif is_transactions:
            if dumper is not None:
                self._empty(part.store, url)
            self._copy(f"sqlite:///{file.absolute()}", url)
        else:
            self._empty(part.store, url)
            upgrade_control(f"sqlite:///{file.absolute()}")
            copy_control(f"sqlite:///{file.absolute()}", url)

    @staticmethod
    def _empty(which: Which, url: str) -> None:
        """Else a table that the backup does not know would stay. What is not a table, such as an
        extension of the database, is there after an upgrade.
        """
        if which is Which.TRANSACTIONS:
            upgrade_store(url)
            drop_store(url)
        else:
            upgrade_control(url)
            drop_control(url)

    def _copy(self, source_url: str, target_url: str) -> None:
        is_cut = self._settings.store.sql_parts
        upgrade_store(source_url)
        with (
            closing(wiring.existing_store(source_url)) as source,
            closing(wiring.store_to_fill(target_url, sql_parts=is_cut)) as target,
        ):
            report = Copy(source, target, parts=formats.parts if is_cut else None).run()
        if not report.is_equal:
            raise Corrupt("restore-differs", f"{report.differences} transactions differ", "")


def read_manifest(directory: Path) -> Manifest:
    file = directory / MANIFEST
    try:
        manifest = msgspec.json.decode(file.read_bytes(), type=Manifest)
    except OSError as error:
        raise Refused("no-backup", f"this is no backup: {error.strerror}", str(file)) from error
    except msgspec.MsgspecError as error:
        raise Corrupt(
            "damaged-backup", f"the manifest cannot be read: {error}", str(file)
        ) from error
    if manifest.form != _FORM or any(Path(part.file).name != part.file for part in manifest.parts):
        raise Refused("unknown-backup", "the manifest is not of a form that is known", str(file))
    return manifest


def _is_missing(url: str) -> bool:
    file = sqlite_file(url)
    return file is not None and not file.exists()


def _make_empty(directory: Path) -> None:
    try:
        directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        is_empty = not any(directory.iterdir())
    except OSError as error:
        raise Misconfigured("bad-directory", f"{error.strerror}", str(directory)) from error
    if not is_empty:
        raise Refused("not-empty", "there is something in it already", str(directory))


def _write(file: Path, content: bytes) -> None:
    """Durably, and all of it or nothing."""
    fresh = file.with_suffix(".new")
    with open(fresh, "xb", opener=_private) as output:
        output.write(content)
        output.flush()
        os.fsync(output.fileno())
    fresh.replace(file)
    directory = os.open(file.parent, os.O_RDONLY)
    try:
        os.fsync(directory)
    finally:
        os.close(directory)


def _packed(file: Path) -> Path:
    packed = file.with_name(f"{file.name}.zst")
    with file.open("rb") as source, open(packed, "xb", opener=_private) as target:
        zstandard.ZstdCompressor(level=_LEVEL, write_checksum=True).copy_stream(source, target)
        target.flush()
        os.fsync(target.fileno())
    file.unlink()
    return packed


@contextmanager
def _unpacked(file: Path) -> Iterator[Path]:
    """The file itself, or what is packed in it, beside it for as long as it is needed."""
    if file.suffix != ".zst":
        yield file
        return
    with tempfile.TemporaryDirectory(dir=file.parent, prefix="unpacked-") as directory:
        plain = Path(directory) / file.stem
        with file.open("rb") as source, open(plain, "xb", opener=_private) as target:
            zstandard.ZstdDecompressor().copy_stream(source, target)
        yield plain


def _sha256(file: Path) -> str:
    with file.open("rb") as opened:
        return hashlib.file_digest(opened, "sha256").hexdigest()


def _private(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)
