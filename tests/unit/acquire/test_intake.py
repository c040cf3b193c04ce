"""`bartizan import`, with the real pipeline on a real store."""

import random
import re
from contextlib import closing

import pytest

from bartizan.acquire.checkpoint import Checkpoint
from bartizan.acquire.files import Files
from bartizan.acquire.intake import Intake
from bartizan.acquire.loading import Loader
from bartizan.acquire.tally import Tally
from bartizan.app import wiring
from bartizan.app.settings import Settings
from bartizan.decode.registry import DECODERS
from bartizan.domain.errors import Refused, Unavailable
from bartizan.domain.redaction import RawPolicy
from bartizan.domain.search import Search
from bartizan.ingest.redaction.settings import RedactionSettings
from tests.fuzz import corpus

CAPTURE = "v2-native-minparts"
FORMATS = [decoder.format.value for decoder in DECODERS]


def counts(tally: Tally) -> dict[str, int]:
    """Those that are not 0."""
    names = ("entries", "stored", "duplicates", "set_aside", "skipped")
    return {name: getattr(tally, name) for name in names if getattr(tally, name)}


def reasons(tally: Tally) -> dict[str, int]:
    return {reason.code: reason.count for reason in tally.summary().reasons}


class House:
    """A store, a spool, and imports into them."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.store = wiring.transactions(settings)
        self.outlet = wiring.letters_of_import(settings)

    def __call__(self, *paths, sensor="web-1", checkpoint: Checkpoint | None = None, **options):
        loader = Loader(wiring.pipeline(self.settings, self.store))
        keep = checkpoint.keep if checkpoint else lambda _: None
        intake = Intake(sensor, loader, self.outlet.set_aside, keep)
        files = Files(lambda _: None, memory=checkpoint)
        intake.run(files.read([str(path) for path in paths]), **options)
        return intake.tally

    def close(self) -> None:
        self.store.close()
        self.outlet.close()


@pytest.fixture
def house(tmp_path):
    as_received = RedactionSettings(raw=RawPolicy.KEPT)  # compared byte for byte here
    settings = Settings(data_directory=tmp_path / "data", redaction=as_received)
    settings.data_directory.mkdir()
    with closing(House(settings)) as opened:
        yield opened


@pytest.mark.promise("R3")
def test_an_import_may_be_repeated(house, tmp_path):
    log = tmp_path / "audit.log"
    log.write_bytes(corpus.serial_log(CAPTURE))
    assert counts(house(log)) == {"entries": 68, "stored": 68}
    assert counts(house(log)) == {"entries": 68, "duplicates": 68}
    assert counts(house(log, sensor="web-2")) == {"entries": 68, "stored": 68}
    assert house.store.count(Search()).transactions == 136


@pytest.mark.promise("R3")
@pytest.mark.parametrize("name", [name for name in FORMATS if name != "error-log"])
def test_what_a_sensor_sends_and_what_it_writes_into_a_serial_file_are_the_same(
    house, tmp_path, name
):
    """docs/import.md says for which formats that cannot be."""
    capture = corpus.CAPTURES[name][0]
    log = tmp_path / "audit.log"
    log.write_bytes(corpus.serial_log(capture))
    tree = tmp_path / "tree" / "20261123"
    tree.mkdir(parents=True)
    sent = corpus.entries(capture)
    for number, raw in enumerate(sent):
        (tree / f"20261123-054222-x{number:05}").write_bytes(raw)
    assert counts(house(log)) == {"entries": len(sent), "stored": len(set(sent))} | (
        {"duplicates": len(sent) - len(set(sent))} if len(sent) > len(set(sent)) else {}
    )
    assert counts(house(tree)) == {"entries": len(sent), "duplicates": len(sent)}


def samples(name: str, dice: random.Random) -> list[bytes]:
    """Some entries of a registered format, as they stand in a file."""
    if name == "error-log":
        log = corpus.unpacked(corpus.CORPUS / "v3-native-serial-detect-pl2" / "error.log.zst")
        by_id = {
            found[1]: line + b"\n"
            for line in log.splitlines()
            if (found := re.search(rb'ModSecurity: .*\[unique_id "([^"]+)"\]', line))
        }
        return dice.sample(sorted(by_id.values()), 20)
    return [
        raw
        for capture in corpus.CAPTURES[name]
        for raw in dice.sample(sorted(set(corpus.entries(capture)), key=len)[:200], 5)
    ]


@pytest.mark.parametrize("seed", range(3))
def test_a_file_of_all_formats_mixed_with_garbage_is_imported_completely(house, tmp_path, seed):
    dice = random.Random(seed)
    pieces = [(name, raw) for name in FORMATS for raw in samples(name, dice)]
    dice.shuffle(pieces)
    garbage = [
        b"what is\nthis\n",
        b"\xff\xfe\x00\n",
        b'{"some": "other", "json": [1, 2]}\n',
        b'192.0.2.1 - - [23/Nov/2026:05:42:39 +0000] "GET / HTTP/1.1" 200 62\n',
        b"--deadbeef-C--\n",
        b"\0" * 600,
        b"\n\n",
    ]
    log = tmp_path / "mess"
    content = dice.choice(garbage)
    begins: dict[int, bytes] = {}
    expected: dict[str, int] = {}
    for name, raw in pieces:
        begins[len(content)] = raw
        content += raw + b"\n" + dice.choice(garbage)
        expected[name] = expected.get(name, 0) + 1
    log.write_bytes(content)
    tally = house(log)
    assert tally.formats == expected
    assert tally.stored + tally.duplicates == len(pieces) == tally.entries
    assert set(reasons(tally)) <= {"unknown-format", "other-lines"}
    for row in house.store.newer(0, limit=1000):
        stored = house.store.get(row.id)
        assert stored.origin == str(log)
        # Blank lines at the end belong to none; what has no end may have what stands behind it.
        entry = begins[stored.origin_offset].rstrip(b"\n")
        assert house.store.raw(row.id).startswith(entry)


@pytest.mark.parametrize(
    "capture", sorted({one for some in corpus.CAPTURES.values() for one in some})
)
def test_every_entry_of_every_capture_is_found_in_the_corpus_as_it_lies(house, capture):
    folder = corpus.CORPUS / capture.removeprefix("error.log of ")
    names = ("audit.log.zst", "audit.tar.zst", "requests.tar.zst")
    if capture in corpus.ERROR_LOG:
        names = ("error.log.zst",)
    files = [folder / name for name in names if (folder / name).exists()]
    tally = house(*files)
    entries = len(corpus.entries(capture))
    if (
        capture in corpus.ERROR_LOG
    ):  # lines whose unique id nginx cut off may be entries of their own
        assert entries <= tally.entries <= entries * 1.01
    else:
        assert tally.entries == entries
    assert tally.set_aside == 0


def test_what_cannot_be_decoded_is_set_aside_once_with_its_place(house, tmp_path):
    log = tmp_path / "audit.log"
    one, two, *_ = corpus.entries(CAPTURE)
    log.write_bytes(one + b"\nrubbish\n" + two + b"\n--deadbeef-A--\n")
    for _ in range(2):
        tally = house(log)
        assert tally.set_aside == 2
        places = {reason.code: reason.offset for reason in tally.summary().reasons}
        assert places == {
            "unknown-format": len(one) + 1,
            "not-an-entry": len(one) + len(two) + 10,
        }
    letters = house.outlet.dead_letters(0, 10)
    assert sorted(letter.code for letter in letters) == ["not-an-entry", "unknown-format"]
    rubbish = next(letter.entry for letter in letters if letter.code == "unknown-format")
    assert rubbish.raw == b"rubbish\n"
    assert (rubbish.sensor, rubbish.origin, rubbish.origin_offset) == (
        "web-1",
        str(log),
        len(one) + 1,
    )


def test_what_holds_no_entries_is_skipped_or_told(house, tmp_path):
    (tmp_path / "tree").mkdir()
    (tmp_path / "tree" / "link").symlink_to(tmp_path)
    (tmp_path / "tree" / "picture.png").write_bytes(b"\x89PNG" + bytes(100_000))
    assert reasons(house(tmp_path / "tree")) == {"symbolic-link": 1, "no-entries": 1}
    assert reasons(house(tmp_path / "absent")) == {"unreadable": 1}
    assert house.outlet.dead_letters(0, 10) == []


def test_a_limit_ends_an_import_and_a_report_follows_each_batch(house, tmp_path):
    log = tmp_path / "audit.log"
    log.write_bytes(corpus.serial_log("v2-native-serial-detect-pl2"))
    seen = []
    tally = house(log, report=lambda told: seen.append(told.entries))
    assert counts(tally) == {"entries": 1116, "stored": 1116}
    assert len(seen) > 2
    assert seen == sorted(seen)
    assert house(log, limit=7, sensor="web-2").entries == 7


class Picky:
    """A store that refuses some records and is away now and then."""

    keeps_parts = False

    def __init__(self, store, refused: set[bytes]) -> None:
        self._store = store
        self._refused = refused
        self.away = 2

    def append(self, records):
        if self.away:
            self.away -= 1
            raise Unavailable("store-unavailable", "away")
        if any(record.raw in self._refused for record in records):
            raise Refused("bad-value", "this one")
        return self._store.append(records)


def test_what_the_store_refuses_is_set_aside_and_what_is_away_is_waited_for(house, tmp_path):
    log = tmp_path / "audit.log"
    log.write_bytes(corpus.serial_log(CAPTURE))
    bad = corpus.entries(CAPTURE)[7]
    pipeline = wiring.pipeline(house.settings, Picky(house.store, {bad}))
    intake = Intake("web-1", Loader(pipeline), house.outlet.set_aside, lambda _: None)
    assert intake.run(Files(lambda _: None).read([str(log)]))
    assert counts(intake.tally) == {"entries": 68, "stored": 67, "set_aside": 1}
    (letter,) = house.outlet.dead_letters(0, 10)
    assert (letter.code, letter.entry.raw) == ("store-refused", bad)
