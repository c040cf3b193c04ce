"""People: who may use the console, and the passwords they prove it with.

Blocking, thread-safe. Checking a password takes 50 ms or more of a core: callers limit how many run
at once. A change of password, role or state ends the person's sessions at once.
"""

import re
from collections.abc import Callable, Sequence
from datetime import datetime
from functools import cache

import msgspec

from bartizan.accounts.passwords import hash_password, is_password
from bartizan.domain.errors import Refused
from bartizan.domain.person import Person, Role
from bartizan.kit import clock
from bartizan.kit.struct import Struct
from bartizan.store.control import ControlStore

MIN_PASSWORD = 10
MAX_PASSWORD = 1024
MAX_NAME = 100
_NAME = re.compile(r"[^\W_][\w.@+-]*( [\w.@+-]+)*")
# The most used passwords that are long enough to pass the rule on length.
_WORST_TEXT = """
    1234567890 12345678910 0123456789 0987654321 9876543210 1111111111 0000000000 1122334455
    123456789a 1234567891 a123456789 123123123123 1q2w3e4r5t 1qaz2wsx3edc q1w2e3r4t5 qwertyuiop
    qwerty12345 qwerty123456 qwertyuiop123 asdfghjkl123 password12 password123 password1234
    password12345 passwordpassword passw0rd123 p@ssw0rd123 iloveyou123 iloveyou12 administrator
    administrator1 admin12345 admin123456 adminadmin letmein123 letmein1234 welcome123 welcome1234
    changeme123 changeme1234 football123 baseball123 dragon1234 monkey1234 sunshine123 princess123
    superman123 trustno1trustno1 abcdefghij abcdefghijk abcd123456 abc123456789 qazwsxedcrfv
    zaq12wsxcde3 bartizan123 bartizanbartizan modsecurity modsecurity1 correcthorsebatterystaple
"""
_WORST = frozenset(_WORST_TEXT.split())


class Terms(Struct, frozen=True, kw_only=True):
    """What somebody may do and see; `scope` must be one that `query/scopes.py` can read."""

    role: Role
    scope: str = ""
    sees_payloads: bool | None = None


class PeopleDesk:
    """The `Refused` codes: `bad-name`, `weak-password`, `name-taken`, `no-such-person`,
    `admin-scope`, `last-admin`.
    """

    def __init__(self, control: ControlStore, now: Callable[[], datetime] = clock.now) -> None:
        self._control = control
        self._now = now
        self._nobodys_hash = _nobodys_hash()

    def people(self) -> Sequence[Person]:
        return self._control.people()

    def is_anybody(self) -> bool:
        return bool(self._control.people())

    def is_known(self, name: str) -> bool:
        return self._control.person(name) is not None

    def find(self, name: str) -> Person:
        person = self._control.person(name)
        if person is None:
            raise Refused("no-such-person", "there is nobody of this name", name)
        return person

    def find_by_id(self, person_id: int) -> Person:
        person = self._control.person_with_id(person_id)
        if person is None:
            raise Refused("no-such-person", "there is nobody with this id (any more)")
        return person

    def add(
        self,
        name: str,
        password: str,
        role: Role,
        scope: str = "",
        sees_payloads: bool | None = None,  # noqa: FBT001 - three-valued, as in `Terms`
    ) -> Person:
        check_name(name)
        check_password(name, password)
        terms = check_terms(Terms(role=role, scope=scope, sees_payloads=sees_payloads))
        return self._control.insert_person(
            Person(
                id=0,
                name=name,
                password_hash=hash_password(password),
                created_at=self._now(),
                **msgspec.structs.asdict(terms),
            )
        )

    def add_first(self, name: str, password: str) -> Person:
        """The first administrator; `Refused` (`already-set-up`) if anybody exists."""
        check_name(name)
        check_password(name, password)
        return self._control.add_first_person(name, hash_password(password), self._now())

    def set_password(self, name: str, password: str) -> None:
        person = self.find(name)
        check_password(name, password)
        self._replace(
            msgspec.structs.replace(
                person,
                password_hash=hash_password(password),
                invite_digest=None,
                invited_until=None,
            )
        )

    def set_role(self, name: str, role: Role) -> None:
        """A scope stays, but for administrators, who have none."""
        person = self.find(name)
        scope = "" if role is Role.ADMIN else person.scope
        self._replace(msgspec.structs.replace(person, role=role, scope=scope))

    def change(self, person: Person, terms: Terms) -> Person:
        """Sessions end only if something changes."""
        changed = msgspec.structs.replace(person, **msgspec.structs.asdict(check_terms(terms)))
        if changed != person:
            self._replace(changed)
        return changed

    def enable(self, name: str) -> None:
        self._replace(msgspec.structs.replace(self.find(name), is_enabled=True))

    def disable(self, name: str) -> None:
        self._replace(msgspec.structs.replace(self.find(name), is_enabled=False))

    def remove(self, person: Person) -> None:
        """With their sessions and tokens; what they did stays in the access trail."""
        self._control.remove_person(person.id)

    def authenticate(self, name: str, password: str) -> Person | None:
        """The enabled person of this name and password.

        An unknown name, a disabled person and a wrong password cost the same time and get the same
        answer, so that names cannot be found out.
        """
        person = self._control.person(name)
        known_hash = person.password_hash if person is not None else self._nobodys_hash
        is_right = is_password(known_hash, password)
        if person is None or not is_right or not person.is_enabled:
            return None
        return person

    def _replace(self, person: Person) -> None:
        """The sessions go last: one opened in between was opened with the old rights."""
        self._control.update_person(person, keeps_admin=True)
        self._control.remove_sessions(person.id)


@cache
def _nobodys_hash() -> str:
    """What the password of an unknown name is compared with; made once per process."""
    return hash_password("the password of nobody")


def check_terms(terms: Terms) -> Terms:
    if terms.role is Role.ADMIN and terms.scope:
        raise Refused("admin-scope", "an administrator sees everything", "scope")
    return terms


def check_name(name: str) -> None:
    """Letters, digits and `.@+-_`, words apart by single spaces; at most 100 characters."""
    if len(name) > MAX_NAME or not _NAME.fullmatch(name):
        raise Refused(
            "bad-name",
            "a name begins with a letter or digit and has letters, digits, . @ + - _ and spaces",
            "name",
        )


def check_password(name: str, password: str) -> None:
    """Length counts, composition does not (NIST SP 800-63B 3.1.1.2)."""
    if len(password) < MIN_PASSWORD:
        raise _weak(f"a password has at least {MIN_PASSWORD} characters")
    if len(password) > MAX_PASSWORD:
        raise _weak(f"a password has at most {MAX_PASSWORD} characters")
    folded = password.casefold()
    if folded in _WORST or len(set(folded)) < 4:
        raise _weak("this password is among the first that anybody would try")
    if (
        name.casefold() in (folded, folded[::-1])
        or folded.strip("0123456789!?.") == name.casefold()
    ):
        raise _weak("a password must not be the name")


def _weak(message: str) -> Refused:
    return Refused("weak-password", message, "password")
