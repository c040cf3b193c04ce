"""`bartizan import`, with the real pipeline on a real store."""

from contextlib import closing

import pytest

from bartizan.acquire.intake import Tally, import_paths
from bartizan.app import wiring
from bartizan.app.settings import Settings
from bartizan.domain.search import Search
from tests.fuzz import corpus

CAPTURE = "v2-native-minparts"


@pytest.fixture
def house(tmp_path):
    settings = Settings(data_directory=tmp_path / "data")
    settings.data_directory.mkdir()
    with (
        closing(wiring.transactions(settings)) as store,
        closing(wiring.outlet(settings)) as outlet,
    ):

        def run(*paths, report=lambda _: None, sensor="web-1"):
            return import_paths(
                [str(path) for path in paths],
                sensor,
                wiring.pipeline(settings, store),
                outlet.set_aside,
                report,
            )

        run.store, run.outlet = store, outlet
        yield run


def test_an_import_may_be_repeated(house, tmp_path):
    log = tmp_path / "audit.log"
    log.write_bytes(corpus.serial_log(CAPTURE))
    assert house(log) == Tally(entries=68, stored=68)
    assert house(log) == Tally(entries=68, duplicates=68)
    assert house(log, sensor="web-2") == Tally(entries=68, stored=68)
    assert house.store.count(Search()).transactions == 136


def test_a_serial_file_and_the_files_mlogc_would_send_are_the_same_entries(house, tmp_path):
    log = tmp_path / "audit.log"
    log.write_bytes(corpus.serial_log(CAPTURE))
    tree = tmp_path / "tree" / "20261123"
    tree.mkdir(parents=True)
    for number, raw in enumerate(corpus.entries(CAPTURE)):
        (tree / f"20261123-054222-x{number:03}").write_bytes(raw)
    assert house(log).stored == 68
    assert house(tree) == Tally(entries=68, duplicates=68)


def test_what_cannot_be_decoded_is_set_aside_once_with_its_place(house, tmp_path):
    log = tmp_path / "audit.log"
    one, two, *_ = corpus.entries(CAPTURE)
    log.write_bytes(one + b"\nrubbish\n" + two + b"\n--deadbeef-A--\n")
    expected = Tally(entries=3, stored=2, set_aside=2)
    assert house(log) == expected
    assert house(log).set_aside == 2
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
    assert house(tmp_path / "tree") == Tally(skipped=1)
    assert house(tmp_path / "absent") == Tally(set_aside=1)
    assert house.outlet.dead_letters(0, 10) == []


def test_a_report_follows_each_batch(house, tmp_path):
    log = tmp_path / "audit.log"
    log.write_bytes(corpus.serial_log("v2-native-serial-detect-pl2"))
    reports = []
    tally = house(log, report=reports.append)
    assert tally == Tally(entries=1116, stored=1116)
    assert len(reports) > 2
    assert reports[-1] == tally
