"""Whole transactions in the order of their ids, as another store can keep them.

A window of ids at a time, so that what is held does not depend on how many there are. The texts of
rules repeat by the thousand, so those met last are remembered instead of joined.
"""

from collections.abc import Iterable, Sequence
from typing import Any, Final

import msgspec
from sqlalchemy import Connection, select

from bartizan.domain.delivery import Record
from bartizan.domain.errors import Corrupt
from bartizan.domain.retention import Preserved
from bartizan.domain.transaction import (
    Anomaly,
    Category,
    Defect,
    Endpoint,
    Format,
    Request,
    Response,
    RuleMatch,
    Transaction,
    Zone,
)
from bartizan.domain.triage import NOTHING, Triage
from bartizan.kit.clock import from_us
from bartizan.store.compression import Compression
from bartizan.store.contract import KeptRecord, RecordPage
from bartizan.store.sql.entries import fetch_pieces, within
from bartizan.store.sql.rows import make_place
from bartizan.store.sql.tables import (
    preserved_transactions,
    raw_entries,
    removed_payloads,
    rule_matches,
    rule_texts,
    transactions,
)
from bartizan.store.sql.triage import fetch_triage

_t, _m, _x, _raw = transactions.c, rule_matches.c, rule_texts.c, raw_entries.c
_REMEMBERED_CHARACTERS: Final = 8_000_000
_removed, _preserved = removed_payloads.c, preserved_transactions.c
_NOT_ASKED: Final = {
    "at_us",
    "is_skewed",
    "client_bytes",
    "cell_latitude",
    "cell_longitude",
    "host_lower",
    "path",
}
_COLUMNS: Final = tuple(column for column in _t if column.name not in _NOT_ASKED)
_NO_DEFECT: Final = Defect(code="")

RuleText = tuple[Any, ...]


class KnownTexts:
    """Rule texts by key, a bounded number of characters of them. For one thread at a time."""

    def __init__(self) -> None:
        self._texts: dict[bytes, RuleText] = {}
        self._characters = 0

    def of(self, connection: Connection, keys: set[bytes]) -> dict[bytes, RuleText]:
        """Those of the keys that exist."""
        missing = sorted(keys - self._texts.keys())
        fresh: dict[bytes, RuleText] = {}
        if missing:
            query = select(rule_texts).where(_x.text_key.in_(missing))
            for values in connection.execute(query):
                fresh[bytes(values.text_key)] = _rule_text(values)
        found = {key: self._texts[key] for key in keys & self._texts.keys()} | fresh
        self._remember(fresh)
        return found

    def _remember(self, fresh: dict[bytes, RuleText]) -> None:
        length = sum(_length(rule) for rule in fresh.values())
        if self._characters + length > _REMEMBERED_CHARACTERS:
            self._texts, self._characters = {}, 0
        if length <= _REMEMBERED_CHARACTERS:
            self._texts |= fresh
            self._characters += length


def fetch_records(
    connection: Connection,
    compression: Compression,
    texts: KnownTexts,
    *,
    after_id: int,
    until_id: int | None,
    limit: int,
) -> RecordPage:
    is_asked = [_t.id > after_id]
    if until_id is not None:
        is_asked.append(_t.id <= until_id)
    window = select(_t.id, _t.size_bytes).where(*is_asked).order_by(_t.id).limit(limit)
    looked_at, position = within(connection.execute(window).all(), after_id)
    if not looked_at:
        return RecordPage(records=(), damaged=(), position=after_id)
    found = connection.execute(
        select(
            *_COLUMNS,
            _raw.data,
            _raw.more_pieces,
            _removed.removed_at_us,
            _preserved.preserved_at_us,
            _preserved.preserved_by,
            _preserved.reason,
        )
        .outerjoin(raw_entries, _raw.transaction_id == _t.id)
        .outerjoin(removed_payloads, _removed.transaction_id == _t.id)
        .outerjoin(preserved_transactions, _preserved.transaction_id == _t.id)
        .where(_t.id > after_id, _t.id <= position)
        .order_by(_t.id)
    ).all()
    pieces = fetch_pieces(connection, [values.id for values in found if values.more_pieces])
    matches = _fetch_matches(connection, texts, after_id, position)
    triage = fetch_triage(connection, [values.id for values in found])
    records: list[KeptRecord] = []
    damaged: list[int] = []
    for values in found:
        raw = None
        if values.data is not None:
            try:
                raw = compression.restore(b"".join((values.data, *pieces.get(values.id, ()))))
            except Corrupt:
                damaged.append(values.id)
        judged = triage.get(values.id, NOTHING)
        records.append(_kept(values, raw, matches.get(values.id, ()), judged))
    return RecordPage(records=tuple(records), damaged=tuple(damaged), position=position)


