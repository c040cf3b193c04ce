"""An import goes on where the one before it was, and never passes over what is not stored."""

import gzip
import io
import os
import tarfile
from contextlib import closing

import pytest

from bartizan.acquire.checkpoint import Checkpoint
from bartizan.acquire.files import Files
from bartizan.acquire.found import DECODABLE, FoundEntry, Problem
from tests.fuzz import corpus

ENTRIES = corpus.entries("v2-native-serial-block-pl4")[:40]
FORMAT = "reader 1"


def serial(entries) -> bytes:
    return b"".join(raw + b"\n" for raw in entries)


class Imports:
    """Imports that were killed after some of what they found, one after the other."""

    def __init__(self, path) -> None:
        self.path = path
        self.last_id = 0

    def open(self, scope="web-1", reader=FORMAT, **options) -> Checkpoint:
        return Checkpoint(self.path, scope, reader=reader, last_id=lambda: self.last_id, **options)

    def __call__(self, root, *, killed_after: int | None = None, **options) -> list[FoundEntry]:
        """What was found; marks are kept as soon as they come, all at once if not killed."""
        found: list[FoundEntry] = []
        with closing(self.open(**options)) as checkpoint:
            for one in Files(lambda _: None, memory=checkpoint).read([str(root)]):
                if isinstance(one, FoundEntry):
                    found.append(one)
                    self.last_id += 1
                    if len(found) == killed_after:
                        break
                else:
                    checkpoint.keep([one])
        return found


@pytest.fixture
def imports(tmp_path):
    return Imports(tmp_path / "import.sqlite")


def raws(found: list[FoundEntry]) -> list[bytes]:
    return [one.raw for one in found if one.problem in DECODABLE]


def is_told_as_known(found: list[FoundEntry]) -> bool:
    return bool(found) and {one.problem for one in found} == {Problem.IMPORTED_BEFORE}


def test_what_was_read_is_not_read_again_unless_asked_for(imports, tmp_path):
    log = tmp_path / "audit.log"
    log.write_bytes(serial(ENTRIES))
    assert raws(imports(log)) == list(ENTRIES)
    assert is_told_as_known(imports(log))
    assert raws(imports(log, from_start=True)) == list(ENTRIES)
    assert is_told_as_known(imports(log))


@pytest.mark.parametrize("other", [{"scope": "web-2"}, {"reader": "reader 2"}])
def test_marks_are_of_one_sensor_and_one_version(imports, tmp_path, other):
    log = tmp_path / "audit.log"
    log.write_bytes(serial(ENTRIES))
    imports(log)
    assert raws(imports(log, **other)) == list(ENTRIES)


def test_marks_are_forgotten_with_what_the_store_lost(imports, tmp_path):
    log = tmp_path / "audit.log"
    log.write_bytes(serial(ENTRIES))
    imports(log)
    imports.last_id = 0
    assert raws(imports(log)) == list(ENTRIES)


def test_a_file_that_has_grown_is_read_from_its_old_end(imports, tmp_path):
    log = tmp_path / "audit.log"
    log.write_bytes(serial(ENTRIES[:30]))
    imports(log)
    with log.open("ab") as file:
        file.write(serial(ENTRIES[30:]))
    found = imports(log)
    assert raws(found) == list(ENTRIES[30:])
    assert found[0].offset == len(serial(ENTRIES[:30]))


@pytest.mark.parametrize("cut", [1, 200, 1500, 5000])
def test_an_entry_that_was_being_written_is_read_whole_the_next_time(imports, tmp_path, cut):
    log = tmp_path / "audit.log"
    whole = serial(ENTRIES[:5])
    log.write_bytes(whole[: -cut - 1])
    imports(log)
    log.write_bytes(whole)
    assert raws(imports(log))[-1:] == [ENTRIES[4]]


@pytest.mark.parametrize("size", ["shorter", "longer"])
def test_a_file_that_was_truncated_and_written_anew_is_read_from_the_beginning(
    imports, tmp_path, size
):
    """copytruncate: the same inode."""
    log = tmp_path / "audit.log"
    log.write_bytes(serial(ENTRIES[:20]))
    imports(log)
    others = ENTRIES[20:25] if size == "shorter" else ENTRIES[20:] * 2
    with log.open("r+b") as file:
        file.truncate(0)
        file.write(serial(others))
    assert raws(imports(log)) == list(others)


def test_a_file_that_was_replaced_is_read_from_the_beginning(imports, tmp_path):
    log = tmp_path / "audit.log"
    log.write_bytes(serial(ENTRIES[:20]))
    imports(log)
    log.rename(tmp_path / "audit.log.1")
    log.write_bytes(serial(ENTRIES[20:]))
    found = imports(tmp_path)
    assert raws(found) == list(ENTRIES[20:])
    known = [one.path.rpartition("/")[2] for one in found if one.problem is Problem.IMPORTED_BEFORE]
    assert known == ["audit.log.1"]


