"""People and their passwords."""

import statistics
import time

import pytest

from bartizan.accounts.people import check_name, check_password
from bartizan.domain.errors import Refused
from bartizan.domain.person import Role

_PASSWORD = "a long enough sentence"


@pytest.mark.parametrize(
    "password",
    [
        "short",
        "123456789",
        "1234567890",
        "PASSWORD123",
        "aaaaaaaaaaaaaa",
        "abababababab",
        "anna-maria-schmidt",
        "anna-maria-schmidt1!",
        "tdimhcs-airam-anna",
        "x" * 1025,
    ],
)
def test_a_weak_password_is_refused(password):
    with pytest.raises(Refused) as refused:
        check_password("anna-maria-schmidt", password)
    assert (refused.value.code, refused.value.where) == ("weak-password", "password")


@pytest.mark.parametrize("password", [_PASSWORD, "ünïcödé wörds", "tr0ub4dor&3x"])
def test_a_long_password_needs_nothing_else(password):
    check_password("anna", password)


@pytest.mark.parametrize(
    "name", ["", " anna", "anna ", "a\nb", "<b>anna</b>", "a" * 101, "anna  b", "-anna", "a\u202eb"]
)
def test_a_name_that_could_confuse_is_refused(name):
    with pytest.raises(Refused) as refused:
        check_name(name)
    assert refused.value.code == "bad-name"


@pytest.mark.parametrize("name", ["anna", "Jürgen Müller", "a.b@example.com", "o_1+x"])
def test_names_of_people_are_names(name):
    check_name(name)


def test_only_the_right_password_of_an_enabled_person_authenticates(people):
    people.add("anna", _PASSWORD, Role.VIEWER)
    found = people.authenticate("anna", _PASSWORD)
    assert found is not None
    assert (found.name, found.role) == ("anna", Role.VIEWER)
    assert people.authenticate("anna", _PASSWORD + " ") is None
    assert people.authenticate("nobody", _PASSWORD) is None
    people.disable("anna")
    assert people.authenticate("anna", _PASSWORD) is None
    people.enable("anna")
    assert people.authenticate("anna", _PASSWORD) is not None


def test_passwords_are_kept_as_argon2id(people):
    person = people.add("anna", _PASSWORD, Role.VIEWER)
    assert person.password_hash.startswith("$argon2id$")
    assert _PASSWORD not in person.password_hash


def test_a_name_is_taken_once(people):
    people.add("anna", _PASSWORD, Role.VIEWER)
    with pytest.raises(Refused) as refused:
        people.add("anna", _PASSWORD, Role.ADMIN)
    assert refused.value.code == "name-taken"


def test_changing_somebody_unknown_is_refused(people):
    for change in (
        lambda: people.set_password("nobody", _PASSWORD),
        lambda: people.set_role("nobody", Role.ADMIN),
        lambda: people.disable("nobody"),
    ):
        with pytest.raises(Refused) as refused:
            change()
        assert refused.value.code == "no-such-person"


@pytest.mark.promise("S10")
def test_an_unknown_name_takes_as_long_as_a_wrong_password(people):
    people.add("anna", _PASSWORD, Role.VIEWER)
    taken: dict[str, list[float]] = {"anna": [], "nobody": []}
    for _ in range(8):
        for name, times in taken.items():
            began = time.process_time()
            assert people.authenticate(name, "a wrong password") is None
            times.append(time.process_time() - began)
    known, unknown = (statistics.median(times) for times in taken.values())
    assert known > 0.02
    assert 0.6 < known / unknown < 1.7
