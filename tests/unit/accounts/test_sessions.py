"""Sessions: each ends when it should, at once."""

import hashlib

import pytest

from bartizan.accounts.sessions import public_id
from bartizan.domain.person import Role

_PASSWORD = "a long enough sentence"
pytestmark = pytest.mark.promise("S11")


@pytest.fixture
def anna(people):
    return people.add("anna", _PASSWORD, Role.ANALYST)


@pytest.fixture
def log_in(sessions, anna):
    return lambda: sessions.open(anna, peer_address="203.0.113.7", user_agent="Browser/1")


def test_a_secret_is_256_bits_and_kept_only_as_a_hash(control, anna, log_in):
    secret = log_in()
    (session,) = control.sessions(anna.id)
    assert len(secret) == 43
    assert session.digest == hashlib.sha256(secret.encode()).hexdigest()
    assert (session.peer_address, session.user_agent) == ("203.0.113.7", "Browser/1")


def test_a_living_session_says_who_it_is(sessions, anna, log_in):
    found = sessions.find(log_in())
    assert found is not None
    assert (found.person.id, found.person.name) == (anna.id, anna.name)
    assert found.person.seen_at is not None


@pytest.mark.parametrize("secret", [None, "", "x", "x" * 43, "x" * 5000, "\u00e9" * 43])
def test_anything_else_is_nobody(sessions, log_in, secret):
    log_in()
    assert sessions.find(secret) is None


def test_half_an_hour_without_use_ends_it(sessions, clock, log_in, control, anna):
    secret = log_in()
    clock.turn(1799)
    assert sessions.find(secret) is not None
    clock.turn(1799)
    assert sessions.find(secret) is not None
    clock.turn(1800)
    assert sessions.find(secret) is None
    assert list(control.sessions(anna.id)) == []


def test_twelve_hours_end_it_however_busy(sessions, clock, log_in):
    secret = log_in()
    for _ in range(12 * 6 - 1):
        clock.turn(600)
        assert sessions.find(secret) is not None
    clock.turn(600)
    assert sessions.find(secret) is None


def test_a_log_out_ends_it(sessions, log_in):
    secret, other = log_in(), log_in()
    sessions.close(secret)
    sessions.close(secret)
    assert sessions.find(secret) is None
    assert sessions.find(other) is not None


@pytest.mark.parametrize(
    "change",
    [
        lambda people: people.set_password("anna", "another long sentence"),
        lambda people: people.set_role("anna", Role.VIEWER),
        lambda people: people.disable("anna"),
    ],
)
def test_a_change_of_password_role_or_state_ends_all(people, sessions, log_in, change):
    secrets = [log_in(), log_in()]
    change(people)
    assert [sessions.find(secret) for secret in secrets] == [None, None]


def test_people_see_and_end_only_their_own(people, sessions, anna, log_in):
    berta = people.add("berta", _PASSWORD, Role.ADMIN)
    mine, hers = log_in(), sessions.open(berta, peer_address="", user_agent="")
    (own,) = sessions.of(anna)
    (foreign,) = sessions.of(berta)
    assert not sessions.close_one(anna, public_id(foreign))
    assert sessions.find(hers) is not None
    assert sessions.close_one(anna, public_id(own))
    assert sessions.find(mine) is None


def test_the_id_of_a_session_does_not_give_its_digest_away(sessions, anna, log_in):
    log_in()
    (session,) = sessions.of(anna)
    assert public_id(session) not in session.digest


def test_dead_sessions_are_swept_at_the_next_log_in(sessions, clock, log_in, control, anna):
    log_in()
    clock.turn(3600)
    log_in()
    assert len(control.sessions(anna.id)) == 1