def large_log(tmp_path):
    """Some megabytes, so that marks are made on the way."""
    entries = corpus.entries("v2-native-serial-detect-pl2")
    path = tmp_path / "audit.log"
    path.write_bytes(serial(entries))
    return path, entries


def archive_of(entries, path):
    with tarfile.open(path, "w:gz") as archive:
        for number, raw in enumerate(entries):
            info = tarfile.TarInfo(f"20261123-054222-x{number:04}")
            info.size = len(raw)
            archive.addfile(info, io.BytesIO(raw))
    return path, entries


def tree_of(entries, path):
    path.mkdir()
    for number, raw in enumerate(entries):
        folder = path / f"20261123-0{number // 100:03}"
        folder.mkdir(exist_ok=True)
        (folder / f"20261123-054222-x{number:04}").write_bytes(raw)
    return path, entries


@pytest.mark.promise("R3")
@pytest.mark.parametrize("kind", ["serial", "tar", "tree"])
@pytest.mark.parametrize("part", [0.01, 0.5, 0.95])
def test_an_import_that_was_killed_goes_on_and_misses_nothing(imports, tmp_path, kind, part):
    small = corpus.entries("v2-native-serial-block-pl4")
    path, entries = {
        "serial": lambda: large_log(tmp_path),
        "tar": lambda: archive_of(small, tmp_path / "a.tar.gz"),
        "tree": lambda: tree_of(small, tmp_path / "tree"),
    }[kind]()
    first = imports(path, killed_after=int(len(entries) * part) + 1)
    second = imports(path)
    read_again = len(raws(first)) + len(raws(second)) - len(entries)
    assert set(raws(first)) | set(raws(second)) == set(entries)
    assert read_again < 130
    assert part < 0.5 or len(raws(second)) < len(entries) * (1 - part) + 130
    assert is_told_as_known(imports(path))


def test_new_files_in_a_tree_are_read_and_the_others_not(imports, tmp_path):
    root, _ = tree_of(ENTRIES[:20], tmp_path / "tree")
    imports(root)
    folder = root / "20261123-0000"
    (folder / "20261123-054223-new").write_bytes(ENTRIES[30])
    (root / "20261123-0999").mkdir()
    (root / "20261123-0999" / "20261123-054224-new").write_bytes(ENTRIES[31])
    assert raws(imports(root)) == [ENTRIES[30], ENTRIES[31]]


def test_a_file_of_a_tree_that_has_changed_has_its_folder_read_again(imports, tmp_path):
    root, _ = tree_of(ENTRIES[:20], tmp_path / "tree")
    imports(root)
    changed = root / "20261123-0000" / "20261123-054222-x0003"
    changed.write_bytes(ENTRIES[30])
    assert ENTRIES[30] in raws(imports(root))
    changed.unlink()
    assert len(raws(imports(root))) == 19


def test_lines_of_an_error_log_that_come_later_are_read_with_those_they_belong_to(
    imports, tmp_path
):
    log = corpus.unpacked(corpus.CORPUS / "v3-native-serial-detect-pl2" / "error.log.zst")
    lines = log.splitlines(keepends=True)
    path = tmp_path / "error.log"
    path.write_bytes(b"".join(lines[:2000]))
    first = imports(path)
    path.write_bytes(log)
    second = imports(path)
    whole = {
        one.raw for one in Files(lambda _: None).read([str(path)]) if isinstance(one, FoundEntry)
    }
    assert whole <= {one.raw for one in first + second}


def test_a_packed_log_that_has_grown_is_read_anew(imports, tmp_path):
    path = tmp_path / "audit.log.gz"
    path.write_bytes(gzip.compress(serial(ENTRIES[:20])))
    imports(path)
    assert is_told_as_known(imports(path))
    with path.open("ab") as file:
        file.write(gzip.compress(serial(ENTRIES[20:])))
    assert raws(imports(path)) == list(ENTRIES)


def test_nobody_else_may_read_the_checkpoint(imports, tmp_path):
    imports(tmp_path)
    assert imports.path.stat().st_mode & 0o077 == 0


def test_progress_adds_up_to_the_bytes_on_disk_whatever_is_passed_over(imports, tmp_path):
    root, _ = tree_of(ENTRIES[:20], tmp_path / "tree")
    (root / "a.log").write_bytes(serial(ENTRIES[:9]))
    archive_of(ENTRIES[:9], root / "b.tar.gz")
    (root / "c").write_bytes(os.urandom(5000))
    size = sum(path.stat().st_size for path in root.rglob("*") if path.is_file())
    for _ in range(2):
        read: list[int] = []
        with closing(imports.open()) as checkpoint:
            for one in Files(read.append, memory=checkpoint).read([str(root)]):
                if not isinstance(one, FoundEntry):
                    checkpoint.keep([one])
        assert sum(read) == size
