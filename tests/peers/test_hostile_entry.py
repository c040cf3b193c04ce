"""R4: no entry's content can block a sensor, shown with the real mlogc."""

import dataclasses
import random

import pytest

from tests.peers.captures import serial_entries
from tests.servers import mlogc
from tests.servers.bartizan import Api, Bartizan, eventually
from tests.servers.mlogc import Waiting

pytestmark = [pytest.mark.peers, pytest.mark.promise("R4")]

TOO_LARGE = 9 * 1024 * 1024


def _hostile() -> dict[str, bytes]:
    example = serial_entries("v2-native-serial-block-pl4")[300]
    boundary = example[2:10]
    return {
        "empty": b"",
        "one byte": b"-",
        "binary": random.Random(4).randbytes(5000),
        "wrong boundary": example.replace(boundary, b"zzzzzzzz"),
        "no end": example[: len(example) // 2],
        "no parts": b"--deadbeef-Z--\n",
        "only an opening": b"--deadbeef-A--\n",
        "not UTF-8": example.replace(b"Host: ", b"Host: \xff\xfe\x80\xc0", 1),
        "NUL everywhere": example.replace(b" ", b"\0"),
        "a second entry inside": example[:-2] + b"\n" + example,
        "too large": example[:-15] + b"A" * TOO_LARGE + example[-15:],
        "JSON": b'{"transaction": [' + b"[" * 100_000,
        "gzip": b"\x1f\x8b\x08" + bytes(2000),
    }


@pytest.fixture(scope="module")
def good() -> list[Waiting]:
    """More than enough entries for every case to have twenty of its own."""
    return mlogc.waiting(serial_entries("v2-native-serial-block-pl4"))


@pytest.mark.parametrize("number_and_name", list(enumerate(_hostile())), ids=lambda pair: pair[1])
def test_a_hostile_entry_among_twenty_good_ones_stops_nobody(
    number_and_name: tuple[int, str], good: list[Waiting], bartizan: Bartizan, api: Api
) -> None:
    number, name = number_and_name
    twenty = good[20 * number : 20 * number + 20]
    hostile = Waiting(unique_id=f"hostile-{number}", raw=_hostile()[name])

    log = mlogc.send([*twenty[:10], hostile, *twenty[10:]], bartizan.receiver_url)

    assert not mlogc.stalled(log), log
    assert set(mlogc.completed(log)) >= {entry.unique_id for entry in twenty}
    assert mlogc.refused(log) == ([hostile.unique_id] if name == "too large" else [])
    for entry in twenty:
        eventually(lambda u=entry.unique_id: api.stored(unique_id=u) == 1, 10, "a good one")


def test_a_wrong_hash_is_stored_all_the_same(
    good: list[Waiting], bartizan: Bartizan, api: Api
) -> None:
    damaged = dataclasses.replace(good[-1], claimed_md5="0" * 32)
    log = mlogc.send([damaged], bartizan.receiver_url)
    assert mlogc.completed(log) == [damaged.unique_id]
    eventually(lambda: api.stored(unique_id=damaged.unique_id) == 1, 10, "stored")


@pytest.mark.parametrize("name", _hostile())
def test_only_empty_and_too_large_are_answered_409(name: str, bartizan: Bartizan) -> None:
    expected = 409 if name in {"empty", "too large"} else 200
    assert bartizan.deliver(_hostile()[name]) == expected


def test_nothing_that_was_accepted_is_neither_stored_nor_set_aside(
    bartizan: Bartizan, api: Api
) -> None:
    """R13 for this file: the spool empties although some of it can never be decoded."""
    bartizan.deliver(b"never an entry")
    eventually(lambda: api.backlog() == 0, 10, "the spool is empty")
    assert api.dead_letters() > 0
