"""What the collector remembers of who came: enough to help people, bounded, and cheap."""

import asyncio
import stat
import time
from pathlib import Path

import pytest

from bartizan.domain.delivery import Verdict
from bartizan.domain.sighting import Refusal, Sightings
from bartizan.kit.clock import from_us
from bartizan.receive.sightings import MOST_STRANGERS, Doorbook, read_sightings

AT_US = 1_795_000_000_000_000


def test_a_sensor_is_remembered_with_its_last_of_each_kind() -> None:
    book = Doorbook(now=lambda: AT_US + 5)
    book.accepted("web", "192.0.2.1", AT_US)
    book.accepted("web", "192.0.2.2", AT_US + 1)
    book.turned_away("web", "192.0.2.3", Verdict.TOO_LARGE)
    book.refused(b"web", "192.0.2.4", Refusal.WRONG_SECRET)
    (web,) = book.sightings().sensors
    assert (web.accepted, web.accepted_at, web.accepted_from) == (
        2,
        from_us(AT_US + 1),
        "192.0.2.2",
    )
    assert (web.turned_away, web.verdict, web.turned_away_from) == (1, "too-large", "192.0.2.3")
    assert (web.refused, web.refusal, web.refused_from) == (1, "wrong-secret", "192.0.2.4")
    assert web.refused_at == from_us(AT_US + 5)


def test_strangers_are_kept_apart_and_counted_by_what_they_call_themselves() -> None:
    book = Doorbook()
    for peer in ("192.0.2.1", "192.0.2.2"):
        book.refused(b"web-l", peer, Refusal.UNKNOWN_SENSOR)
    book.refused(None, None, Refusal.NO_CREDENTIALS)
    book.refused(b"\xff\x1b" + b"x" * 5000, "192.0.2.9", Refusal.UNKNOWN_SENSOR)
    odd, nobody, typo = book.sightings().strangers
    assert (typo.name, typo.count, typo.peer) == ("web-l", 2, "192.0.2.2")
    assert (nobody.name, nobody.refusal) == ("", "no-credentials")
    assert odd.name == "\ufffd\x1b" + "x" * 62
    assert book.sightings().sensors == ()


def test_a_flood_of_invented_names_fills_nothing() -> None:
    book = Doorbook()
    book.refused(b"the one we look for", None, Refusal.UNKNOWN_SENSOR)
    for number in range(10_000):
        book.refused(b"%d" % number, None, Refusal.UNKNOWN_SENSOR)
    strangers = book.sightings().strangers
    assert len(strangers) == MOST_STRANGERS
    assert strangers[0].name == "9999"


def _written(file: Path) -> Sightings:
    seen = read_sightings(file)
    assert seen is not None
    return seen


def test_it_is_written_soon_at_most_once_a_second_and_at_the_end(tmp_path: Path) -> None:
    file = tmp_path / "sightings.json"
    states = []

    async def live() -> None:
        book = Doorbook(file)
        book.accepted("web", "192.0.2.1", AT_US)
        assert not file.exists()
        while not file.exists():  # noqa: ASYNC110 - a thread makes it
            await asyncio.sleep(0.005)
        states.append((_written(file).sensors[0].accepted, file.stat().st_ino))
        for _ in range(100):
            book.accepted("web", "192.0.2.1", AT_US)
            await asyncio.sleep(0.002)
        states.append((_written(file).sensors[0].accepted, file.stat().st_ino))
        await book.close()
        states.append((_written(file).sensors[0].accepted, file.stat().st_ino))

    asyncio.run(live())
    (first, one), (during, same), (last, another) = states
    assert (first, during, last) == (1, 1, 101)
    assert one == same != another
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert [one.name for one in tmp_path.iterdir()] == ["sightings.json"]


def test_another_process_goes_on_from_what_was_written(tmp_path: Path) -> None:
    file = tmp_path / "sightings.json"

    async def one_life(name: bytes) -> None:
        book = Doorbook(file)
        book.accepted("web", "192.0.2.1", AT_US)
        book.refused(name, "192.0.2.2", Refusal.UNKNOWN_SENSOR)
        book.refused(b"web", "192.0.2.3", Refusal.DISABLED)
        await book.close()

    asyncio.run(one_life(b"first"))
    asyncio.run(one_life(b"second"))
    seen = _written(file)
    (web,) = seen.sensors
    assert (web.accepted, web.refused, web.refusal) == (2, 2, "disabled")
    assert [one.name for one in seen.strangers] == ["second", "first"]


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b'{"seen_at": 1}', b"\xff"])
def test_a_file_that_is_none_of_ours_is_nothing(tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "sightings.json"
    assert read_sightings(file) is None
    file.write_bytes(content)
    assert read_sightings(file) is None
    assert Doorbook(file).sightings().sensors == ()


def test_a_directory_that_cannot_be_written_hinders_nothing(tmp_path: Path) -> None:
    async def live() -> None:
        book = Doorbook(tmp_path / "missing" / "sightings.json")
        book.accepted("web", None, AT_US)
        await book.close()

    asyncio.run(live())


def test_an_accepted_delivery_costs_next_to_nothing() -> None:
    """Far below the 100 microseconds that the rest of a delivery takes."""
    book = Doorbook()
    book.accepted("web", "192.0.2.1", AT_US)
    began = time.process_time()
    for _ in range(20_000):
        book.accepted("web", "192.0.2.1", AT_US)
    assert (time.process_time() - began) / 20_000 < 5e-6
