"""`SqlControlStore`: people, sessions, sensors and small state in SQL."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import Any, Final

from sqlalchemy import ColumnElement, Connection, Table, delete, func, insert, or_, select, update
from sqlalchemy.exc import IntegrityError

from bartizan.domain.errors import Refused
from bartizan.domain.person import Person, Role, Session, Source, Token
from bartizan.domain.retention import Hold, RetentionRun, RunCause
from bartizan.domain.saved_view import SavedView
from bartizan.domain.search import Search
from bartizan.domain.sensor import Sensor
from bartizan.domain.trail import Deed, Trace, TrailQuestion
from bartizan.kit.clock import to_us
from bartizan.store.sql import control_retention, control_tokens, control_trail, control_views
from bartizan.store.sql import control_tables as tables
from bartizan.store.sql.control_rows import (
    make_person,
    make_sensor,
    make_session,
    person_values,
    sensor_values,
    session_values,
)
from bartizan.store.sql.dialects import Dialect
from bartizan.store.sql.errors import translated

_sensors, _people, _sessions = tables.sensors.c, tables.people.c, tables.sessions.c
_state = tables.installation_state.c
_PEOPLE_LOCK: Final = "lock:people"
_HOLDS_LOCK: Final = "lock:holds"
_VOUCHED_FOR: Final = (Source.OIDC.value, Source.HEADER.value)


class SqlControlStore:
    """A `ControlStore` in SQLite, MySQL, MariaDB or PostgreSQL. The schema must be current."""

    def __init__(self, dialect: Dialect) -> None:
        self._dialect = dialect
        self._writer = dialect.write_engine()
        self._reader = dialect.read_engine()

    def sensors(self) -> Sequence[Sensor]:
        with self._reading() as connection:
            found = connection.execute(select(tables.sensors).order_by(_sensors.name))
            return tuple(make_sensor(values) for values in found)

    def add_sensor(self, sensor: Sensor) -> None:
        _check_name(sensor.name)
        with self._writing() as connection, _unique(sensor.name):
            connection.execute(insert(tables.sensors), sensor_values(sensor))

    def update_sensor(self, sensor: Sensor) -> None:
        values = sensor_values(sensor)
        with self._writing() as connection:
            self._require(connection, tables.sensors, "sensor", name=sensor.name)
            connection.execute(
                update(tables.sensors).where(_sensors.name == sensor.name).values(**values)
            )

    def remove_sensor(self, name: str) -> None:
        with self._writing() as connection:
            self._require(connection, tables.sensors, "sensor", name=name)
            connection.execute(delete(tables.sensors).where(_sensors.name == name))

    def people(self) -> Sequence[Person]:
        with self._reading() as connection:
            found = connection.execute(select(tables.people).order_by(_people.id))
            return tuple(make_person(values) for values in found)

    def person(self, name: str) -> Person | None:
        with self._reading() as connection:
            query = select(tables.people).where(_people.name == name)
            values = connection.execute(query).one_or_none()
            return None if values is None else make_person(values)

    def add_person(self, name: str, password_hash: str, role: Role, created_at: datetime) -> Person:
        _check_name(name)
        with self._writing() as connection, _unique(name):
            self._lock_people(connection)
            return _insert_person(connection, name, password_hash, role, created_at)

    def insert_person(self, person: Person) -> Person:
        _check_name(person.name)
        with self._writing() as connection, _unique(person.name):
            self._lock_people(connection)
            return _insert(connection, person)

    def add_first_person(self, name: str, password_hash: str, created_at: datetime) -> Person:
        _check_name(name)
        with self._writing() as connection:
            self._lock_people(connection)
            if connection.execute(select(func.count()).select_from(tables.people)).scalar_one():
                raise Refused("already-set-up", "somebody has set this installation up already")
            return _insert_person(connection, name, password_hash, Role.ADMIN, created_at)

    def update_person(self, person: Person, *, keeps_admin: bool = False) -> None:
        values = person_values(person)
        with self._writing() as connection, _unique(person.name):
            if keeps_admin:
                self._lock_people(connection)
            had_admin = keeps_admin and _has_admin(connection)
            self._require(connection, tables.people, "person", id=person.id)
            connection.execute(
                update(tables.people).where(_people.id == person.id).values(**values)
            )
            _require_admin(connection, had_admin=had_admin)

    def remove_person(self, person_id: int) -> None:
        with self._writing() as connection:
            self._lock_people(connection)
            had_admin = _has_admin(connection)
            self._require(connection, tables.people, "person", id=person_id)
            connection.execute(delete(tables.sessions).where(_sessions.person_id == person_id))
            control_tokens.remove_of(connection, person_id)
            control_views.remove_of(connection, person_id)
            connection.execute(delete(tables.people).where(_people.id == person_id))
            _require_admin(connection, had_admin=had_admin)

    def person_with_id(self, person_id: int) -> Person | None:
        return self._one_person(_people.id == person_id)

    def person_of_subject(self, subject: str) -> Person | None:
        return self._one_person(_people.subject == subject)

    def person_of_invite(self, digest: str) -> Person | None:
        return self._one_person(_people.invite_digest == digest)

    def note_login(self, person_id: int, at: datetime) -> None:
        with self._writing() as connection:
            connection.execute(
                update(tables.people).where(_people.id == person_id).values(seen_at_us=to_us(at))
            )

    def _one_person(self, condition: ColumnElement[bool]) -> Person | None:
        with self._reading() as connection:
            query = select(tables.people).where(condition).order_by(_people.id).limit(1)
            values = connection.execute(query).one_or_none()
            return None if values is None else make_person(values)

    def add_session(self, session: Session) -> None:
        with self._writing() as connection:
            connection.execute(insert(tables.sessions), session_values(session))

    def session(self, digest: str) -> tuple[Session, Person] | None:
        with self._reading() as connection:
            found = connection.execute(
                select(tables.sessions).where(_sessions.digest == digest)
            ).one_or_none()
            if found is None:
                return None
            owner = connection.execute(
                select(tables.people).where(_people.id == found.person_id)
            ).one_or_none()
            return None if owner is None else (make_session(found), make_person(owner))

    def touch_session(self, digest: str, seen_at: datetime) -> None:
        """No-op for a session that is gone."""
        with self._writing() as connection:
            connection.execute(
                update(tables.sessions)
                .where(_sessions.digest == digest)
                .values(seen_at_us=to_us(seen_at))
            )

    def sessions(self, person_id: int) -> Sequence[Session]:
        """The one used last comes first."""
        query = (
            select(tables.sessions)
            .where(_sessions.person_id == person_id)
            .order_by(_sessions.seen_at_us.desc(), _sessions.digest)
        )
        with self._reading() as connection:
            return tuple(make_session(values) for values in connection.execute(query))

    def all_sessions(self) -> Sequence[Session]:
        query = select(tables.sessions).order_by(_sessions.seen_at_us.desc(), _sessions.digest)
        with self._reading() as connection:
            return tuple(make_session(values) for values in connection.execute(query))

    def remove_session(self, digest: str) -> None:
        """No-op for a session that is gone."""
        with self._writing() as connection:
            connection.execute(delete(tables.sessions).where(_sessions.digest == digest))

    def remove_sessions(self, person_id: int) -> None:
        with self._writing() as connection:
            connection.execute(delete(tables.sessions).where(_sessions.person_id == person_id))

    def tokens(self) -> Sequence[Token]:
        with self._reading() as connection:
            return control_tokens.fetch_all(connection)

    def token(self, digest: str) -> tuple[Token, Person | None] | None:
        with self._reading() as connection:
            return control_tokens.fetch(connection, digest)

    def add_token(self, token: Token) -> Token:
        _check_name(token.name)
        with self._writing() as connection:
            return control_tokens.add(connection, token)

    def touch_token(self, token_id: int, used_at: datetime) -> None:
        with self._writing() as connection:
            control_tokens.touch(connection, token_id, used_at)

    def remove_token(self, token_id: int) -> None:
        with self._writing() as connection:
            control_tokens.remove(connection, token_id)

    def saved_views(self) -> Sequence[SavedView]:
        with self._reading() as connection:
            return control_views.fetch_all(connection)

    def saved_view(self, view_id: int) -> SavedView | None:
        with self._reading() as connection:
            return control_views.fetch(connection, view_id)

    def shared_view(self, name: str) -> SavedView | None:
        with self._reading() as connection:
            return control_views.fetch_shared(connection, name)

    def add_saved_view(self, view: SavedView) -> SavedView:
        _check_name(view.name)
        with self._writing() as connection, _unique(view.name):
            return control_views.add(connection, view)

    def update_saved_view(self, view: SavedView) -> None:
        _check_name(view.name)
        with self._writing() as connection, _unique(view.name):
            self._require(connection, tables.saved_views, "saved-view", id=view.id)
            control_views.replace(connection, view)

    def remove_saved_view(self, view_id: int) -> None:
        with self._writing() as connection:
            control_views.remove(connection, view_id)

    def default_views(self, person_id: int) -> dict[str, int]:
        with self._reading() as connection:
            return control_views.fetch_defaults(connection, person_id)

    def set_default_view(self, person_id: int, page: str, view_id: int | None) -> None:
        with self._writing() as connection:
            control_views.set_default(connection, person_id, page, view_id)

    def record(self, deeds: Sequence[Deed]) -> None:
        with self._writing() as connection:
            control_trail.append(connection, deeds)

    def trail(self, question: TrailQuestion, limit: int) -> Sequence[Trace]:
        with self._reading() as connection:
            return control_trail.fetch(connection, question, limit)

    def forget_trail(self, before: datetime, limit: int) -> int:
        with self._writing() as connection:
            return control_trail.forget(connection, before, limit)

    def state(self, key: str) -> str | None:
        query = select(_state.value).where(_state.name == key)
        with self._reading() as connection:
            return connection.execute(query).scalar_one_or_none()

    def set_state(self, key: str, value: str | None) -> None:
        """None removes it."""
        with self._writing() as connection:
            if value is None:
                connection.execute(delete(tables.installation_state).where(_state.name == key))
                return
            self._insert_missing_state(connection, key)
            connection.execute(
                update(tables.installation_state).where(_state.name == key).values(value=value)
            )

    def holds(self) -> Sequence[Hold]:
        with self._reading() as connection:
            return control_retention.fetch_holds(connection)

    def released_holds(self, limit: int) -> Sequence[Hold]:
        with self._reading() as connection:
            return control_retention.fetch_released_holds(connection, limit)

    def add_hold(
        self, name: str, search: Search, *, reason: str, added_at: datetime, added_by: str
    ) -> Hold:
        _check_name(name)
        hold = Hold(
            id=0, name=name, search=search, reason=reason, added_at=added_at, added_by=added_by
        )
        with self._writing() as connection:
            self._insert_missing_state(connection, _HOLDS_LOCK)
            return control_retention.add_hold(connection, hold)

    def release_hold(self, hold_id: int, *, released_at: datetime, released_by: str) -> Hold:
        with self._writing() as connection:
            return control_retention.release_hold(connection, hold_id, released_at, released_by)

    def take_lease(self, name: str, holder: str, *, now: datetime, until: datetime) -> bool:
        with self._writing() as connection:
            statement = str(insert(tables.leases).compile(dialect=connection.dialect))
            ending = self._dialect.insert_missing("name")
            connection.exec_driver_sql(f"{statement} {ending}", (name, "", 0))
            return control_retention.take_lease(connection, name, holder, now, until)

    def drop_lease(self, name: str, holder: str) -> None:
        with self._writing() as connection:
            control_retention.drop_lease(connection, name, holder)

    def add_retention_run(self, cause: RunCause, began_at: datetime) -> RetentionRun:
        with self._writing() as connection:
            return control_retention.add_run(connection, cause, began_at)

    def update_retention_run(self, run: RetentionRun) -> None:
        with self._writing() as connection:
            control_retention.update_run(connection, run)

    def retention_runs(self, limit: int) -> Sequence[RetentionRun]:
        with self._reading() as connection:
            return control_retention.fetch_runs(connection, limit)

    def close(self) -> None:
        self._writer.dispose()
        self._reader.dispose()

    @contextmanager
    def _reading(self) -> Iterator[Connection]:
        with translated(), self._reader.connect() as connection:
            yield connection

    @contextmanager
    def _writing(self) -> Iterator[Connection]:
        with translated(), self._writer.begin() as connection:
            yield connection

    def _lock_people(self, connection: Connection) -> None:
        """Hold a row's lock until the commit, so that "is there anybody?" stays answered."""
        self._insert_missing_state(connection, _PEOPLE_LOCK)
        locked = select(_state.name).where(_state.name == _PEOPLE_LOCK).with_for_update()
        connection.execute(locked).one()

    def _insert_missing_state(self, connection: Connection, key: str) -> None:
        statement = str(insert(tables.installation_state).compile(dialect=connection.dialect))
        ending = self._dialect.insert_missing("name")
        connection.exec_driver_sql(f"{statement} {ending}", (key, ""))

    @staticmethod
    def _require(connection: Connection, table: Table, kind: str, **key: Any) -> None:
        """Lock the row, or refuse: MySQL's row count of an UPDATE leaves out what was equal."""
        if connection.execute(select(table).filter_by(**key).with_for_update()).first() is None:
            raise Refused(f"no-such-{kind}", f"there is no such {kind}")


