"""Saved views and defaults, as questions on one connection of the control store."""

from collections.abc import Sequence
from typing import Any, Final

import msgspec
from sqlalchemy import Connection, Row, delete, insert, select, update

from bartizan.domain.saved_view import SavedView
from bartizan.kit.clock import from_us, to_us
from bartizan.store.sql import control_tables as tables

_views, _defaults = tables.saved_views.c, tables.default_views.c
_SHARED: Final = "shared"


def fetch_all(connection: Connection) -> Sequence[SavedView]:
    query = select(tables.saved_views).order_by(_views.name, _views.id)
    return tuple(map(_view, connection.execute(query)))


def fetch(connection: Connection, view_id: int) -> SavedView | None:
    query = select(tables.saved_views).where(_views.id == view_id)
    values = connection.execute(query).one_or_none()
    return None if values is None else _view(values)


def fetch_shared(connection: Connection, name: str) -> SavedView | None:
    """Compared here too: what a database takes for the same name is not for every database."""
    query = select(tables.saved_views).where(_views.shelf == _SHARED, _views.name == name)
    found = (_view(values) for values in connection.execute(query))
    return next((view for view in found if view.name == name), None)


def add(connection: Connection, view: SavedView) -> SavedView:
    result = connection.execute(insert(tables.saved_views), _values(view))
    (number,) = result.inserted_primary_key or (0,)
    return msgspec.structs.replace(view, id=number)


def replace(connection: Connection, view: SavedView) -> None:
    """The row must be there."""
    connection.execute(
        update(tables.saved_views).where(_views.id == view.id).values(**_values(view))
    )


def remove(connection: Connection, view_id: int) -> None:
    connection.execute(delete(tables.default_views).where(_defaults.view_id == view_id))
    connection.execute(delete(tables.saved_views).where(_views.id == view_id))


def remove_of(connection: Connection, person_id: int) -> None:
    """What somebody had to themselves; what they shared stays, and is nobody's."""
    connection.execute(delete(tables.default_views).where(_defaults.person_id == person_id))
    is_theirs = _views.owner_id == person_id
    connection.execute(delete(tables.saved_views).where(is_theirs, _views.is_shared == 0))
    connection.execute(update(tables.saved_views).where(is_theirs).values(owner_id=None))


def fetch_defaults(connection: Connection, person_id: int) -> dict[str, int]:
    query = select(_defaults.page, _defaults.view_id).where(_defaults.person_id == person_id)
    return {values.page: values.view_id for values in connection.execute(query)}


def set_default(connection: Connection, person_id: int, page: str, view_id: int | None) -> None:
    mine = (_defaults.person_id == person_id, _defaults.page == page)
    connection.execute(delete(tables.default_views).where(*mine))
    if view_id is not None:
        values = {"person_id": person_id, "page": page, "view_id": view_id}
        connection.execute(insert(tables.default_views), values)


def _values(view: SavedView) -> dict[str, Any]:
    """All columns but the id."""
    return {
        "shelf": _SHARED if view.is_shared else f"person {view.owner_id}",
        "name": view.name,
        "page": view.page,
        "query": view.query,
        "is_shared": int(view.is_shared),
        "owner_id": view.owner_id,
        "made_by": view.made_by[: tables.NAME_LENGTH],
        "made_at_us": to_us(view.made_at),
        "changed_by": view.changed_by[: tables.NAME_LENGTH],
        "changed_at_us": to_us(view.changed_at),
        "scope": view.within,
    }


def _view(values: Row[Any]) -> SavedView:
    return SavedView(
        id=values.id,
        name=values.name,
        page=values.page,
        query=values.query,
        is_shared=bool(values.is_shared),
        owner_id=values.owner_id,
        made_by=values.made_by,
        made_at=from_us(values.made_at_us),
        changed_by=values.changed_by,
        changed_at=from_us(values.changed_at_us),
        within=values.scope,
    )
