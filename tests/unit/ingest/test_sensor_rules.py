"""A sensor's zone and trusted proxies, made effective where entries become transactions."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bartizan.decode.contract import Decoded
from bartizan.domain.delivery import AuditLogEntry
from bartizan.domain.sensor import SecretKind, Sensor
from bartizan.domain.transaction import Endpoint, Format, Request, Transaction, Zone
from bartizan.ingest.pipeline import Pipeline
from bartizan.ingest.sensor_rules import SensorRules, occurred_at
from bartizan.kit.clock import to_us
from bartizan.store.memory import MemoryStore

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)


def sensor(name: str = "web1", **facts: object) -> Sensor:
    return Sensor(
        name=name, secret_kind=SecretKind.SHA256, secret_hash="", created_at=NOON, **facts
    )


class Register:
    """What the snapshot tells: the sensors, each time they changed."""

    def __init__(self, *sensors: Sensor) -> None:
        self.asked = 0
        self._news: tuple[Sensor, ...] | None = sensors

    def change(self, *sensors: Sensor) -> None:
        self._news = sensors

    def look(self) -> tuple[Sensor, ...] | None:
        self.asked += 1
        news, self._news = self._news, None
        return news


def logged(at: datetime | None = NOON, zone: Zone = Zone.ASSUMED) -> Transaction:
    return Transaction(
        format=Format.MODSECURITY3_JSON,
        occurred_at=at,
        zone=zone,
        client=Endpoint(address="10.0.0.1", port=1),
        request=Request(headers=(("x-forwarded-for", "203.0.113.7"),)),
    )


def entry(name: str = "web1", received_at: datetime = NOON) -> AuditLogEntry:
    return AuditLogEntry(sensor=name, received_at_us=to_us(received_at), raw=b"x")


def made(rules: SensorRules, transaction: Transaction, name: str = "web1") -> Transaction:
    rules.refresh()
    return rules.apply(transaction, entry(name))


def test_a_time_without_a_zone_is_told_by_the_sensors_clock() -> None:
    rules = SensorRules(Register(sensor(zone="Europe/Berlin"), sensor("web2")).look)
    assert made(rules, logged()).occurred_at == NOON - timedelta(hours=1)
    assert made(rules, logged()).zone is Zone.ASSUMED
    assert made(rules, logged(), "web2") == logged()


def test_a_stated_zone_and_an_unknown_time_are_left_alone() -> None:
    rules = SensorRules(Register(sensor(zone="Europe/Berlin")).look)
    for transaction in (logged(zone=Zone.STATED), logged(None)):
        assert made(rules, transaction) == transaction


def test_the_client_behind_a_trusted_proxy_is_the_client() -> None:
    rules = SensorRules(Register(sensor(trusted_proxies=("10.0.0.0/8",)), sensor("web2")).look)
    assert made(rules, logged()).client.address == "203.0.113.7"
    assert made(rules, logged(), "web2").client.address == "10.0.0.1"


@pytest.mark.parametrize(
    ("wall", "received", "expected"),
    [
        ("2026-10-25T02:30", "2026-10-25T00:30:02", "2026-10-25T00:30"),  # the first time round
        ("2026-10-25T02:30", "2026-10-25T01:30:02", "2026-10-25T01:30"),  # the second
        ("2026-10-25T02:59", "2026-10-25T00:59:58", "2026-10-25T00:59"),
        ("2026-10-25T02:30", "2026-10-25T01:28:00", "2026-10-25T01:30"),  # its clock is ahead a bit
        ("2026-10-25T03:30", "2026-10-25T02:30:02", "2026-10-25T02:30"),
        ("2026-03-29T02:30", "2026-03-29T01:30:02", "2026-03-29T01:30"),  # a time that never was
        ("2026-07-01T12:00", "2026-07-01T10:00:01", "2026-07-01T10:00"),
    ],
)
def test_the_hour_that_comes_twice_is_told_by_when_the_entry_was_received(
    wall: str, received: str, expected: str
) -> None:
    def utc(text: str) -> datetime:
        return datetime.fromisoformat(text).replace(tzinfo=UTC)

    assert occurred_at(utc(wall), ZoneInfo("Europe/Berlin"), utc(received)) == utc(expected)


@given(
    st.datetimes(timezones=st.just(UTC)),
    st.sampled_from(["Europe/Berlin", "Asia/Kathmandu", "Pacific/Apia", "America/St_Johns", "UTC"]),
)
def test_no_time_is_too_strange(wall: datetime, zone: str) -> None:
    at = occurred_at(wall, ZoneInfo(zone), NOON)
    assert abs(at - wall) < timedelta(hours=27)


def test_a_change_is_known_a_second_later_without_asking_for_each_entry() -> None:
    clock = [100.0]
    register = Register(sensor())
    rules = SensorRules(register.look, monotonic=lambda: clock[0])
    assert made(rules, logged()) == logged()
    register.change(sensor(zone="Europe/Berlin"))
    for _ in range(5):
        made(rules, logged())
    assert register.asked == 1
    clock[0] += 1.1
    assert made(rules, logged()).occurred_at == NOON - timedelta(hours=1)


def test_not_even_the_first_entry_of_a_new_sensor_is_misread() -> None:
    register = Register(sensor("web2"))
    rules = SensorRules(register.look, monotonic=lambda: 100.0)
    made(rules, logged(), "web2")
    register.change(sensor("web2"), sensor(zone="Europe/Berlin"))
    assert rules.apply(logged(), entry()).occurred_at == NOON - timedelta(hours=1)


def test_a_sensor_that_nobody_registered_is_asked_for_once() -> None:
    register = Register()
    rules = SensorRules(register.look, monotonic=lambda: 100.0)
    for _ in range(5):
        assert made(rules, logged(), "imported") == logged()
    assert register.asked == 2  # at the beginning, and when it was first seen


def test_a_zone_that_this_machine_does_not_know_is_utc() -> None:
    rules = SensorRules(Register(sensor(zone="Mars/Olympus")).look)
    assert made(rules, logged()) == logged()


def test_what_is_stored_has_the_right_time_and_client() -> None:
    rules = SensorRules(Register(sensor(zone="Asia/Tokyo", trusted_proxies=("10.0.0.1",))).look)
    store = MemoryStore()
    Pipeline(lambda _raw: Decoded(logged()), [], store, rules).run([entry()])
    (row,) = store.newer(0)
    assert (row.at, row.client_address) == (NOON - timedelta(hours=9), "203.0.113.7")
    assert row.time_basis == "assumed"
