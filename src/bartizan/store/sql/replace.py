"""Stored transactions made what today's decoders and enrichers say they are.

A batch is one transaction, with its rows locked from the first look to the commit, so it may run
beside workers and beside another of its kind. Only what differs is written.
"""

import threading
from collections.abc import Iterator, Sequence
from types import SimpleNamespace
from typing import Any, Final

from sqlalchemy import Connection, Engine, Row, Table, bindparam, delete, insert, select, update
from sqlalchemy.exc import DBAPIError

from bartizan.domain import delivery
from bartizan.domain.delivery import Record
from bartizan.domain.errors import Unavailable
from bartizan.domain.transaction import RuleMatch
from bartizan.kit.clock import from_us
from bartizan.store import limits
from bartizan.store.compression import Compression
from bartizan.store.contract import FieldChange, Replaced
from bartizan.store.sql import tables
from bartizan.store.sql.append import raw_values
from bartizan.store.sql.columns import (
    Values,
    fired,
    match_values,
    part_values,
    rule_text,
    transaction_values,
)
from bartizan.store.sql.dialects import ROWS, Dialect
from bartizan.store.sql.errors import is_conflict, translated
from bartizan.store.sql.rollups import Rollups, fetch_facts
from bartizan.store.sql.rows import fetch_matches_of, make_row
from bartizan.store.sql.rule_texts import RuleTexts
from bartizan.store.sql.segment_writer import SegmentWriter
from bartizan.store.sql.tables import PART_LETTERS

_ATTEMPTS: Final = 10
_t = tables.transactions
_COLUMNS: Final = tuple(column.name for column in _t.columns)
# What is of the entry or of its arrival; the rest is what was made of it.
_FIXED: Final = frozenset(
    (
        "id",
        "sensor",
        "digest",
        "received_at_us",
        "origin",
        "origin_offset",
        "claimed_hash",
    )
)
_MADE: Final = tuple(name for name in _COLUMNS if name not in _FIXED)
# Nobody is shown these, but searches use them.
_DERIVED: Final = ("client_bytes", "path", "host_lower", "cell_latitude", "cell_longitude")
_ROW_FIELDS: Final = tuple(
    name
    for name in delivery.Row.__struct_fields__
    if name not in ("id", "sensor", "received_at", "rule_ids")
)
_rewrite = (
    update(_t)
    .where(_t.c.id == bindparam("this_id"))
    .values({name: bindparam(f"new_{name}") for name in _MADE})
)


class Replacer:
    """Replaces batches, one at a time."""

    def __init__(self, engine: Engine, dialect: Dialect, *, sql_parts: bool) -> None:
        self._engine = engine
        self._sql_parts = sql_parts
        self._lock = threading.Lock()
        self._rule_texts = RuleTexts()
        self._rollups = Rollups(engine, dialect)
        self._segments = SegmentWriter(engine, dialect)
        self._compression = Compression()
        self._insert = {
            table.name: str(insert(table).compile(dialect=engine.dialect))
            for table in (
                tables.rule_texts,
                tables.rule_matches,
                tables.transaction_parts,
                tables.raw_entries,
                tables.raw_pieces,
            )
        }
        self._insert["rule_texts"] += " " + dialect.insert_missing("text_key")

    def replace(
        self, records: Sequence[tuple[int, Record]], *, is_rehearsal: bool
    ) -> tuple[Replaced, ...]:
        """All or nothing; tried again at once where another writer was in the way."""
        if not records:
            return ()
        with self._lock, translated():
            for _ in range(_ATTEMPTS):
                try:
                    return self._replace_once(dict(records), is_rehearsal=is_rehearsal)
                except DBAPIError as error:
                    if not is_conflict(error):
                        raise
        raise Unavailable("store-unavailable", "other writers were quicker, again and again")

    def _replace_once(
        self, records: dict[int, Record], *, is_rehearsal: bool
    ) -> tuple[Replaced, ...]:
        new_rules: dict[Any, Values] = {}
        with self._engine.begin() as connection:
            changes = list(self._changes(connection, records))
            if changes and not is_rehearsal:
                changed = {change.id: anew for change, anew in changes}
                self._write(connection, changed, records, new_rules)
                anew = [one.id for one, _ in changes if any(f.name == "entry" for f in one.fields)]
                self._write_entries(connection, anew, records)
        self._rule_texts.remember(new_rules)
        return tuple(change for change, _ in changes)

    def _changes(
        self, connection: Connection, records: dict[int, Record]
    ) -> Iterator[tuple[Replaced, dict[str, Any]]]:
        """What differs, with the whole new row of `transactions`."""
        ids = sorted(records)
        query = select(_t).where(_t.c.id.in_(ids)).order_by(_t.c.id).with_for_update()
        found = connection.execute(query).all()
        matches = fetch_matches_of(connection, ids)
        parts = self._parts(connection, ids) if self._sql_parts else {}
        with_entry = _with_entry(connection, records)
        for before in found:
            wanted = records[before.id].kept_digest
            is_anew = before.id in with_entry and wanted != _digest_of(before)
            record = _of_the_same_entry(before, records[before.id], is_anew=is_anew)
            anew = dict(zip(_COLUMNS, transaction_values(before.id, record), strict=True))
            if not is_anew:
                anew["size_bytes"] = before.size_bytes
            fields = [
                *_field_changes(before, anew),
                *_match_changes(matches.get(before.id, ()), record),
            ]
            if self._sql_parts:
                fields += _part_changes(parts.get(before.id), record)
            fields += _entry_changes(before, anew)
            if fields or any(getattr(before, name) != anew[name] for name in _DERIVED):
                yield Replaced(id=before.id, fields=tuple(fields)), anew

    def _write(
        self,
        connection: Connection,
        changed: dict[int, dict[str, Any]],
        records: dict[int, Record],
        new_rules: dict[Any, Values],
    ) -> None:
        ids = list(changed)
        before = fetch_facts(connection, ids)
        rows = [
            {"this_id": number, **{f"new_{name}": anew[name] for name in _MADE}}
            for number, anew in changed.items()
        ]
        connection.execute(_rewrite, rows)
        match_rows = [
            match_values(number, position, match, self._rule_texts.key(rule_text(match), new_rules))
            for number in ids
            for position, match in enumerate(records[number].transaction.matches)
        ]
        self._send(connection, tables.rule_texts, sorted(new_rules.values()))
        connection.execute(delete(tables.rule_matches).where(_of(tables.rule_matches, ids)))
        self._send(connection, tables.rule_matches, match_rows)
        if self._sql_parts:
            connection.execute(
                delete(tables.transaction_parts).where(_of(tables.transaction_parts, ids))
            )
            self._send(
                connection,
                tables.transaction_parts,
                [
                    part_values(number, records[number].parts)
                    for number in ids
                    if records[number].parts
                ],
            )

        self._segments.loosen(connection, ids)
        anew = [tuple(values.values()) for values in changed.values()]
        self._rollups.change(connection, before, anew, fired(match_rows))

    def _write_entries(
        self, connection: Connection, ids: Sequence[int], records: dict[int, Record]
    ) -> None:
        for table in (tables.raw_entries, tables.raw_pieces) if ids else ():
            connection.execute(delete(table).where(_of(table, ids)))
        entries, pieces = raw_values(
            self._compression, [(number, records[number]) for number in ids]
        )
        self._send(connection, tables.raw_entries, entries)
        self._send(connection, tables.raw_pieces, pieces)

    def _send(self, connection: Connection, table: Table, rows: list[Values]) -> None:
        if rows:
            connection.exec_driver_sql(self._insert[table.name], rows, {ROWS: True})

    def _parts(self, connection: Connection, ids: Sequence[int]) -> dict[int, Values]:
        table = tables.transaction_parts
        found = connection.execute(select(table).where(_of(table, ids)))
        return {values.transaction_id: tuple(values) for values in found}


