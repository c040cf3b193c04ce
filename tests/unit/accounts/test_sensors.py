"""Registering sensors, and checking what they send as credentials."""

import asyncio
import stat
import time
from datetime import UTC, datetime

import pytest

from bartizan.accounts.credentials import SensorCredentials
from bartizan.accounts.memory import CredentialMemory
from bartizan.accounts.sensors import SensorBook
from bartizan.accounts.snapshot import publish, read_snapshot
from bartizan.domain.errors import Corrupt, Refused, Unavailable
from bartizan.domain.sensor import SecretKind

MOMENT = datetime(2026, 11, 23, 8, tzinfo=UTC)


@pytest.fixture
def book(control):
    return SensorBook(control, lambda: MOMENT)


class Monotonic:
    """A clock that a test moves."""

    def __init__(self):
        self.value = 100.0

    def __call__(self):
        return self.value


class Door:
    """Credentials over a published snapshot, asked from outside an event loop."""

    def __init__(self, control, file, **capacities):
        self.control, self.file = control, file
        self.clock = Monotonic()
        self.credentials = SensorCredentials(file, monotonic=self.clock, **capacities)

    def publish(self):
        publish(self.control, self.file)
        self.clock.value += 1.1

    def opens(self, name, password):
        sensor = asyncio.run(self.credentials.verify(name.encode(), password.encode()))
        return sensor is not None


@pytest.fixture
def door(control, tmp_path):
    door = Door(control, tmp_path / "sensors.json")
    yield door
    door.credentials.close()


def test_a_generated_secret_has_256_bits_and_is_kept_as_sha256(book):
    sensor, secret = book.add("shop-1")
    assert len(secret) == 43
    assert sensor.secret_kind is SecretKind.SHA256
    assert secret not in repr(book.sensors())


def test_a_chosen_password_is_kept_as_argon2id(book):
    sensor, secret = book.add("admin", password="admin")
    assert secret == "admin"
    assert sensor.secret_kind is SecretKind.ARGON2ID
    assert sensor.secret_hash.startswith("$argon2id$v=19$m=65536,t=3,p=1$")


@pytest.mark.parametrize(
    "name",
    ["", "a:b", "a b", "a\nb", "a\x7f", "\u00e4", "-rf", ".hidden", "x" * 65, "a/b", "a\x00"],
)
def test_a_name_that_basic_credentials_or_a_log_could_not_carry_is_refused(book, name):
    with pytest.raises(Refused) as refusal:
        book.add(name)
    assert refusal.value.code == "bad-name"


@pytest.mark.parametrize("name", ["a", "admin", "shop-1.example", "a_b@c", "x" * 64, "7"])
def test_ordinary_names_are_taken(book, name):
    assert book.add(name)[0].name == name


@pytest.mark.parametrize("password", ["", "a\nb", "a\x00", "x" * 1025])
def test_a_password_that_no_header_could_carry_is_refused(book, password):
    with pytest.raises(Refused) as refusal:
        book.add("a", password=password)
    assert refusal.value.code == "bad-password"


@pytest.mark.parametrize("position", [(91.0, 0.0), (0.0, 181.0), (1.0, None), (None, 1.0)])
def test_a_position_off_the_globe_is_refused(book, position):
    with pytest.raises(Refused) as refusal:
        book.add("a", latitude=position[0], longitude=position[1])
    assert refusal.value.code == "bad-position"


def test_a_name_that_is_taken_or_unknown_is_refused(book):
    book.add("a")
    with pytest.raises(Refused):
        book.add("a")
    with pytest.raises(Refused) as refusal:
        book.rotate("b")
    assert refusal.value.code == "no-such-sensor"


@pytest.mark.parametrize("password", [None, "swordfish:with:colons"])
def test_the_right_secret_opens_and_any_other_does_not(book, door, password):
    _, secret = book.add("a", password=password)
    book.add("other", password="other")
    door.publish()
    for _ in range(2):  # the second time from memory
        assert door.opens("a", secret)
        assert not door.opens("a", secret + "x")
        assert not door.opens("a", "")
        assert not door.opens("other", secret)
        assert not door.opens("nobody", secret)


def test_the_hash_itself_opens_nothing(book, door):
    sensor, _ = book.add("a")
    chosen, _ = book.add("b", password="b")
    door.publish()
    assert not door.opens("a", sensor.secret_hash)
    assert not door.opens("b", chosen.secret_hash)


@pytest.mark.parametrize("password", [None, "first"])
def test_rotating_shuts_out_the_old_secret_even_if_it_was_remembered(book, door, password):
    _, old = book.add("a", password=password)
    door.publish()
    assert door.opens("a", old)
    rotated, new = book.rotate("a", password=password and "second")
    door.publish()
    assert not door.opens("a", old)
    assert door.opens("a", new)
    assert rotated.rotated_at == MOMENT


def test_a_refusal_is_forgotten_when_the_secret_becomes_that_password(book, door):
    book.add("a", password="first")
    door.publish()
    assert not door.opens("a", "second")
    book.rotate("a", password="second")
    door.publish()
    assert door.opens("a", "second")


def test_a_disabled_sensor_is_refused_until_it_is_enabled(book, door):
    _, secret = book.add("a", password="pw")
    door.publish()
    assert door.opens("a", secret)
    book.disable("a")
    door.publish()
    assert not door.opens("a", secret)
    book.enable("a")
    door.publish()
    assert door.opens("a", secret)


