"""What the control store promises of people, tokens and the access trail, over every database."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import msgspec
import pytest

from bartizan.domain.errors import Refused
from bartizan.domain.person import Person, Role, Session, Source, Token
from bartizan.domain.trail import Deed, Means, TrailQuestion
from bartizan.store.control import ControlStore
from bartizan.store.registry import open_control, upgrade_control
from tests.contract.records import HOSTILE

NOW = datetime(2026, 11, 23, 12, 0, 0, 123456, tzinfo=UTC)
ANN = Person(
    id=0,
    name="ann",
    password_hash="",
    role=Role.ADMIN,
    created_at=NOW,
    scope="sensor=web-1&host=shop.example",
    sees_payloads=False,
    source=Source.OIDC,
    subject="ab" * 32,
    invite_digest="cd" * 32,
    invited_until=NOW + timedelta(days=3),
    seen_at=NOW,
)
TOKEN = Token(
    id=0,
    name="wall",
    digest="12" * 32,
    role=Role.VIEWER,
    created_at=NOW,
    created_by="ann",
    scope="host=shop.example",
    sees_payloads=True,
    until=NOW + timedelta(days=90),
    used_at=NOW,
)


def _refused(code: str, call: Callable[[], object]) -> None:
    with pytest.raises(Refused) as caught:
        call()
    assert caught.value.code == code


def _local(control: ControlStore, name: str, role: Role = Role.ADMIN) -> Person:
    return control.add_person(name, "hash", role, NOW)


def test_everything_that_is_said_of_a_person_comes_back(control: ControlStore) -> None:
    ann = control.insert_person(ANN)
    assert ann == msgspec.structs.replace(ANN, id=ann.id)
    assert control.person_with_id(ann.id) == ann
    assert control.person_of_subject("ab" * 32) == ann
    assert control.person_of_invite("cd" * 32) == ann
    assert control.person_of_invite("ce" * 32) is None
    assert control.person_of_subject("") is None
    later = NOW + timedelta(hours=1)
    control.note_login(ann.id, later)
    control.note_login(99, later)
    assert control.person("ann") == msgspec.structs.replace(ann, seen_at=later)
    _refused("name-taken", lambda: control.insert_person(ANN))


def test_the_last_administrator_stays(control: ControlStore) -> None:
    ann, bob = _local(control, "ann"), _local(control, "bob")
    replace = msgspec.structs.replace
    control.update_person(replace(bob, role=Role.VIEWER), keeps_admin=True)
    for worse in (
        replace(ann, role=Role.ANALYST),
        replace(ann, is_enabled=False),
        replace(ann, password_hash=""),
    ):
        _refused("last-admin", lambda person=worse: control.update_person(person, keeps_admin=True))
    _refused("last-admin", lambda: control.remove_person(ann.id))
    assert control.person("ann") == ann
    invited = replace(ANN, name="carl", source=Source.LOCAL, subject=None)
    control.insert_person(invited)
    _refused("last-admin", lambda: control.remove_person(ann.id))
    control.insert_person(replace(ANN, name="dora"))
    control.remove_person(ann.id)
    assert control.person("ann") is None


def test_of_two_who_demote_each_other_at_once_one_stays(url: str) -> None:
    upgrade_control(url)
    stores = [open_control(url), open_control(url)]
    people = [_local(stores[0], "ann"), _local(stores[0], "bob")]

    def demote(index: int) -> bool:
        worse = msgspec.structs.replace(people[index], role=Role.VIEWER)
        try:
            stores[index].update_person(worse, keeps_admin=True)
        except Refused:
            return False
        return True

    with ThreadPoolExecutor(2) as pool:
        assert sorted(pool.map(demote, range(2))) == [False, True]
    for store in stores:
        store.close()


def test_with_a_person_go_their_sessions_and_tokens(control: ControlStore) -> None:
    ann, bob = _local(control, "ann"), _local(control, "bob")
    for number, person in enumerate((ann, bob)):
        control.add_session(
            Session(digest=str(number) * 64, person_id=person.id, created_at=NOW, seen_at=NOW)
        )
        digest = str(number) * 64
        control.add_token(msgspec.structs.replace(TOKEN, digest=digest, person_id=person.id))
    control.remove_person(bob.id)
    assert [one.person_id for one in control.all_sessions()] == [ann.id]
    assert [one.person_id for one in control.tokens()] == [ann.id]
    assert control.token("1" * 64) is None
    _refused("no-such-person", lambda: control.remove_person(bob.id))


def test_a_token_comes_back_as_it_was_made(control: ControlStore) -> None:
    ann = _local(control, "ann")
    first = control.add_token(TOKEN)
    second = control.add_token(
        msgspec.structs.replace(
            TOKEN, digest="34" * 32, person_id=ann.id, until=None, used_at=None, scope=""
        )
    )
    assert first == msgspec.structs.replace(TOKEN, id=first.id)
    assert list(control.tokens()) == [second, first]
    assert control.token("12" * 32) == (first, None)
    assert control.token("34" * 32) == (second, ann)
    assert control.token("56" * 32) is None
    control.touch_token(second.id, NOW)
    control.touch_token(99, NOW)
    assert control.token("34" * 32) == (msgspec.structs.replace(second, used_at=NOW), ann)
    control.remove_token(second.id)
    control.remove_token(second.id)
    assert list(control.tokens()) == [first]


def _deed(number: int, action: str = "payload.opened", **facts: object) -> Deed:
    at = NOW + timedelta(minutes=number)
    return msgspec.structs.replace(
        Deed(at=at, action=action, person="ann", means=Means.SESSION, subject=str(number)), **facts
    )


def test_the_trail_is_read_newest_first_and_by_what_is_asked(control: ControlStore) -> None:
    control.record([])
    control.record([_deed(0), _deed(1, "payload.downloaded"), _deed(2, "payload_opened")])
    control.record([_deed(3, "login.refused", person="", means=Means.NONE)])

    def asked(**facts: object) -> list[str]:
        return [one.deed.subject for one in control.trail(TrailQuestion(**facts), 10)]

    assert asked() == ["3", "2", "1", "0"]
    assert asked(actions=("payload.",)) == ["1", "0"]
    assert asked(actions=("payload.opened", "login.")) == ["3", "0"]
    assert asked(person="ann", subject="2") == ["2"]
    assert asked(since=NOW + timedelta(minutes=1), until=NOW + timedelta(minutes=3)) == ["2", "1"]
    page = control.trail(TrailQuestion(), 2)
    assert page[0].deed == _deed(3, "login.refused", person="", means=Means.NONE)
    assert asked(before_id=page[-1].id) == ["1", "0"]


def test_what_is_too_old_goes_in_steps(control: ControlStore) -> None:
    control.record([_deed(number) for number in range(10)])
    assert control.forget_trail(NOW + timedelta(minutes=7), 5) == 5
    assert control.forget_trail(NOW + timedelta(minutes=7), 5) == 2
    assert control.forget_trail(NOW + timedelta(minutes=7), 5) == 0
    assert [one.deed.subject for one in control.trail(TrailQuestion(), 10)] == ["9", "8", "7"]


@pytest.mark.parametrize("text", [text for text in HOSTILE if text])
def test_hostile_text_in_the_trail_is_data(control: ControlStore, text: str) -> None:
    control.record([_deed(0, person=text * 300, subject=text * 300, detail=text * 600)])
    (found,) = control.trail(TrailQuestion(), 10)
    assert found.deed.person == (text * 300)[:255]
    assert found.deed.detail == (text * 600)[:512]
    control.trail(TrailQuestion(person=text, actions=(text, text + "."), subject=text), 10)
