"""Tokens, as questions on one connection of the control store."""

from collections.abc import Sequence
from datetime import datetime

import msgspec
from sqlalchemy import Connection, delete, insert, select, update

from bartizan.domain.person import Person, Token
from bartizan.kit.clock import to_us
from bartizan.store.sql import control_tables as tables
from bartizan.store.sql.control_rows import make_person, make_token, token_values

_tokens, _people = tables.tokens.c, tables.people.c


def fetch_all(connection: Connection) -> Sequence[Token]:
    query = select(tables.tokens).order_by(_tokens.id.desc())
    return tuple(make_token(values) for values in connection.execute(query))


def fetch(connection: Connection, digest: str) -> tuple[Token, Person | None] | None:
    query = select(tables.tokens).where(_tokens.digest == digest)
    found = connection.execute(query).one_or_none()
    if found is None:
        return None
    token = make_token(found)
    if token.person_id is None:
        return token, None
    owner = select(tables.people).where(_people.id == token.person_id)
    values = connection.execute(owner).one_or_none()
    return None if values is None else (token, make_person(values))


def add(connection: Connection, token: Token) -> Token:
    result = connection.execute(insert(tables.tokens), token_values(token))
    (number,) = result.inserted_primary_key or (0,)
    return msgspec.structs.replace(token, id=number)


def touch(connection: Connection, token_id: int, used_at: datetime) -> None:
    connection.execute(
        update(tables.tokens).where(_tokens.id == token_id).values(used_at_us=to_us(used_at))
    )


def remove(connection: Connection, token_id: int) -> None:
    connection.execute(delete(tables.tokens).where(_tokens.id == token_id))


def remove_of(connection: Connection, person_id: int) -> None:
    connection.execute(delete(tables.tokens).where(_tokens.person_id == person_id))
