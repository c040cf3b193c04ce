"""What people say about sensors: checked when it is said, told to the collector and the workers."""

import asyncio

import pytest

from bartizan.accounts.credentials import SensorCredentials
from bartizan.accounts.sensors import SensorBook, SensorFacts, zones
from bartizan.accounts.snapshot import SnapshotWatch, publish, read_snapshot
from bartizan.domain.errors import Refused
from bartizan.domain.sighting import Refusal

FACTS = SensorFacts(
    label="Shop",
    latitude=50.1,
    longitude=8.7,
    zone="Europe/Berlin",
    allowed_sources=("192.0.2.7", "2001:DB8::/32", "192.0.2.7/32"),
    trusted_proxies=("10.1.2.3/8",),
)


@pytest.fixture
def book(control, clock) -> SensorBook:
    return SensorBook(control, clock.now)


def test_facts_are_kept_networks_in_their_usual_spelling(book, control):
    sensor, _ = book.register("web", FACTS)
    assert (sensor.label, sensor.zone) == ("Shop", "Europe/Berlin")
    assert sensor.allowed_sources == ("192.0.2.7", "2001:db8::/32")
    assert sensor.trusted_proxies == ("10.0.0.0/8",)
    assert list(control.sensors()) == [sensor]


def test_a_change_replaces_all_facts_and_nothing_else(book):
    before, _ = book.register("web", FACTS)
    after = book.change("web", SensorFacts(label="Blog"))
    assert (after.label, after.zone, after.latitude) == ("Blog", None, None)
    assert (after.allowed_sources, after.trusted_proxies) == ((), ())
    assert (after.secret_hash, after.created_at) == (before.secret_hash, before.created_at)


@pytest.mark.parametrize(
    ("facts", "code", "where"),
    [
        (SensorFacts(zone="Mars/Olympus"), "bad-zone", "zone"),
        (SensorFacts(zone="../etc/passwd"), "bad-zone", "zone"),
        (SensorFacts(zone=""), "bad-zone", "zone"),
        (SensorFacts(allowed_sources=("everywhere",)), "bad-network", "allowed_sources"),
        (SensorFacts(trusted_proxies=("10.0.0.0/99",)), "bad-network", "trusted_proxies"),
        (SensorFacts(trusted_proxies=("10.0.0.1",) * 101), "bad-network", "trusted_proxies"),
        (SensorFacts(latitude=91.0, longitude=0.0), "bad-position", "position"),
        (SensorFacts(label="x" * 101), "bad-label", "label"),
    ],
)
def test_what_makes_no_sense_is_refused_and_changes_nothing(book, facts, code, where):
    known, _ = book.register("web", FACTS)
    for call in (lambda: book.register("other", facts), lambda: book.change("web", facts)):
        with pytest.raises(Refused) as caught:
            call()
        assert (caught.value.code, caught.value.where) == (code, where)
    assert list(book.sensors()) == [known]


def test_an_unknown_sensor_cannot_be_changed(book):
    with pytest.raises(Refused) as caught:
        book.change("web", FACTS)
    assert caught.value.code == "no-such-sensor"


def test_the_names_of_zones_are_those_that_a_clock_may_be_set_to():
    assert {"UTC", "Europe/Berlin", "America/St_Johns"} <= set(zones())
    assert not {"localtime", "posix/UTC", "Factory"} & set(zones())


def test_the_snapshot_carries_the_facts_and_is_read_again_when_it_changed(book, control, tmp_path):
    file = tmp_path / "sensors.json"
    watch = SnapshotWatch(file)
    assert watch.look() is None
    sensor, _ = book.register("web", FACTS)
    publish(control, file)
    assert read_snapshot(file) == (sensor,)
    assert watch.look() == (sensor,)
    assert watch.look() is None
    file.write_bytes(b"{")
    assert watch.look() is None
    changed = book.change("web", SensorFacts())
    publish(control, file)
    assert watch.look() == (changed,)


def test_a_snapshot_of_before_there_were_facts_is_read(tmp_path):
    file = tmp_path / "sensors.json"
    file.write_text(
        '{"version":1,"sensors":[{"name":"a","secret_kind":"sha256","secret_hash":"00",'
        '"created_at":"2026-11-01T00:00:00Z"}]}'
    )
    (sensor,) = read_snapshot(file)
    assert (sensor.zone, sensor.allowed_sources, sensor.trusted_proxies) == (None, (), ())


def test_why_somebody_was_refused_is_known_inside(book, control, tmp_path):
    book.register("on", SensorFacts())
    book.register("off", SensorFacts())
    book.disable("off")
    publish(control, tmp_path / "sensors.json")
    credentials = SensorCredentials(tmp_path / "sensors.json")
    assert asyncio.run(credentials.verify(b"on", b"wrong")) is None
    assert credentials.why_refused(b"on") is Refusal.WRONG_SECRET
    assert credentials.why_refused(b"off") is Refusal.DISABLED
    assert credentials.why_refused(b"nobody") is Refusal.UNKNOWN_SENSOR
    assert credentials.why_refused(None) is Refusal.UNKNOWN_SECRET
    credentials.close()
