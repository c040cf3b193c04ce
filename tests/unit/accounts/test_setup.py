"""The first administrator."""

import pytest

from bartizan.accounts.setup import SetupDesk
from bartizan.domain.errors import Refused
from bartizan.domain.person import Role

_PASSWORD = "a long enough sentence"


@pytest.fixture
def desk(control, people) -> SetupDesk:
    return SetupDesk(control, people)


def _code(desk: SetupDesk) -> str:
    code = desk.code_for_printing()
    assert code is not None
    return code


def _refusal(desk: SetupDesk, code: str, name: str = "anna", password: str = _PASSWORD) -> str:
    with pytest.raises(Refused) as refused:
        desk.set_up(code, name, password)
    return refused.value.code


def test_the_printed_code_makes_the_first_administrator_once(desk, people):
    code = _code(desk)
    assert desk.is_open()
    assert desk.set_up(code, "anna", _PASSWORD).role is Role.ADMIN
    assert not desk.is_open()
    assert desk.code_for_printing() is None
    assert _refusal(desk, code, "berta") == "already-set-up"
    assert [person.name for person in people.people()] == ["anna"]


def test_a_code_may_be_typed_in_any_case_and_without_dashes(desk):
    assert desk.set_up(_code(desk).upper().replace("-", " "), "anna", _PASSWORD).name == "anna"


def test_a_wrong_code_is_refused(desk):
    assert _refusal(desk, "aaaa-bbbb-cccc-dddd") == "wrong-code"
    _code(desk)
    assert _refusal(desk, "") == "wrong-code"
    assert _refusal(desk, "aaaa-bbbb-cccc-dddd") == "wrong-code"


def test_each_start_makes_older_codes_worthless(desk):
    old = _code(desk)
    new = _code(desk)
    assert old != new
    assert _refusal(desk, old) == "wrong-code"
    desk.set_up(new, "anna", _PASSWORD)


def test_the_code_survives_a_password_that_is_refused(desk):
    code = _code(desk)
    assert _refusal(desk, code, password="short") == "weak-password"
    desk.set_up(code, "anna", _PASSWORD)


def test_the_code_is_kept_only_as_a_hash(desk, control):
    code = _code(desk)
    kept = control.state("setup-code-sha256")
    assert kept is not None
    assert code.replace("-", "") not in kept
    desk.set_up(code, "anna", _PASSWORD)
    assert control.state("setup-code-sha256") is None