def _fetch_matches(
    connection: Connection, texts: KnownTexts, after_id: int, position: int
) -> dict[int, list[RuleMatch]]:
    found = connection.execute(
        select(
            _m.transaction_id, _m.rule_id, _m.text_key, _m.data, _m.target, _m.phase, _m.disruptive
        )
        .where(_m.transaction_id > after_id, _m.transaction_id <= position)
        .order_by(_m.transaction_id, _m.position)
    ).all()
    rules = texts.of(connection, {bytes(values.text_key) for values in found})
    matches: dict[int, list[RuleMatch]] = {}
    for number, rule_id, key, data, target, phase, disruptive in found:
        rule = rules.get(bytes(key))
        if rule is None:  # as in the other questions, which join; `store verify` tells of it
            continue
        message, tags, file, line, severity, version, revision, operator = rule
        matches.setdefault(number, []).append(
            RuleMatch(
                rule_id=rule_id,
                message=message,
                data=data,
                severity=severity,
                tags=tags,
                file=file,
                line=line,
                revision=revision,
                version=version,
                phase=phase,
                target=target,
                operator=operator,
                disruptive=bool(disruptive),
            )
        )
    return matches


def _rule_text(values: Any) -> RuleText:
    return (
        values.message,
        msgspec.json.decode(values.tags, type=tuple[str, ...]),
        values.file,
        values.line,
        values.severity,
        values.version,
        values.revision,
        values.operator,
    )


def _length(rule: RuleText) -> int:
    message, tags, file, _, _, version, revision, operator = rule
    texts: Iterable[str | None] = (message, file, version, revision, operator, *tags)
    return 100 + sum(len(text) for text in texts if text is not None)


def optional_bytes(value: Any) -> bytes | None:
    """Of a column that may be empty."""
    return None if value is None else bytes(value)


def _kept(
    values: Any, raw: bytes | None, matches: Sequence[RuleMatch], triage: Triage
) -> KeptRecord:
    occurred_us = values.occurred_at_us
    transaction = Transaction(
        format=Format(values.format),
        unique_id=values.unique_id,
        occurred_at=None if occurred_us is None else from_us(occurred_us),
        zone=Zone.ASSUMED if values.zone_assumed else Zone.STATED,
        client=Endpoint(address=values.client_address, port=values.client_port),
        request=Request(
            method=values.method,
            uri=values.uri,
            headers=() if values.host is None else (("Host", values.host),),
        ),
        response=Response(status=values.status),
        matches=tuple(matches),
        intercepted=None if values.intercepted is None else bool(values.intercepted),
        engine_mode=values.engine_mode,
        ruleset=values.ruleset,
        anomaly=None if values.score is None else Anomaly(inbound=values.score),
        defects=(_NO_DEFECT,) * values.defect_count,
        place=make_place(values),
        category=None if values.category is None else Category(values.category),
        severity=values.severity,
        verdict=values.verdict,
    )
    record = Record(
        sensor=values.sensor,
        received_at_us=values.received_at_us,
        digest=bytes(values.digest),
        raw=raw or b"",
        transaction=transaction,
        origin=values.origin,
        origin_offset=values.origin_offset,
        claimed_hash=values.claimed_hash,
        kept_digest=optional_bytes(values.kept_digest),
    )
    removed_us, preserved_us = values.removed_at_us, values.preserved_at_us
    return KeptRecord(
        id=values.id,
        record=record,
        size_bytes=values.size_bytes,
        has_payload=raw is not None,
        payload_removed_at=None if removed_us is None else from_us(removed_us),
        preserved=None
        if preserved_us is None
        else Preserved(at=from_us(preserved_us), by=values.preserved_by, reason=values.reason),
        triage=triage,
    )