def test_without_a_snapshot_there_are_no_sensors_and_it_is_noticed_when_it_comes(book, door):
    _, secret = book.add("a")
    assert not door.opens("a", secret)
    door.publish()
    assert door.opens("a", secret)


@pytest.mark.promise("R6")
def test_authentication_needs_the_snapshot_only(book, door, control):
    _, secret = book.add("a")
    door.publish()
    control.close()
    (door.file.parent / "control.sqlite").unlink()
    assert door.opens("a", secret)


def test_the_snapshot_is_looked_at_once_a_second_at_most(book, door):
    _, secret = book.add("a")
    door.publish()
    assert door.opens("a", secret)
    book.disable("a")
    publish(door.control, door.file)
    assert door.opens("a", secret)
    door.clock.value += 1.1
    assert not door.opens("a", secret)


def test_a_snapshot_that_cannot_be_read_leaves_what_was_known(book, door):
    _, secret = book.add("a")
    door.publish()
    assert door.opens("a", secret)
    door.file.write_bytes(b'{"version": 1, "sensors": [{"na')
    door.clock.value += 1.1
    assert door.opens("a", secret)


@pytest.mark.promise("S15")
def test_the_snapshot_is_for_its_owner_only_and_is_not_rewritten_in_vain(book, control, tmp_path):
    _, secret = book.add("a")
    file = tmp_path / "spool" / "sensors.json"
    assert publish(control, file)
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert stat.S_IMODE(file.parent.stat().st_mode) == 0o700
    assert not publish(control, file)
    assert secret.encode() not in file.read_bytes()
    assert [path.name for path in file.parent.iterdir()] == ["sensors.json"]
    assert [sensor.name for sensor in read_snapshot(file)] == ["a"]


def test_a_snapshot_that_cannot_be_written_is_tried_again_later(book, control, tmp_path):
    (tmp_path / "spool").write_bytes(b"a file in the way")
    with pytest.raises(Unavailable) as refusal:
        publish(control, tmp_path / "spool" / "sensors.json")
    assert refusal.value.code == "snapshot-failed"


def test_a_snapshot_of_another_version_is_corrupt(tmp_path):
    file = tmp_path / "sensors.json"
    file.write_bytes(b'{"version": 2, "sensors": []}')
    with pytest.raises(Corrupt):
        read_snapshot(file)


@pytest.mark.promise("S10")
def test_ten_connections_that_start_together_pay_for_one_hash(book, door):
    book.add("a", password="pw")
    door.publish()

    async def together():
        return await asyncio.gather(*(door.credentials.verify(b"a", b"pw") for _ in range(10)))

    spent = time.process_time()
    assert all(asyncio.run(together()))
    assert time.process_time() - spent < 5 * _seconds_for_one_hash()


def _seconds_for_one_hash():
    from bartizan.accounts.passwords import hash_password

    started = time.process_time()
    hash_password("x")
    return time.process_time() - started


@pytest.mark.promise("S10")
def test_a_flood_of_wrong_passwords_hears_busy_and_those_verified_before_still_pass(book, door):
    book.add("a", password="pw")
    door.publish()

    async def flood():
        assert await door.credentials.verify(b"a", b"pw")
        guesses = [
            asyncio.ensure_future(door.credentials.verify(b"a", b"guess %d" % number))
            for number in range(70)
        ]
        await asyncio.sleep(0)
        assert await door.credentials.verify(b"a", b"pw")
        done, waiting = await asyncio.wait(guesses, return_when=asyncio.FIRST_EXCEPTION)
        for guess in waiting:
            guess.cancel()
        await asyncio.gather(*waiting, return_exceptions=True)
        return [guess.exception() for guess in done]

    refusals = [error for error in asyncio.run(flood()) if error is not None]
    assert refusals
    assert all(isinstance(error, Unavailable) and error.code == "login-busy" for error in refusals)


@pytest.mark.promise("S10")
@pytest.mark.parametrize("name", ["known", "unknown", "generated"])
def test_while_passwords_are_chosen_every_new_refusal_costs_a_hash(book, door, name):
    book.add("known", password="pw")
    book.add("generated")
    door.publish()
    door.opens(name, "to make the dummy hash")
    spent = time.process_time()
    assert not door.opens(name, "wrong")
    first = time.process_time() - spent
    spent = time.process_time()
    assert not door.opens(name, "wrong")
    assert first > 0.02 > time.process_time() - spent


def test_checks_are_cheap_when_they_pass_and_when_they_fail(book, door):
    _, secret = book.add("generated")
    book.add("chosen", password="pw")
    door.publish()
    pairs = [("generated", secret), ("chosen", "pw"), ("chosen", "wrong"), ("nobody", "pw")]

    async def check():
        for name, password in pairs * 500:
            await door.credentials.verify(name.encode(), password.encode())

    asyncio.run(check())
    spent = time.process_time()
    asyncio.run(check())
    assert (time.process_time() - spent) / 2000 < 0.0002


def test_the_memory_is_bounded_and_forgets_the_least_used():
    memory = CredentialMemory(2)
    keys = [memory.key(b"name", password) for password in (b"1", b"2", b"3")]
    memory.remember(keys[0], "hash")
    memory.remember(keys[1], "hash")
    assert memory.remembers(keys[0], "hash")
    memory.remember(keys[2], "hash")
    assert len(memory) == 2
    assert memory.remembers(keys[0], "hash")
    assert not memory.remembers(keys[1], "hash")
    assert not memory.remembers(keys[2], "another hash")
