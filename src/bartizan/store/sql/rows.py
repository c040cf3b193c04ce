"""From rows of the tables back to domain values."""

from collections.abc import Iterable, Sequence
from typing import Any, Final

import msgspec
from sqlalchemy import Connection, Select, select

from bartizan.domain.delivery import Row, TimeBasis
from bartizan.domain.transaction import Place, PlaceKind, RuleMatch
from bartizan.domain.triage import NOTHING, Triage
from bartizan.kit.clock import from_us
from bartizan.store.sql.tables import rule_matches, rule_texts, transactions
from bartizan.store.sql.triage import Shown, fetch_shown

_t = transactions.c
_m = rule_matches.c
_x = rule_texts.c
ROW_COLUMNS: Final = (
    _t.id,
    _t.sensor,
    _t.at_us,
    _t.received_at_us,
    _t.occurred_at_us,
    _t.zone_assumed,
    _t.is_skewed,
    _t.unique_id,
    _t.client_address,
    _t.client_port,
    _t.place_kind,
    _t.country,
    _t.city,
    _t.latitude,
    _t.longitude,
    _t.method,
    _t.host,
    _t.uri,
    _t.status,
    _t.category,
    _t.severity,
    _t.score,
    _t.intercepted,
    _t.verdict,
    _t.defect_count,
)
_MATCH_COLUMNS: Final = (
    _m.rule_id,
    _x.message,
    _m.data,
    _x.severity,
    _x.tags,
    _x.file,
    _x.line,
    _x.revision,
    _x.version,
    _m.phase,
    _m.target,
    _x.operator,
    _m.disruptive,
)


def fetch_rows(connection: Connection, query: Select[Any]) -> tuple[Row, ...]:
    """Run a query of ROW_COLUMNS and add each transaction's rule ids, and what people judged."""
    found = connection.execute(query).all()
    ids = [values.id for values in found]
    rule_ids, shown = _rule_ids(connection, ids), fetch_shown(connection, ids)
    return tuple(
        make_row(values, rule_ids.get(values.id, ()), shown.get(values.id, NOTHING))
        for values in found
    )


def _rule_ids(connection: Connection, ids: Sequence[int]) -> dict[int, tuple[int, ...]]:
    """In the order of the log, each once."""
    found: dict[int, dict[int, None]] = {}
    if ids:
        query = (
            select(_m.transaction_id, _m.rule_id)
            .where(_m.transaction_id.in_(ids), _m.rule_id.is_not(None))
            .order_by(_m.transaction_id, _m.position)
        )
        for transaction_id, rule_id in connection.execute(query):
            found.setdefault(transaction_id, {})[rule_id] = None
    return {transaction_id: tuple(rules) for transaction_id, rules in found.items()}


def make_row(values: Any, rule_ids: Iterable[int], shown: Shown | Triage = NOTHING) -> Row:
    return Row(
        id=values.id,
        sensor=values.sensor,
        at=from_us(values.at_us),
        received_at=from_us(values.received_at_us),
        is_skewed=bool(values.is_skewed) and values.occurred_at_us is not None,
        unique_id=values.unique_id,
        client_address=values.client_address,
        client_port=values.client_port,
        place_kind=values.place_kind,
        country=values.country,
        city=values.city,
        latitude=values.latitude,
        longitude=values.longitude,
        method=values.method,
        host=values.host,
        uri=values.uri,
        status=values.status,
        category=values.category,
        severity=values.severity,
        score=values.score,
        intercepted=None if values.intercepted is None else bool(values.intercepted),
        verdict=values.verdict,
        rule_ids=tuple(rule_ids),
        defect_count=values.defect_count,
        time_basis=_time_basis(values),
        state=shown.state,
        ignored_until=shown.ignored_until,
        labels=shown.labels,
    )


def _time_basis(values: Any) -> TimeBasis:
    if values.occurred_at_us is None:
        return TimeBasis.UNKNOWN
    return TimeBasis.ASSUMED if values.zone_assumed else TimeBasis.STATED


def fetch_matches(connection: Connection, transaction_id: int) -> tuple[RuleMatch, ...]:
    query = (
        select(*_MATCH_COLUMNS)
        .join(rule_texts, _x.text_key == _m.text_key)
        .where(_m.transaction_id == transaction_id)
        .order_by(_m.position)
    )
    return tuple(_match(values) for values in connection.execute(query))


def fetch_matches_of(
    connection: Connection, ids: Sequence[int]
) -> dict[int, tuple[RuleMatch, ...]]:
    """The matches of several transactions; those without any are left out."""
    query = (
        select(_m.transaction_id, *_MATCH_COLUMNS)
        .join(rule_texts, _x.text_key == _m.text_key)
        .where(_m.transaction_id.in_(ids))
        .order_by(_m.transaction_id, _m.position)
    )
    found: dict[int, list[RuleMatch]] = {}
    for values in connection.execute(query):
        found.setdefault(values.transaction_id, []).append(_match(values))
    return {transaction_id: tuple(matches) for transaction_id, matches in found.items()}


def _match(values: Any) -> RuleMatch:
    return RuleMatch(
        rule_id=values.rule_id,
        message=values.message,
        data=values.data,
        severity=values.severity,
        tags=msgspec.json.decode(values.tags, type=tuple[str, ...]),
        file=values.file,
        line=values.line,
        revision=values.revision,
        version=values.version,
        phase=values.phase,
        target=values.target,
        operator=values.operator,
        disruptive=bool(values.disruptive),
    )


def make_place(values: Any) -> Place | None:
    if values.place_kind is None:
        return None
    return Place(
        kind=PlaceKind(values.place_kind),
        country=values.country,
        city=values.city,
        latitude=values.latitude,
        longitude=values.longitude,
        source=values.place_source,
    )
