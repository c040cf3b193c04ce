"""What the control store promises of saved views, over every database."""

from collections.abc import Callable
from datetime import UTC, datetime

import msgspec
import pytest

from bartizan.domain.errors import Refused
from bartizan.domain.person import Person, Role
from bartizan.domain.saved_view import SavedView
from bartizan.store.control import ControlStore
from bartizan.store.registry import open_control, upgrade_control
from tests.contract.records import HOSTILE

NOW = datetime(2026, 11, 23, 12, 0, 0, 123456, tzinfo=UTC)
VIEW = SavedView(
    id=0,
    name="Shop",
    page="transactions",
    query="host=shop.example&q=category%3Asqli&columns=time%2Cclient",
    is_shared=False,
    owner_id=1,
    made_by="ann",
    made_at=NOW,
    changed_by="bob",
    changed_at=NOW,
    within="host=shop.example",
)
_replace = msgspec.structs.replace


def _refused(code: str, call: Callable[[], object]) -> None:
    with pytest.raises(Refused) as caught:
        call()
    assert caught.value.code == code


def _person(control: ControlStore, name: str) -> Person:
    return control.add_person(name, "hash", Role.ADMIN, NOW)


def test_everything_that_is_said_of_a_view_comes_back(control: ControlStore) -> None:
    private = control.add_saved_view(VIEW)
    shared = control.add_saved_view(_replace(VIEW, is_shared=True, owner_id=None))
    assert private == _replace(VIEW, id=private.id)
    assert list(control.saved_views()) == [private, shared]
    assert control.saved_view(shared.id) == shared
    assert control.shared_view("Shop") == shared
    assert (control.shared_view("shop"), control.shared_view("")) == (None, None)
    assert control.saved_view(99) is None
    changed = _replace(private, name="Other", query="", page="map", changed_by="x")
    control.update_saved_view(changed)
    assert control.saved_view(private.id) == changed


def test_a_name_is_taken_among_the_shared_and_among_ones_own(control: ControlStore) -> None:
    mine = control.add_saved_view(VIEW)
    control.add_saved_view(_replace(VIEW, owner_id=2))
    _refused("name-taken", lambda: control.add_saved_view(VIEW))
    control.add_saved_view(_replace(VIEW, is_shared=True, owner_id=2))
    _refused("name-taken", lambda: control.update_saved_view(_replace(mine, is_shared=True)))
    _refused("no-such-saved-view", lambda: control.update_saved_view(_replace(mine, id=99)))
    assert control.saved_view(mine.id) == mine


def test_what_is_hostile_is_kept_as_it_is(control: ControlStore) -> None:
    texts = [text for text in HOSTILE if "\x00" not in text]  # which no query string has
    for number, text in enumerate(texts):
        name = f"{number} {text}."[:80]
        kept = control.add_saved_view(_replace(VIEW, name=name, query=text, is_shared=True))
        assert control.saved_view(kept.id) == kept
        assert control.shared_view(name) == kept


def test_a_page_begins_with_one_view_of_each_person(control: ControlStore) -> None:
    one, two = control.add_saved_view(VIEW), control.add_saved_view(_replace(VIEW, name="b"))
    control.set_default_view(1, "transactions", one.id)
    control.set_default_view(1, "transactions", two.id)
    control.set_default_view(1, "map", one.id)
    control.set_default_view(2, "map", one.id)
    assert control.default_views(1) == {"transactions": two.id, "map": one.id}
    control.set_default_view(1, "transactions", None)
    control.set_default_view(1, "transactions", None)
    assert control.default_views(1) == {"map": one.id}
    control.remove_saved_view(one.id)
    control.remove_saved_view(one.id)
    assert (control.default_views(1), control.default_views(2)) == ({}, {})


def test_with_a_person_goes_what_was_theirs_alone(control: ControlStore) -> None:
    _person(control, "root")
    ann = _person(control, "ann")
    control.add_saved_view(_replace(VIEW, owner_id=ann.id))
    shared = control.add_saved_view(_replace(VIEW, owner_id=ann.id, is_shared=True))
    control.set_default_view(ann.id, "map", shared.id)
    control.remove_person(ann.id)
    assert list(control.saved_views()) == [_replace(shared, owner_id=None)]
    assert control.default_views(ann.id) == {}


def test_views_of_another_process_are_seen(control: ControlStore, url: str) -> None:
    control.add_saved_view(_replace(VIEW, is_shared=True))
    upgrade_control(url)
    other = open_control(url)
    try:
        assert other.shared_view("Shop") is not None
    finally:
        other.close()
