"""Archives as they are made, of one another, and hostile ones: promise S14 and constant memory."""

import bz2
import gzip
import io
import lzma
import random
import struct
import subprocess
import sys
import tarfile
import tracemalloc
import zipfile
import zlib
from pathlib import Path

import pytest
import zstandard
from hypothesis import given, settings
from hypothesis import strategies as st

from bartizan.acquire import opened
from bartizan.acquire.contents import Contents
from bartizan.acquire.files import entries
from bartizan.acquire.found import FoundEntry, Problem
from tests.fuzz import corpus

ENTRIES = corpus.entries("v2-native-minparts")
LOG = corpus.serial_log("v2-native-minparts")
NAME = "20261123-054222-awPSPkjIYGR3AUFOTZT5-AAAAA4"
PACKERS = {
    "gz": gzip.compress,
    "zst": zstandard.compress,
    "bz2": bz2.compress,
    "xz": lzma.compress,
}


def tar(files: dict[str, bytes], *, form: int = tarfile.PAX_FORMAT, more=()) -> bytes:
    """`more` are TarInfos of links and the like, put between the files."""
    made = io.BytesIO()
    with tarfile.open(fileobj=made, mode="w", format=form) as archive:
        for info in more:
            archive.addfile(info)
        for name, content in files.items():
            info = tarfile.TarInfo(name)
            info.size = len(content)
            archive.addfile(info, io.BytesIO(content))
    return made.getvalue()


