"""What the control store promises: people, sessions, sensors and small state of the installation.

Always SQL (`control_url`, a SQLite file by default), also when transactions live elsewhere.
Blocking calls; safe from several threads and processes. Raises `Unavailable`; `Refused` for a name
that is taken (code `name-taken`) or unknown (code `no-such-...`).
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from bartizan.domain.person import Person, Role, Session
from bartizan.domain.sensor import Sensor


class ControlStore(Protocol):
    def sensors(self) -> Sequence[Sensor]: ...

    def add_sensor(self, sensor: Sensor) -> None: ...

    def update_sensor(self, sensor: Sensor) -> None:
        """Replace the sensor of this name."""
        ...

    def remove_sensor(self, name: str) -> None: ...

    def people(self) -> Sequence[Person]: ...

    def person(self, name: str) -> Person | None: ...

    def add_person(
        self, name: str, password_hash: str, role: Role, created_at: datetime
    ) -> Person: ...

    def add_first_person(self, name: str, password_hash: str, created_at: datetime) -> Person:
        """Add the first administrator; `Refused` (code `already-set-up`) if anybody exists.

        Atomic: of two at once, one wins.
        """
        ...

    def update_person(self, person: Person) -> None: ...

    def add_session(self, session: Session) -> None: ...

    def session(self, digest: str) -> tuple[Session, Person] | None: ...

    def touch_session(self, digest: str, seen_at: datetime) -> None: ...

    def sessions(self, person_id: int) -> Sequence[Session]: ...

    def remove_session(self, digest: str) -> None: ...

    def remove_sessions(self, person_id: int) -> None: ...

    def state(self, key: str) -> str | None:
        """A small named value, such as the hash of the set-up code."""
        ...

    def set_state(self, key: str, value: str | None) -> None: ...

    def close(self) -> None: ...
