"""How fast guessing can be."""

from contextlib import suppress

import pytest

from bartizan.accounts.invitations import Invitations
from bartizan.accounts.login import LoggedIn, LoginDesk, TryLater, Visitor
from bartizan.accounts.setup import SetupDesk
from bartizan.accounts.throttle import Throttle
from bartizan.accounts.trail import Trail
from bartizan.domain.errors import Refused
from bartizan.domain.person import Role

_PASSWORD = "a long enough sentence"
_HOME = Visitor(peer_address="203.0.113.7", user_agent="Browser/1")
pytestmark = pytest.mark.promise("S10")


@pytest.fixture
def throttle(clock) -> Throttle:
    return Throttle(clock.monotonic)


def _guess(throttle, clock, seconds, account, address) -> int:
    """How many tries get through when somebody fails ten times a second."""
    through = 0
    for number in range(seconds * 10):
        name, origin = account(number), address(number)
        if throttle.admit(name, origin) == 0:
            throttle.failed(name, origin)
            through += 1
        clock.turn(0.1)
    return through


def test_one_account_from_anywhere_gets_at_most_ten_a_minute(throttle, clock):
    through = _guess(throttle, clock, 60, lambda _: "anna", lambda n: f"198.51.{n % 250}.{n % 199}")
    assert 4 <= through <= 10


def test_one_address_gets_at_most_thirty_a_minute_for_all_accounts(throttle, clock):
    through = _guess(throttle, clock, 60, lambda n: f"name-{n}", lambda _: "198.51.100.1")
    assert through == 30


def test_addresses_of_one_ipv6_customer_count_as_one(throttle, clock):
    through = _guess(throttle, clock, 60, lambda n: f"name-{n}", lambda n: f"2001:db8::{n:x}")
    assert through == 30


def test_the_delay_grows_with_each_failure_and_is_bounded(throttle, clock):
    waits = []
    for number in range(20):
        wait_s = throttle.admit("anna", f"198.51.100.{number}")
        waits.append(round(wait_s, 1))
        clock.turn(wait_s)
        if wait_s:
            assert throttle.admit("anna", f"198.51.100.{number}") == 0
        throttle.failed("anna", f"198.51.100.{number}")
    assert waits[:3] == [0, 0, 0]
    assert waits[3:8] == [1, 2, 4, 8, 16]
    assert max(waits) == 30


def test_nobody_is_locked_out_for_good(throttle, clock):
    _guess(throttle, clock, 600, lambda _: "anna", lambda n: f"198.51.{n % 250}.1")
    wait_s = throttle.admit("anna", "203.0.113.7")
    assert wait_s <= 30
    clock.turn(wait_s)
    assert throttle.admit("anna", "203.0.113.7") == 0


def test_an_address_the_owner_used_before_is_not_held_up_by_a_guesser(throttle, clock):
    assert throttle.admit("anna", "203.0.113.7") == 0
    throttle.succeeded("anna", "203.0.113.7")
    for _ in range(300):
        if throttle.admit("Anna", "198.51.100.1") == 0:
            throttle.failed("Anna", "198.51.100.1")
        clock.turn(0.1)
    assert throttle.admit("anna", "198.51.100.1") > 0
    assert throttle.admit("anna", "203.0.113.7") == 0


def test_a_quarter_of_an_hour_of_quiet_forgives(throttle, clock):
    _guess(throttle, clock, 60, lambda _: "anna", lambda _: "198.51.100.1")
    clock.turn(15 * 60 + 1)
    assert throttle.admit("anna", "198.51.100.1") == 0
    throttle.failed("anna", "198.51.100.1")
    assert throttle.admit("anna", "198.51.100.1") == 0


@pytest.fixture
def desk(people, control, sessions, throttle) -> LoginDesk:
    return LoginDesk(
        people,
        sessions,
        SetupDesk(control, people),
        throttle,
        invitations=Invitations(control),
        trail=Trail(control, keep_days=365),
    )


def test_the_right_password_opens_a_session(desk, people, sessions):
    people.add("anna", _PASSWORD, Role.VIEWER)
    outcome = desk.log_in("anna", _PASSWORD, _HOME)
    assert isinstance(outcome, LoggedIn)
    found = sessions.find(outcome.secret)
    assert found is not None
    assert found.session.peer_address == "203.0.113.7"


def test_a_wrong_name_and_a_wrong_password_are_refused_alike(desk, people):
    people.add("anna", _PASSWORD, Role.VIEWER)
    refusals = set()
    for name in ("anna", "nobody"):
        with pytest.raises(Refused) as refused:
            desk.log_in(name, "a wrong password", _HOME)
        refusals.add((refused.value.code, refused.value.message, refused.value.where))
    assert len(refusals) == 1


def test_after_too_many_tries_even_the_right_password_waits(desk, people, clock):
    people.add("anna", _PASSWORD, Role.VIEWER)
    for _ in range(3):
        with pytest.raises(Refused):
            desk.log_in("anna", "a wrong password", _HOME)
    outcome = desk.log_in("anna", _PASSWORD, _HOME)
    assert isinstance(outcome, TryLater)
    clock.turn(outcome.wait_s)
    assert isinstance(desk.log_in("anna", _PASSWORD, _HOME), LoggedIn)


def test_the_set_up_code_cannot_be_guessed_quickly(desk):
    outcomes = []
    for number in range(12):
        try:
            outcomes.append(desk.set_up(f"code-{number}", "anna", _PASSWORD, _HOME))
        except Refused as refused:
            assert refused.code == "wrong-code"  # noqa: PT017
    assert any(isinstance(outcome, TryLater) for outcome in outcomes)


@pytest.mark.promise("S10")
def test_nobody_elsewhere_keeps_the_owner_out_also_after_a_restart(
    people, control, sessions, desk, throttle
) -> None:
    """Where they logged in lately is known from the access trail, not only from memory."""
    people.add("owner", _PASSWORD, Role.ADMIN)
    home = Visitor(peer_address="192.0.2.10", user_agent="")
    assert isinstance(desk.log_in("owner", _PASSWORD, home), LoggedIn)
    restarted = LoginDesk(
        people,
        sessions,
        SetupDesk(control, people),
        Throttle(lambda: 1000.0),
        invitations=Invitations(control),
        trail=Trail(control, keep_days=365),
    )
    for number in range(10):
        guesser = Visitor(peer_address=f"198.51.100.{number}", user_agent="")
        with suppress(Refused):
            restarted.log_in("owner", "a guess", guesser)
    elsewhere = Visitor(peer_address="203.0.113.99", user_agent="")
    assert isinstance(restarted.log_in("owner", _PASSWORD, elsewhere), TryLater)
    assert isinstance(restarted.log_in("owner", _PASSWORD, home), LoggedIn)