def zipped(files: dict[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", method) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return made.getvalue()


def found_in(directory: Path, content: bytes, name: str = "a.bin") -> list[FoundEntry]:
    (directory / name).write_bytes(content)
    return list(entries([str(directory / name)]))


def raws(found: list[FoundEntry]) -> tuple[bytes, ...]:
    return tuple(one.raw for one in found if one.problem is None)


def problems(found: list[FoundEntry]) -> list[Problem]:
    return [one.problem for one in found if one.problem is not None]


@pytest.mark.parametrize("pack", PACKERS.values(), ids=PACKERS)
def test_a_packed_log_is_read_and_several_of_them_in_one_file(tmp_path, pack):
    assert raws(found_in(tmp_path, pack(LOG))) == ENTRIES
    assert raws(found_in(tmp_path, pack(LOG[:7000]) + pack(LOG[7000:]))) == ENTRIES


@pytest.mark.parametrize("pack", [bytes, *PACKERS.values()], ids=["plain", *PACKERS])
@pytest.mark.parametrize("form", [tarfile.PAX_FORMAT, tarfile.GNU_FORMAT, tarfile.USTAR_FORMAT])
def test_a_tar_of_logs_is_read_member_by_member(tmp_path, pack, form):
    files = {"logs/a.log": LOG, f"logs/{'d' * 90}/b.log": LOG, f"logs/{NAME}": ENTRIES[0]}
    found = found_in(tmp_path, pack(tar(files, form=form)))
    assert raws(found) == (*ENTRIES, *ENTRIES, ENTRIES[0])
    assert problems(found) == []
    assert [one.path for one in found[:1] + found[-1:]] == [
        f"{tmp_path}/a.bin!/logs/a.log",
        f"{tmp_path}/a.bin!/logs/{NAME}",
    ]
    for one in found[: len(ENTRIES)]:
        assert LOG[one.offset : one.offset + one.length] == one.raw


@pytest.mark.parametrize("method", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2])
def test_a_zip_of_logs_is_read_member_by_member(tmp_path, method):
    found = found_in(tmp_path, zipped({"a.log": LOG, f"x/{NAME}": ENTRIES[0]}, method))
    assert raws(found) == (*ENTRIES, ENTRIES[0])
    assert found[0].path == f"{tmp_path}/a.bin!/a.log"


def test_archives_in_archives_are_read(tmp_path):
    inner = zipped({"a.log.gz": gzip.compress(LOG), "b": b"no log"})
    middle = zstandard.compress(tar({"c.zip": inner, "d.log.xz": lzma.compress(LOG)}))
    found = found_in(tmp_path, tar({"e.tar.zst": middle}))
    assert raws(found) == ENTRIES * 2
    assert problems(found) == [Problem.NO_ENTRIES]
    assert found[0].path == f"{tmp_path}/a.bin!/e.tar.zst!/c.zip!/a.log.gz"


def test_two_tars_one_behind_the_other_are_both_read(tmp_path):
    assert raws(found_in(tmp_path, tar({"a": LOG}) + tar({"b": LOG}))) == ENTRIES * 2


def test_an_archive_through_a_pipe_is_read():
    code = "from bartizan.acquire.files import entries\nfor one in entries(['-']): print(one.path)"
    for archive in (gzip.compress(tar({"a.log": LOG})), zipped({"a.log": LOG})):
        run = subprocess.run(
            [sys.executable, "-c", code], input=archive, capture_output=True, check=True
        )
        assert run.stdout.split() == [b"-!/a.log"] * len(ENTRIES)


def test_a_log_whose_first_entry_looks_like_an_archive_is_a_log(tmp_path, monkeypatch):
    """An attacker may find bytes that put the checksum of a header where it belongs."""
    monkeypatch.setattr("bartizan.acquire.tarball.is_tar", lambda _: True)
    assert raws(found_in(tmp_path, LOG)) == ENTRIES


def special(name: str, kind: bytes, target: str = "") -> tarfile.TarInfo:
    info = tarfile.TarInfo(name)
    info.type, info.linkname = kind, target
    return info


@pytest.mark.promise("S14")
@pytest.mark.timeout(20)
def test_what_an_archive_says_of_the_world_outside_is_not_looked_at(tmp_path):
    """Links, devices and names that lead out: none is opened or made, whatever they name."""
    secret = tmp_path / "secret.log"
    secret.write_bytes(LOG.replace(b"GET", b"SECRET"))
    more = [
        special("link", tarfile.SYMTYPE, str(secret)),
        special("hard", tarfile.LNKTYPE, str(secret)),
        special("zero", tarfile.CHRTYPE),
        special("disk", tarfile.BLKTYPE),
        special("fifo", tarfile.FIFOTYPE),
        special("strange", b"\x7e"),
        special("../dir", tarfile.DIRTYPE),
    ]
    names = ["../../secret.log", str(secret), "a/../../b", "a\0b", "\x1b[31m", "x" * 5000]
    before = sorted(path.name for path in tmp_path.iterdir())
    found = found_in(tmp_path, tar(dict.fromkeys(names, LOG), more=more))
    assert raws(found) == ENTRIES * len(names)
    assert problems(found) == [
        Problem.SYMBOLIC_LINK, Problem.HARD_LINK, *[Problem.NOT_A_FILE] * 4,
    ]  # fmt: skip
    assert b"SECRET" not in b"".join(one.raw for one in found)
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted([*before, "a.bin"])
    assert max(len(one.path) for one in found) <= 1024
    (tmp_path / "a.bin").unlink()

    link = zipfile.ZipInfo("link")
    link.external_attr = 0o120777 << 16
    fifo = zipfile.ZipInfo("fifo")
    fifo.external_attr = 0o010666 << 16
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as archive:
        archive.writestr(link, str(secret))
        archive.writestr(fifo, b"")
        for name in names[:3]:
            archive.writestr(name, LOG)
    found = found_in(tmp_path, made.getvalue())
    assert raws(found) == ENTRIES * 3
    assert problems(found) == [Problem.SYMBOLIC_LINK, Problem.NOT_A_FILE]


def test_an_encrypted_member_and_one_packed_strangely_are_told_and_the_others_read(tmp_path):
    plain = bytearray(zipped({"a.log": LOG, "b.log": LOG, "c.log": LOG}))
    directory = plain.rindex(b"PK\x05\x06")
    (at,) = struct.unpack_from("<I", plain, directory + 16)
    plain[at + 8] |= 1  # encrypted
    second = plain.index(b"PK\x01\x02", at + 4)
    plain[second + 10] = 14  # LZMA
    found = found_in(tmp_path, bytes(plain))
    assert raws(found) == ENTRIES
    assert [(one.path[-6:], one.problem) for one in found if one.problem] == [
        ("/a.log", Problem.ENCRYPTED),
        ("/b.log", Problem.UNREADABLE),
    ]


def test_damage_is_told_and_the_rest_goes_on(tmp_path):
    good = tar({"a.log": LOG, "b.log": LOG, "c.log": LOG})
    second = 512 + (len(LOG) + 511) // 512 * 512
    header = bytearray(good)
    header[second : second + 300] = b"\xaa" * 300
    found = found_in(tmp_path, bytes(header))
    assert raws(found) == ENTRIES * 2
    assert problems(found) == [Problem.DAMAGED_ARCHIVE]

    cut = found_in(tmp_path, good[: second + 9000])
    assert raws(cut)[: len(ENTRIES)] == ENTRIES
    assert cut[-1].problem is Problem.DAMAGED_ARCHIVE

    member = bytearray(zipped({"a.log": LOG, "b.log": LOG}))
    member[2000] ^= 0xFF
    found = found_in(tmp_path, bytes(member))
    assert raws(found)[-len(ENTRIES) :] == ENTRIES
    assert Problem.DAMAGED_ARCHIVE in problems(found)

    assert problems(found_in(tmp_path, zipped({"a.log": LOG})[:-30])) == [Problem.DAMAGED_ARCHIVE]


@pytest.mark.parametrize(
    "pack", [gzip.compress, bz2.compress, lzma.compress], ids=["gz", "bz2", "xz"]
)
def test_of_a_packed_file_that_was_cut_all_before_the_cut_is_read(tmp_path, pack):
    dice = random.Random(1)
    log = b"\n".join(dice.choices(corpus.entries("v2-native-serial-block-pl4"), k=600))
    packed = pack(log)
    found = found_in(tmp_path, packed[: len(packed) // 2])
    assert len(raws(found)) > 100
    assert found[-1].problem is Problem.DAMAGED_ARCHIVE


@pytest.fixture
def small_allowance(monkeypatch):
    monkeypatch.setattr(opened, "_FREE_BYTES", 8 * 1024 * 1024)
    monkeypatch.setattr(opened, "_MOST_TIMES", 10)


def bomb(megabytes: int) -> bytes:
    packer = zlib.compressobj(9, wbits=31)
    zeros = bytes(1024 * 1024)
    return b"".join([packer.compress(zeros) for _ in range(megabytes)]) + packer.flush()


@pytest.mark.timeout(60)
@pytest.mark.usefixtures("small_allowance")
@pytest.mark.parametrize("kind", ["gz", "gz gz", "zip", "tar gz", "zst", "xz"])
def test_a_bomb_ends_early_in_little_memory(tmp_path, kind):
    zeros = bytes(100 * 1024 * 1024)
    content = {
        "gz": lambda: bomb(100),
        "gz gz": lambda: gzip.compress(bomb(100)),
        "zip": lambda: zipped({"a": zeros}),
        "tar gz": lambda: gzip.compress(tar({"a": zeros}), 1),
        "zst": lambda: zstandard.compress(zeros),
        "xz": lambda: lzma.compress(zeros, preset=0),
    }[kind]()
    tracemalloc.start()
    found = found_in(tmp_path, content)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert Problem.EXPANDS_TOO_MUCH in problems(found)
    assert peak < 30_000_000


def quine_like(depth: int) -> bytes:
    content = LOG
    for _ in range(depth):
        content = gzip.compress(content)
    return content


def test_archives_end_at_a_depth(tmp_path):
    assert raws(found_in(tmp_path, quine_like(8))) == ENTRIES
    assert problems(found_in(tmp_path, quine_like(9))) == [Problem.TOO_DEEP]


# r.gz by Russ Cox, "Zip Files All The Way Down" (2010), unpacks to itself; so does this in effect:
# a zip whose member is the zip, many times over.
@pytest.mark.timeout(60)
@pytest.mark.usefixtures("small_allowance")
def test_archives_of_many_archives_end(tmp_path):
    content = zipped({"x": b"x"})
    for _ in range(5):
        content = zipped({f"{number}.zip": content for number in range(5)})
    found = found_in(tmp_path, content)
    assert Problem.EXPANDS_TOO_MUCH in problems(found)
    assert len(found) < 5000


def lying_headers() -> dict[str, bytes]:
    """Tars whose headers ask for more than there is, or lead back."""
    good = tar({"a.log": LOG})

    def header(size: bytes, kind: bytes = b"0", name: bytes = b"x") -> bytes:
        block = bytearray(512)
        block[0 : len(name)] = name
        block[100:108] = b"0000644\0"
        block[124:136] = size.ljust(12, b"\0")[:12]
        block[136:148] = b"00000000000\0"
        block[156:157] = kind
        block[257:265] = b"ustar\x0000"
        block[148:156] = b" " * 8
        block[148:156] = b"%06o\0 " % sum(block)
        return bytes(block)

    negative = b"\xff" * 12
    huge = b"\x80" + b"\xff" * 11
    pax = b"30 size=-99999999999999999999\n"
    sparse = b"22 GNU.sparse.major=1\n22 GNU.sparse.minor=0\n"
    return {
        "negative": header(negative) + good,
        "huge": header(huge) + good,
        "huge name": header(b"77777777777", b"L") + b"n" * 200_000,
        "huge pax": header(b"77777777777", b"x") + b"9" * 200_000,
        "pax that leads back": header(b"%011o" % len(pax), b"x") + pax.ljust(512, b"\0") + good,
        "chain": header(b"00000000000", b"x") * 5000 + good,
        "chain of globals": header(b"00000000000", b"g") * 5000 + good,
        "sparse": header(b"%011o" % len(sparse), b"x") + sparse.ljust(512, b"\0") + good,
        "old sparse": header(b"00000001000", b"S") + good,
    }


@pytest.mark.timeout(20)
@pytest.mark.parametrize("name", lying_headers())
def test_a_tar_that_lies_is_told_and_ends(tmp_path, name):
    found = found_in(tmp_path, lying_headers()[name])
    assert len(found) < 200
    if name != "old sparse":
        assert set(problems(found)) & {Problem.DAMAGED_ARCHIVE, Problem.NO_ENTRIES} or raws(found)


class Members:
    """The same member over and over, in a tar without an end mark."""

    def __init__(self, thousands: int) -> None:
        self._piece = tar({NAME: b"{}"})[:1024] * 1000
        self._left = thousands
        self._data = b""

    def read(self, size: int, /) -> bytes:
        if not self._data and self._left:
            self._left -= 1
            self._data = self._piece
        data, self._data = self._data[:size], self._data[size:]
        return data

    def close(self) -> None:
        pass


@pytest.mark.timeout(120)
def test_a_tar_of_very_many_files_takes_little_memory():
    """Each is forgotten when it was read, so a million is the same as 8,000."""
    peaks = []
    for thousands in (2, 8):
        stream = opened.Opened(opened.Stream(Members(thousands)), opened.Allowance(1 << 40))
        tracemalloc.start()
        assert sum(1 for _ in Contents().found(stream, "x")) == thousands * 1000
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    assert peaks[1] < peaks[0] + 1_000_000


def test_a_zip_with_a_directory_too_large_to_hold_is_told(tmp_path, monkeypatch):
    monkeypatch.setattr("bartizan.acquire.zipped._LARGEST_DIRECTORY", 500)
    found = found_in(tmp_path, zipped({f"{number}.log": LOG for number in range(20)}))
    assert problems(found) == [Problem.DAMAGED_ARCHIVE]
    assert "too large" in found[0].detail


def test_temporary_copies_have_no_name_and_are_bounded(tmp_path, monkeypatch):
    monkeypatch.setattr("bartizan.acquire.zipped._LARGEST_COPY", 1000)
    before = set(Path("/var/tmp").iterdir())
    found = found_in(tmp_path, gzip.compress(zipped({"a.log": LOG}, zipfile.ZIP_STORED)))
    assert problems(found) == [Problem.DAMAGED_ARCHIVE]
    assert set(Path("/var/tmp").iterdir()) - before == set()


_bases = st.sampled_from(
    [
        tar({"a.log": LOG[:3000], NAME: ENTRIES[0]}),
        tar({"n" * 120: LOG[:3000]}, form=tarfile.GNU_FORMAT),
        zipped({"a.log": LOG[:3000], NAME: ENTRIES[0]}),
        gzip.compress(LOG[:3000]),
        bz2.compress(LOG[:3000]),
        lzma.compress(LOG[:3000]),
        zstandard.compress(LOG[:3000]),
        zstandard.compress(tar({"a.zip": zipped({"a.gz": gzip.compress(LOG[:3000])})})),
    ]
)


@settings(deadline=None, max_examples=400)
@given(_bases, st.data())
def test_whatever_an_archive_holds_nothing_is_raised(tmp_path_factory, base, data):
    changed = bytearray(base)
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(0, len(changed) - 1))
        changed[at : at + data.draw(st.integers(0, 8))] = data.draw(st.binary(max_size=8))
    if not changed:
        return
    path = tmp_path_factory.getbasetemp() / "mutated.bin"
    path.write_bytes(changed)
    for one in entries([str(path)]):
        assert len(one.raw) <= 1 << 20
