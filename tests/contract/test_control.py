"""What src/bartizan/store/control.py promises, over SQLite and MariaDB."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import msgspec
import pytest

from bartizan.domain.errors import Refused
from bartizan.domain.person import Person, Role, Session
from bartizan.domain.sensor import SecretKind, Sensor
from bartizan.store.control import ControlStore
from bartizan.store.registry import open_control, upgrade_control
from tests.contract.records import HOSTILE

NOW = datetime(2026, 11, 23, 12, 0, 0, 123456, tzinfo=UTC)
SENSOR = Sensor(
    name="web1",
    secret_kind=SecretKind.SHA256,
    secret_hash="ab" * 32,
    label="Shop",
    latitude=50.1,
    longitude=-8.7,
    zone="Europe/Berlin",
    allowed_sources=("192.0.2.0/24", "2001:db8::/32"),
    trusted_proxies=("10.0.0.0/8",),
    created_at=NOW,
)


def _refused(code: str, call: Callable[[], object]) -> None:
    with pytest.raises(Refused) as caught:
        call()
    assert caught.value.code == code


def test_a_sensor_comes_back_as_it_was_added(control: ControlStore) -> None:
    bare = {"zone": None, "allowed_sources": (), "trusted_proxies": ()}
    other = msgspec.structs.replace(SENSOR, name="web0", is_demo=True, rotated_at=NOW, **bare)
    control.add_sensor(SENSOR)
    control.add_sensor(other)
    assert list(control.sensors()) == [other, SENSOR]


def test_a_sensor_is_changed_and_removed_by_name(control: ControlStore) -> None:
    control.add_sensor(SENSOR)
    changed = msgspec.structs.replace(
        SENSOR, secret_kind=SecretKind.ARGON2ID, is_enabled=False, latitude=None, rotated_at=NOW
    )
    control.update_sensor(changed)
    control.update_sensor(changed)
    assert list(control.sensors()) == [changed]
    control.remove_sensor("web1")
    assert list(control.sensors()) == []


def test_names_are_taken_once_and_unknown_ones_are_told(control: ControlStore) -> None:
    control.add_sensor(SENSOR)
    control.add_person("ann", "hash", Role.ADMIN, NOW)
    bob = control.add_person("bob", "hash", Role.VIEWER, NOW)
    _refused("name-taken", lambda: control.add_sensor(SENSOR))
    _refused("name-taken", lambda: control.add_person("bob", "hash", Role.ADMIN, NOW))
    _refused("name-taken", lambda: control.update_person(msgspec.structs.replace(bob, name="ann")))
    _refused("no-such-sensor", lambda: control.remove_sensor("web2"))
    unknown = msgspec.structs.replace(SENSOR, name="web2")
    _refused("no-such-sensor", lambda: control.update_sensor(unknown))
    _refused("no-such-person", lambda: control.update_person(msgspec.structs.replace(bob, id=99)))
    for name in ("", "x" * 256):
        named = msgspec.structs.replace(SENSOR, name=name)
        _refused("bad-name", lambda sensor=named: control.add_sensor(sensor))


@pytest.mark.parametrize("name", [text for text in HOSTILE if text])
def test_hostile_names_are_data(control: ControlStore, name: str) -> None:
    control.add_sensor(msgspec.structs.replace(SENSOR, name=name, label=name * 300))
    control.add_sensor(msgspec.structs.replace(SENSOR, name=name + " "))
    person = control.add_person(name, "hash", Role.VIEWER, NOW)
    assert control.person(name) == person
    assert sorted(sensor.name for sensor in control.sensors()) == sorted([name, name + " "])
    control.remove_sensor(name)
    assert [sensor.name for sensor in control.sensors()] == [name + " "]


def test_people_come_back_as_they_are(control: ControlStore) -> None:
    assert control.person("ann") is None
    ann = control.add_person("ann", "hash", Role.ANALYST, NOW)
    assert ann == Person(
        id=ann.id, name="ann", password_hash="hash", role=Role.ANALYST, created_at=NOW
    )
    changed = msgspec.structs.replace(ann, role=Role.ADMIN, is_enabled=False, password_hash="new")
    control.update_person(changed)
    assert control.person("ann") == changed
    assert control.person("ANN") is None
    bob = control.add_person("bob", "hash", Role.VIEWER, NOW)
    assert list(control.people()) == [changed, bob]


def test_the_first_person_is_an_administrator_and_only_the_first(control: ControlStore) -> None:
    first = control.add_first_person("ann", "hash", NOW)
    assert (first.role, first.is_enabled) == (Role.ADMIN, True)
    _refused("already-set-up", lambda: control.add_first_person("bob", "hash", NOW))
    assert [person.name for person in control.people()] == ["ann"]


def test_of_many_first_people_at_once_one_wins(url: str) -> None:
    upgrade_control(url)
    stores = [open_control(url) for _ in range(4)]

    def set_up(index: int) -> bool:
        try:
            stores[index % 4].add_first_person(f"person-{index}", "hash", NOW)
        except Refused as error:
            return error.code != "already-set-up"
        return True

    with ThreadPoolExecutor(8) as pool:
        winners = list(pool.map(set_up, range(16)))
    assert winners.count(True) == 1
    assert len(stores[0].people()) == 1
    for opened in stores:
        opened.close()


def test_sessions_end_one_by_one_or_all_of_a_person(control: ControlStore) -> None:
    ann = control.add_person("ann", "hash", Role.ADMIN, NOW)
    bob = control.add_person("bob", "hash", Role.ADMIN, NOW)
    sessions = [
        Session(
            digest=str(number) * 64,
            person_id=owner.id,
            created_at=NOW,
            seen_at=NOW + timedelta(minutes=number),
            peer_address="192.0.2.1",
            user_agent="\x00" + "x" * 500,
        )
        for number, owner in enumerate([ann, ann, ann, bob])
    ]
    for session in sessions:
        control.add_session(session)
    assert control.session("0" * 64) == (sessions[0], ann)
    assert control.session("9" * 64) is None
    assert list(control.sessions(ann.id)) == sessions[2::-1]
    control.touch_session("0" * 64, NOW + timedelta(hours=1))
    control.touch_session("9" * 64, NOW)
    assert control.sessions(ann.id)[0].seen_at == NOW + timedelta(hours=1)
    control.remove_session("1" * 64)
    control.remove_session("9" * 64)
    assert [session.digest[0] for session in control.sessions(ann.id)] == ["0", "2"]
    control.remove_sessions(ann.id)
    assert list(control.sessions(ann.id)) == []
    assert control.session("3" * 64) == (sessions[3], bob)


def test_a_session_shows_what_its_person_is_now(control: ControlStore) -> None:
    ann = control.add_person("ann", "hash", Role.ADMIN, NOW)
    session = Session(digest="a" * 64, person_id=ann.id, created_at=NOW, seen_at=NOW)
    control.add_session(session)
    disabled = msgspec.structs.replace(ann, is_enabled=False, role=Role.VIEWER)
    control.update_person(disabled)
    assert control.session("a" * 64) == (session, disabled)


def test_state_is_set_changed_and_removed(control: ControlStore) -> None:
    assert control.state("setup-code") is None
    control.set_state("setup-code", "one")
    control.set_state("setup-code", "two")
    control.set_state("setup-code", "two")
    control.set_state("other", "\x00'\U0001f525")
    assert control.state("setup-code") == "two"
    control.set_state("setup-code", None)
    control.set_state("setup-code", None)
    assert control.state("setup-code") is None
    assert control.state("other") == "\x00'\U0001f525"


def test_what_was_written_is_there_when_opened_again(url: str) -> None:
    upgrade_control(url)
    first = open_control(url)
    first.add_sensor(SENSOR)
    first.close()
    upgrade_control(url)
    second = open_control(url)
    assert list(second.sensors()) == [SENSOR]
    second.close()