def _insert_person(
    connection: Connection, name: str, password_hash: str, role: Role, created_at: datetime
) -> Person:
    return _insert(
        connection,
        Person(id=0, name=name, password_hash=password_hash, role=role, created_at=created_at),
    )


def _insert(connection: Connection, person: Person) -> Person:
    result = connection.execute(insert(tables.people), person_values(person))
    (number,) = result.inserted_primary_key or (0,)
    values = connection.execute(select(tables.people).where(_people.id == number)).one()
    return make_person(values)


def _has_admin(connection: Connection) -> bool:
    """Somebody who can let others in, and can come in: an invitation is not enough."""
    able = select(_people.id).where(
        _people.role == Role.ADMIN.value,
        _people.is_enabled == 1,
        or_(_people.password_hash != "", _people.source.in_(_VOUCHED_FOR)),
    )
    return connection.execute(able.limit(1)).first() is not None


def _require_admin(connection: Connection, *, had_admin: bool) -> None:
    if had_admin and not _has_admin(connection):
        raise Refused("last-admin", "somebody must stay administrator")


def _check_name(name: str) -> None:
    if not 0 < len(name) <= tables.NAME_LENGTH:
        raise Refused("bad-name", f"a name has 1 to {tables.NAME_LENGTH} characters")


@contextmanager
def _unique(name: str) -> Iterator[None]:
    try:
        yield
    except IntegrityError as error:
        raise Refused("name-taken", "the name is taken", name) from error
