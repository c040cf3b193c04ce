"""What the control store promises: people and how they come in, sensors, the access trail, state.

Always SQL (`control_url`, a SQLite file by default), also when transactions live elsewhere.
Blocking calls; safe from several threads and processes. Raises `Unavailable`; `Refused` for a name
that is taken (code `name-taken`) or unknown (code `no-such-...`).
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from bartizan.domain.person import Person, Role, Session, Token
from bartizan.domain.retention import Hold, RetentionRun, RunCause
from bartizan.domain.saved_view import SavedView
from bartizan.domain.search import Search
from bartizan.domain.sensor import Sensor
from bartizan.domain.trail import Deed, Trace, TrailQuestion


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

    def insert_person(self, person: Person) -> Person:
        """As `add_person`, with everything that is said of them; `person.id` is given here."""
        ...

    def update_person(self, person: Person, *, keeps_admin: bool = False) -> None:
        """Replace the person of this id.

        With `keeps_admin`, `Refused` (code `last-admin`) if nobody could be administrator then.
        """
        ...

    def remove_person(self, person_id: int) -> None:
        """With their sessions, tokens and private views; `Refused` (`last-admin`) as above."""
        ...

    def person_with_id(self, person_id: int) -> Person | None: ...

    def person_of_subject(self, subject: str) -> Person | None: ...

    def person_of_invite(self, digest: str) -> Person | None: ...

    def note_login(self, person_id: int, at: datetime) -> None:
        """No-op for a person who is gone."""
        ...

    def add_session(self, session: Session) -> None: ...

    def session(self, digest: str) -> tuple[Session, Person] | None: ...

    def touch_session(self, digest: str, seen_at: datetime) -> None: ...

    def sessions(self, person_id: int) -> Sequence[Session]: ...

    def all_sessions(self) -> Sequence[Session]:
        """Everybody's; the one used last comes first."""
        ...

    def remove_session(self, digest: str) -> None: ...

    def remove_sessions(self, person_id: int) -> None: ...

    def tokens(self) -> Sequence[Token]:
        """Everybody's, the newest first."""
        ...

    def token(self, digest: str) -> tuple[Token, Person | None] | None:
        """The token with whose it is; None for one whose person is gone."""
        ...

    def add_token(self, token: Token) -> Token:
        """`token.id` is given here."""
        ...

    def touch_token(self, token_id: int, used_at: datetime) -> None:
        """No-op for a token that is gone."""
        ...

    def remove_token(self, token_id: int) -> None:
        """No-op for a token that is gone."""
        ...

    def saved_views(self) -> Sequence[SavedView]:
        """Everybody's, by name."""
        ...

    def saved_view(self, view_id: int) -> SavedView | None: ...

    def shared_view(self, name: str) -> SavedView | None:
        """The shared one that is called exactly so."""
        ...

    def add_saved_view(self, view: SavedView) -> SavedView:
        """`view.id` is given here. `Refused` (`name-taken`) if its owner has one of this name, or,
        of a shared one, anybody.
        """
        ...

    def update_saved_view(self, view: SavedView) -> None:
        """Replace the one of this id; `Refused` (`no-such-saved-view`, and as above)."""
        ...

    def remove_saved_view(self, view_id: int) -> None:
        """Nothing begins with it any more. No-op for one that is gone."""
        ...

    def default_views(self, person_id: int) -> dict[str, int]:
        """With which view each page begins for somebody."""
        ...

    def set_default_view(self, person_id: int, page: str, view_id: int | None) -> None: ...

    def record(self, deeds: Sequence[Deed]) -> None:
        """Append to the access trail, all of them or none."""
        ...

    def trail(self, question: TrailQuestion, limit: int) -> Sequence[Trace]:
        """What was recorded, the newest first."""
        ...

    def forget_trail(self, before: datetime, limit: int) -> int:
        """Remove what is older, at most `limit` entries of it; says how many went."""
        ...

    def state(self, key: str) -> str | None:
        """A small named value, such as the hash of the set-up code."""
        ...

    def set_state(self, key: str, value: str | None) -> None: ...

    def holds(self) -> Sequence[Hold]:
        """Those that are not released, by name."""
        ...

    def released_holds(self, limit: int) -> Sequence[Hold]:
        """The one released last comes first."""
        ...

    def add_hold(
        self, name: str, search: Search, *, reason: str, added_at: datetime, added_by: str
    ) -> Hold:
        """`Refused` (`name-taken`) while another one of this name is not released."""
        ...

    def release_hold(self, hold_id: int, *, released_at: datetime, released_by: str) -> Hold:
        """`Refused` (`no-such-hold`) unless it is there and not released."""
        ...

    def take_lease(self, name: str, holder: str, *, now: datetime, until: datetime) -> bool:
        """Whether `holder` alone has what is called `name` until then, unless it is gone before.

        Atomic, also between processes. Taking what one has already is to keep it longer.
        """
        ...

    def drop_lease(self, name: str, holder: str) -> None:
        """No-op for who does not have it."""
        ...

    def add_retention_run(self, cause: RunCause, began_at: datetime) -> RetentionRun:
        """A new run, `running`. Of runs long past only the newest few hundred are kept."""
        ...

    def update_retention_run(self, run: RetentionRun) -> None:
        """Replace the run of this id; no-op for one that is gone."""
        ...

    def retention_runs(self, limit: int) -> Sequence[RetentionRun]:
        """The newest first."""
        ...

    def close(self) -> None: ...