def _of(table: Table, ids: Sequence[int]) -> Any:
    return table.c.transaction_id.in_(ids)


def _with_entry(connection: Connection, records: dict[int, Record]) -> frozenset[int]:
    """Those of which an entry is there that the record may want to be another one."""
    asked = [number for number, record in records.items() if record.kept_digest is not None]
    if not asked:
        return frozenset()
    query = select(tables.raw_entries.c.transaction_id).where(_of(tables.raw_entries, asked))
    return frozenset(connection.execute(query).scalars())


def _digest_of(values: Any) -> bytes:
    return bytes(values.digest if values.kept_digest is None else values.kept_digest)


def _of_the_same_entry(before: Row[Any], record: Record, *, is_anew: bool) -> Record:
    kept = before.kept_digest
    return Record(
        sensor=before.sensor,
        received_at_us=before.received_at_us,
        digest=before.digest,
        raw=record.raw,
        transaction=record.transaction,
        parts=record.parts,
        kept_digest=record.kept_digest if is_anew else None if kept is None else bytes(kept),
    )


def _entry_changes(before: Row[Any], anew: dict[str, Any]) -> Iterator[FieldChange]:
    old, new = _digest_of(before), _digest_of(SimpleNamespace(**anew))
    if old != new:
        yield FieldChange(name="entry", before=old.hex(), after=new.hex())


def _field_changes(before: Row[Any], anew: dict[str, Any]) -> Iterator[FieldChange]:
    old, new = _facts(before), _facts(SimpleNamespace(**anew))
    for name, value in old.items():
        if value != new[name]:
            yield FieldChange(name=name, before=value, after=new[name])


def _facts(values: Any) -> dict[str, Any]:
    row = make_row(values, ())
    facts = {name: getattr(row, name) for name in _ROW_FIELDS}
    occurred_us = values.occurred_at_us
    facts["occurred_at"] = None if occurred_us is None else from_us(occurred_us)
    facts["format"] = values.format
    facts["engine_mode"] = values.engine_mode
    facts["ruleset"] = values.ruleset
    facts["place_source"] = values.place_source
    return facts


def _match_changes(before: tuple[RuleMatch, ...], record: Record) -> Iterator[FieldChange]:
    after = tuple(map(limits.kept_match, record.transaction.matches))
    if after != before:
        yield FieldChange(name="matches", before=before, after=after)


def _part_changes(before: Values | None, record: Record) -> list[FieldChange]:
    after = part_values(0, record.parts)[1:]
    old = (None,) * len(PART_LETTERS) if before is None else before[1:]
    if old == after:
        return []
    return [FieldChange(name="parts", before=_letters(old), after=_letters(after))]


def _letters(parts: Values) -> str:
    return "".join(
        letter for letter, part in zip(PART_LETTERS, parts, strict=True) if part is not None
    )
