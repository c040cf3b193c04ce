"""How sensors do: who is silent, whose clock is off, who was refused; and the way to the first entry."""

from datetime import UTC, datetime, timedelta

import pytest

from bartizan.domain.delivery import Verdict
from bartizan.domain.errors import Refused
from bartizan.domain.sighting import Refusal, Sighting, Sightings, Stranger
from bartizan.domain.transaction import Defect
from bartizan.kit.clock import to_us
from bartizan.query.sensor_checklist import Checklists
from bartizan.query.sensor_health import SensorsHealth, silent_after
from bartizan.query.sensor_views import ClockState, SensorState
from bartizan.spool.contract import LetterKind
from tests.contract.records import record

NOW = datetime(2026, 11, 23, 12, 0, 30, tzinfo=UTC)
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)


class Node:
    """What the collector and the spool of this node tell."""

    def __init__(self):
        self.seen: Sightings | None = None
        self.kinds: list[LetterKind] | None = []

    def tell(self, *sensors: Sighting, strangers: tuple[Stranger, ...] = ()):
        self.seen = Sightings(seen_at=NOW, sensors=sensors, strangers=strangers)


@pytest.fixture
def node() -> Node:
    return Node()


@pytest.fixture
def told(node):
    return {"sightings": lambda: node.seen, "letters": lambda: node.kinds, "now": lambda: NOW}


@pytest.fixture
def health(sensors, store, told) -> SensorsHealth:
    return SensorsHealth(sensors, store, **told)


@pytest.fixture
def checklists(sensors, store, told) -> Checklists:
    return Checklists(sensors, store, **told)


@pytest.fixture
def send(store):
    def send(ago: timedelta, count: int = 1, sensor: str = "web", late=timedelta(), **facts):
        received = NOW - ago
        facts.setdefault("occurred_at", received - late)
        marks = (f"{sensor} {received} {n}".encode() for n in range(count))
        store.append(
            [record(m, sensor=sensor, received_at_us=to_us(received), **facts) for m in marks]
        )

    return send


def letters(code="not-an-entry", sensor="web", count=3) -> LetterKind:
    return LetterKind(
        sensor=sensor, code=code, letters=count, size_bytes=1,
        first_at_us=to_us(NOW), last_at_us=to_us(NOW),
    )  # fmt: skip


def stranger(name="wbe", ago=MINUTE) -> Stranger:
    return Stranger(
        name=name, refusal=Refusal.UNKNOWN_SENSOR, peer="192.0.2.1",
        first_seen_at=NOW - DAY, last_seen_at=NOW - ago, count=2,
    )  # fmt: skip


def one(health):
    (found,) = health.list().sensors
    return found


def test_a_sensor_waits_until_something_of_it_is_stored(health, add_sensor, send):
    add_sensor("web")
    assert one(health).state is SensorState.WAITING
    assert (one(health).lag, one(health).clock) == (None, ClockState.UNKNOWN)
    send(MINUTE)
    assert one(health).state is SensorState.SENDING


def test_a_disabled_sensor_is_not_silent_but_disabled(health, add_sensor, send):
    add_sensor("web", is_enabled=False)
    send(5 * DAY)
    assert one(health).state is SensorState.DISABLED


@pytest.mark.parametrize(
    ("per_hour", "ago", "state"),
    [
        (100, 10 * MINUTE, SensorState.SENDING),
        (100, 20 * MINUTE, SensorState.SILENT),  # it missed some thirty
        (4, 4 * HOUR, SensorState.SENDING),
        (4, 7 * HOUR, SensorState.SILENT),
        (0.05, 2 * DAY, SensorState.SENDING),  # one a day: two days say little
        (0.05, 3 * DAY + HOUR, SensorState.SILENT),
    ],
)
def test_silent_is_what_missed_more_than_chance(health, add_sensor, send, per_hour, ago, state):
    add_sensor("web")
    hours = min(6 * 24, 300 / per_hour)
    total = round(per_hour * hours)
    every = hours * HOUR / total
    for number in range(total):
        send(ago + number * every)
    assert one(health).state is state


def test_the_limits_of_silence_hold_for_every_rate():
    for usual in (None, 0.0, 1e-9, 0.3, 7.0, 1e9):
        assert 15 * MINUTE <= silent_after(usual) <= 3 * DAY


def test_a_new_sensor_has_no_usual_rate_yet(health, add_sensor, send):
    add_sensor("web")
    send(30 * MINUTE, 50)
    assert one(health).usual_per_hour is None
    send(9 * HOUR, 50)
    assert one(health).usual_per_hour == pytest.approx(100 / 9.5, rel=0.06)


def test_the_last_hour_is_counted_by_minutes_the_oldest_first(health, add_sensor, send):
    add_sensor("web")
    send(timedelta(seconds=10), 3)
    send(MINUTE, 2)
    send(59 * MINUTE + timedelta(seconds=20))
    send(2 * HOUR, 7)
    counts = one(health).per_minute
    assert len(counts) == 60
    assert (counts[-1], counts[-2], counts[0], sum(counts)) == (3, 2, 1, 6)
    assert one(health).transactions == 13


@pytest.mark.parametrize(
    ("late", "clock"),
    [
        (timedelta(seconds=2), ClockState.RIGHT),
        (timedelta(seconds=-1), ClockState.RIGHT),
        (timedelta(minutes=-3), ClockState.AHEAD),
        (timedelta(hours=2), ClockState.BEHIND),
    ],
)
def test_the_least_lag_tells_of_the_clock(health, add_sensor, send, late, clock):
    add_sensor("web")
    send(MINUTE, 2, late=late)
    assert one(health).clock is clock
    assert one(health).lag.least_ms == late // timedelta(milliseconds=1)


