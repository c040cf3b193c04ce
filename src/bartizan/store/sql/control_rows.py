"""People, sessions, tokens and sensors to and from rows of the control tables."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import Row as SqlRow

from bartizan.domain.person import Person, Role, Session, Source, Token
from bartizan.domain.sensor import SecretKind, Sensor
from bartizan.kit.clock import from_us, to_us
from bartizan.store.sql.control_tables import LABEL_LENGTH, NAME_LENGTH, USER_AGENT_LENGTH


def sensor_values(sensor: Sensor) -> dict[str, Any]:
    return {
        "name": sensor.name,
        "secret_kind": sensor.secret_kind.value,
        "secret_hash": sensor.secret_hash,
        "label": sensor.label[:LABEL_LENGTH],
        "latitude": sensor.latitude,
        "longitude": sensor.longitude,
        "is_demo": int(sensor.is_demo),
        "is_enabled": int(sensor.is_enabled),
        "created_at_us": to_us(sensor.created_at),
        "rotated_at_us": None if sensor.rotated_at is None else to_us(sensor.rotated_at),
        "zone": sensor.zone,
        "allowed_sources": _listed(sensor.allowed_sources),
        "trusted_proxies": _listed(sensor.trusted_proxies),
    }


def make_sensor(values: SqlRow[Any]) -> Sensor:
    return Sensor(
        name=values.name,
        secret_kind=SecretKind(values.secret_kind),
        secret_hash=values.secret_hash,
        label=values.label,
        latitude=values.latitude,
        longitude=values.longitude,
        is_demo=bool(values.is_demo),
        is_enabled=bool(values.is_enabled),
        created_at=from_us(values.created_at_us),
        rotated_at=None if values.rotated_at_us is None else from_us(values.rotated_at_us),
        zone=values.zone,
        allowed_sources=_unlisted(values.allowed_sources),
        trusted_proxies=_unlisted(values.trusted_proxies),
    )


def _listed(networks: Sequence[str]) -> str | None:
    return msgspec.json.encode(networks).decode() if networks else None


def _unlisted(text: str | None) -> tuple[str, ...]:
    return () if text is None else msgspec.json.decode(text, type=tuple[str, ...])


def person_values(person: Person) -> dict[str, Any]:
    """All columns but the id."""
    return {
        "name": person.name,
        "password_hash": person.password_hash,
        "role": person.role.value,
        "is_enabled": int(person.is_enabled),
        "created_at_us": to_us(person.created_at),
        "scope": person.scope or None,
        "sees_payloads": None if person.sees_payloads is None else int(person.sees_payloads),
        "source": person.source.value,
        "subject": person.subject,
        "invite_digest": person.invite_digest,
        "invited_until_us": _us(person.invited_until),
        "seen_at_us": _us(person.seen_at),
    }


def make_person(values: SqlRow[Any]) -> Person:
    return Person(
        id=values.id,
        name=values.name,
        password_hash=values.password_hash,
        role=Role(values.role),
        is_enabled=bool(values.is_enabled),
        created_at=from_us(values.created_at_us),
        scope=values.scope or "",
        sees_payloads=None if values.sees_payloads is None else bool(values.sees_payloads),
        source=Source(values.source or Source.LOCAL),
        subject=values.subject,
        invite_digest=values.invite_digest,
        invited_until=_moment(values.invited_until_us),
        seen_at=_moment(values.seen_at_us),
    )


def _us(moment: datetime | None) -> int | None:
    return None if moment is None else to_us(moment)


def _moment(microseconds: int | None) -> datetime | None:
    return None if microseconds is None else from_us(microseconds)


def session_values(session: Session) -> dict[str, Any]:
    return {
        "digest": session.digest,
        "person_id": session.person_id,
        "created_at_us": to_us(session.created_at),
        "seen_at_us": to_us(session.seen_at),
        "peer_address": session.peer_address[:NAME_LENGTH],
        "user_agent": session.user_agent[:USER_AGENT_LENGTH],
        "source": session.source.value,
    }


def make_session(values: SqlRow[Any]) -> Session:
    return Session(
        digest=values.digest,
        person_id=values.person_id,
        created_at=from_us(values.created_at_us),
        seen_at=from_us(values.seen_at_us),
        peer_address=values.peer_address,
        user_agent=values.user_agent,
        source=Source(values.source or Source.LOCAL),
    )


def token_values(token: Token) -> dict[str, Any]:
    """All columns but the id."""
    return {
        "name": token.name[:NAME_LENGTH],
        "digest": token.digest,
        "person_id": token.person_id,
        "role": token.role.value,
        "scope": token.scope,
        "sees_payloads": None if token.sees_payloads is None else int(token.sees_payloads),
        "created_at_us": to_us(token.created_at),
        "created_by": token.created_by[:NAME_LENGTH],
        "until_us": _us(token.until),
        "used_at_us": _us(token.used_at),
    }


def make_token(values: SqlRow[Any]) -> Token:
    return Token(
        id=values.id,
        name=values.name,
        digest=values.digest,
        person_id=values.person_id,
        role=Role(values.role),
        scope=values.scope,
        sees_payloads=None if values.sees_payloads is None else bool(values.sees_payloads),
        created_at=from_us(values.created_at_us),
        created_by=values.created_by,
        until=_moment(values.until_us),
        used_at=_moment(values.used_at_us),
    )
