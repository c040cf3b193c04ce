"""The first administrator: made by whoever can read what the service printed when it started.

There is no default password. While nobody exists, each start prints a fresh one-time code, whose
SHA-256 is kept in the control store, so that any console process can check it.
"""

import hashlib
import hmac
import secrets

from bartizan.accounts.people import PeopleDesk
from bartizan.domain.errors import Refused
from bartizan.domain.person import Person
from bartizan.store.control import ControlStore

_STATE = "setup-code-sha256"
_ALPHABET = "abcdefghjkmnpqrstuvwxyz23456789"  # nothing that is mistaken for something else
_GROUPS, _GROUP_LENGTH = 4, 4  # 16 of 31 characters: 79 bits


class SetupDesk:
    """Blocking, thread-safe."""

    def __init__(self, control: ControlStore, people: PeopleDesk) -> None:
        self._control = control
        self._people = people

    def is_open(self) -> bool:
        """Whether nobody exists yet."""
        return not self._people.is_anybody()

    def code_for_printing(self) -> str | None:
        """A fresh code, which makes older ones worthless; None when somebody exists."""
        if not self.is_open():
            return None
        code = "-".join(
            "".join(secrets.choice(_ALPHABET) for _ in range(_GROUP_LENGTH)) for _ in range(_GROUPS)
        )
        self._control.set_state(_STATE, _digest(code))
        return code

    def set_up(self, code: str, name: str, password: str) -> Person:
        """Add the first administrator.

        `Refused`: `already-set-up`, `wrong-code`, `bad-name`, `weak-password`. The code works once.
        """
        if not self.is_open():
            raise Refused("already-set-up", "an administrator exists already: log in")
        expected = self._control.state(_STATE)
        if expected is None or not hmac.compare_digest(expected, _digest(code)):
            raise Refused("wrong-code", "this is not the code that was printed at the last start")
        person = self._people.add_first(name, password)
        self._control.set_state(_STATE, None)
        return person


def _digest(code: str) -> str:
    """Of the code as a person may type it: case and separators do not count."""
    typed = "".join(letter for letter in code.lower() if letter.isalnum())
    return hashlib.sha256(typed.encode()).hexdigest()