def test_one_late_entry_says_nothing_of_the_clock(health, add_sensor, send):
    add_sensor("web")
    send(2 * MINUTE, late=timedelta(hours=9))
    send(MINUTE, late=timedelta(seconds=1))
    found = one(health)
    assert (found.clock, found.lag.most_ms) == (ClockState.RIGHT, 9 * 3_600_000)


def test_what_it_is_and_what_is_odd_is_told(health, add_sensor, send, node):
    add_sensor("web")
    send(2 * HOUR, producer="old", ruleset="OWASP_CRS/3.3.4")
    send(HOUR, producer="new", defects=(Defect(code="message-cut"),))
    send(2 * DAY, 4, defects=(Defect(code="end-missing"),))
    node.kinds = [letters(count=3), letters("unknown-format", count=1), letters(sensor="other")]
    found = one(health)
    assert (found.producer, found.ruleset) == ("new", "OWASP_CRS/3.3.4")
    assert found.formats == ("modsecurity2-native",)
    assert (found.with_defects, found.dead_letters) == (1, 4)
    detail = health.open("web")
    assert [(d.code, d.count) for d in detail.defects] == [("end-missing", 4), ("message-cut", 1)]
    assert [(d.code, d.count) for d in detail.dead_letters] == [
        ("not-an-entry", 3),
        ("unknown-format", 1),
    ]
    assert [t.value for t in detail.traits if t.trait == "producer"] == ["new", "old"]
    assert sum(hour.transactions for hour in detail.hours) == 6


def test_where_the_spool_and_the_collector_are_elsewhere_nothing_is_claimed(
    health, add_sensor, node
):
    add_sensor("web")
    node.kinds = None
    found = health.list()
    assert found.collector_seen_at is None
    assert (found.sensors[0].dead_letters, found.sensors[0].refusal) == (None, None)
    assert health.open("web").dead_letters == ()


def test_a_refusal_is_told_until_the_sensor_gets_in(health, add_sensor, node):
    add_sensor("web")
    refused = {"refused_at": NOW - MINUTE, "refused": 7, "refused_from": "192.0.2.1"}
    node.tell(Sighting(sensor="web", refusal=Refusal.WRONG_SECRET, **refused))
    refusal = one(health).refusal
    assert (refusal.reason, refusal.peer, refusal.count) == ("wrong-secret", "192.0.2.1", 7)
    node.tell(
        Sighting(sensor="web", refusal=Refusal.WRONG_SECRET, accepted_at=NOW, accepted=1, **refused)
    )
    assert one(health).refusal is None


def test_strangers_of_the_last_day_are_told(health, node):
    node.tell(strangers=(stranger(), stranger("long ago", 2 * DAY)))
    assert [who.name for who in health.list().strangers] == ["wbe"]


def test_an_unknown_sensor_is_refused(health, checklists):
    for question in (health, checklists):
        with pytest.raises(Refused) as caught:
            question.open("nobody")
        assert caught.value.code == "no-such-sensor"


def steps(checklists) -> list[str]:
    return [f"{step.step.value} {step.state.value}" for step in checklists.open("web").steps]


ALL_WAIT = [
    "connected waiting", "authenticated waiting", "accepted waiting", "decoded waiting",
    "stored waiting",
]  # fmt: skip


def test_the_lights_go_green_one_after_another(checklists, add_sensor, node, send):
    add_sensor("web")
    node.tell()
    assert steps(checklists) == ALL_WAIT
    node.tell(Sighting(sensor="web", turned_away_at=NOW, turned_away=1, verdict=Verdict.BUSY))
    assert steps(checklists)[:3] == ["connected done", "authenticated done", "accepted failed"]
    node.tell(Sighting(sensor="web", accepted_at=NOW, accepted=1, accepted_from="192.0.2.1"))
    assert steps(checklists) == [
        "connected done", "authenticated done", "accepted done", "decoded waiting",
        "stored waiting",
    ]  # fmt: skip
    send(timedelta())
    assert all(step.endswith("done") for step in steps(checklists))
    assert checklists.open("web").steps[0].peer == "192.0.2.1"


@pytest.mark.parametrize("refusal", [Refusal.WRONG_SECRET, Refusal.ADDRESS_NOT_ALLOWED])
def test_a_refused_log_in_is_red_and_says_why(checklists, add_sensor, node, refusal):
    add_sensor("web")
    node.tell(
        Sighting(sensor="web", refused_at=NOW, refused=1, refused_from="::1", refusal=refusal),
        strangers=(stranger(), stranger("an hour ago", HOUR)),
    )
    found = checklists.open("web")
    assert steps(checklists)[:2] == ["connected done", "authenticated failed"]
    assert (found.steps[1].reason, found.steps[1].peer) == (refusal.value, "::1")
    assert [who.name for who in found.strangers] == ["wbe"]


def test_an_entry_that_cannot_be_decoded_is_red_and_says_why(checklists, add_sensor, node, send):
    add_sensor("web")
    node.tell(Sighting(sensor="web", accepted_at=NOW, accepted=1))
    node.kinds = [letters()]
    found = checklists.open("web").steps[3]
    assert (found.state, found.reason) == ("failed", "not-an-entry")
    send(timedelta())
    assert steps(checklists)[3:] == ["decoded done", "stored done"]


def test_without_a_collector_beside_it_the_checklist_says_so(checklists, add_sensor):
    add_sensor("web")
    found = checklists.open("web")
    assert not found.is_collector_seen
    assert steps(checklists) == ALL_WAIT
