"""The hot path: a batch of records into all tables, in one durable transaction.

Statements are compiled once; the driver's executemany gets plain tuples (per-row Core costs 2-3
times the CPU). Whether records are there already is looked up only where it is to be expected: in
the first batch, which a worker that was killed may have stored, and after a batch in which some
were. Else the unique index tells, and the batch is rolled back and begun again with a look.
"""

import threading
import time
from collections.abc import Iterable, Mapping, Sequence
from functools import partial
from types import MappingProxyType
from typing import Any, Final

from sqlalchemy import Connection, Engine, Table, bindparam, insert, select
from sqlalchemy.exc import DBAPIError

from bartizan.domain.delivery import Record
from bartizan.domain.errors import Unavailable
from bartizan.kit.ids import IdSource
from bartizan.store import limits
from bartizan.store.compression import Compression
from bartizan.store.contract import Appended, KeptRecord, Restored
from bartizan.store.sql import segment_writer, sensor_health, tables
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
from bartizan.store.sql.restore import as_they_are, mark_rows, placed
from bartizan.store.sql.rollups import Rollups
from bartizan.store.sql.rule_texts import RuleTexts
from bartizan.store.sql.segment_writer import SegmentWriter
from bartizan.store.sql.turn import Turn

Identity = tuple[str, bytes]
_ATTEMPTS: Final = 10
_LOOKUP: Final = 500
_CLEAN_EVERY_S: Final = 60.0
_PIECE_BYTES: Final = 1024 * 1024  # escaped twice as long, well within any max_allowed_packet
_SIZE: Final = [column.name for column in tables.transactions.columns].index("size_bytes")

_known_digests = select(tables.transactions.c.digest).where(
    tables.transactions.c.sensor == bindparam("sensor"),
    tables.transactions.c.digest.in_(bindparam("digests", expanding=True)),
)


class Appender:
    """Appends batches, one at a time."""

    def __init__(self, engine: Engine, dialect: Dialect, *, sql_parts: bool) -> None:
        self._engine = engine
        self._ids = IdSource()
        self._turn = Turn(engine)
        self._compression = Compression()
        self._sql_parts = sql_parts
        self._lock = threading.Lock()
        self._rule_texts = RuleTexts()
        self._rollups = Rollups(engine, dialect)
        self._segments = SegmentWriter(engine, dialect)
        self._expects_known = True
        self._expects_restored = True
        self._clean_at = 0.0
        self._insert = {
            table.name: str(insert(table).compile(dialect=engine.dialect))
            for table in tables.METADATA.sorted_tables
        }
        self._insert["rule_texts"] += " " + dialect.insert_missing("text_key")
        self._insert["sensor_activity"] += " " + dialect.keep_greatest(
            "sensor_activity", "sensor", "last_received_at_us"
        )
        for name, ending in sensor_health.endings(dialect).items():
            self._insert[name] += " " + ending

    def append(self, records: Sequence[Record]) -> Appended:
        """All or nothing; tried again at once when another writer was quicker with the same."""
        with self._lock, translated():
            for _ in range(_ATTEMPTS):
                try:
                    return self._append_once(records)
                except DBAPIError as error:
                    if not is_conflict(error):
                        raise
                    self._expects_known = True
        raise Unavailable("store-unavailable", "other writers were quicker, again and again")

    def _append_once(self, records: Sequence[Record]) -> Appended:
        with self._engine.begin() as connection:
            fresh = _each_once(records)
            greatest = self._turn.take(connection)
            if self._expects_known:  # from here on nobody else adds any
                _leave_out_known(connection, fresh)
            ids = self._ids.take(len(fresh), above=greatest) if fresh else range(0)
            numbered = list(zip(ids, fresh.values(), strict=True))
            new_rules = self._insert_all(connection, numbered)
            self._count(connection, list(fresh.values()))
        self._rule_texts.remember(new_rules)
        self._expects_known = len(fresh) < len(records)
        return Appended(ids=tuple(ids), duplicates=len(records) - len(fresh))

    def restore(self, records: Sequence[KeptRecord]) -> Restored:
        """As `append`, but under the ids given, and what sensors did is not counted again."""
        with self._lock, translated():
            for _ in range(_ATTEMPTS):
                try:
                    return self._restore_once(records)
                except DBAPIError as error:
                    if not is_conflict(error):
                        raise
                    self._expects_restored = True
        raise Unavailable("store-unavailable", "other writers were quicker, again and again")

    def _restore_once(self, records: Sequence[KeptRecord]) -> Restored:
        with self._engine.begin() as connection:
            greatest = self._turn.take(connection)
            if self._expects_restored:
                take = partial(self._ids.take, above=greatest)
                placement = placed(connection, records, take)
            else:
                placement = as_they_are(records)
            numbered = [(number, one.record) for number, one in placement.numbered]
            removed = {
                number: one.size_bytes for number, one in placement.numbered if not one.has_payload
            }
            new_rules = self._insert_all(connection, numbered, removed)
            for table, rows in mark_rows(placement.numbered):
                self._send(connection, table, rows)
            fresh = [record for _, record in numbered]
            self._send(connection, tables.sensor_activity, _activity(fresh))
            self._clean_if_due(connection, fresh)
        self._rule_texts.remember(new_rules)
        self._expects_restored = len(placement.numbered) < len(records)
        return Restored(
            stored=len(placement.numbered),
            present=placement.present,
            elsewhere=tuple(placement.elsewhere),
        )

    def _insert_all(
        self,
        connection: Connection,
        numbered: Sequence[tuple[int, Record]],
        removed: Mapping[int, int] = MappingProxyType({}),
    ) -> dict[Any, Values]:
        """`removed` are the sizes of entries that are not there any more, by id."""
        transaction_rows = [transaction_values(number, record) for number, record in numbered]
        for index, (number, _) in enumerate(numbered):
            if number in removed:
                values = transaction_rows[index]
                transaction_rows[index] = (*values[:_SIZE], removed[number], *values[_SIZE + 1 :])
        self._send(connection, tables.transactions, transaction_rows)
        new_rules: dict[Any, Values] = {}
        match_rows = [
            match_values(number, position, match, self._rule_texts.key(rule_text(match), new_rules))
            for number, record in numbered
            for position, match in enumerate(record.transaction.matches)
        ]
        self._send(connection, tables.rule_texts, sorted(new_rules.values()))
        self._send(connection, tables.rule_matches, match_rows)
        self._send_raw(connection, [one for one in numbered if one[0] not in removed])
        if self._sql_parts:
            self._send(
                connection,
                tables.transaction_parts,
                [part_values(number, record.parts) for number, record in numbered if record.parts],
            )
        self._segments.add(
            connection,
            transaction_rows,
            {
                number: list(map(segment_writer.matched, record.transaction.matches))
                for number, record in numbered
            },
        )
        # Last: two writers count in the same rows, and the second waits for the first's commit.
        self._rollups.add(connection, transaction_rows, fired(match_rows))
        return new_rules

    def _count(self, connection: Connection, fresh: Sequence[Record]) -> None:
        """What is told of sensors when they are heard, and not by restoring; all else is above."""
        for table, rows in sensor_health.rows(fresh):
            self._send(connection, table, rows)
        self._send(connection, tables.sensor_activity, _activity(fresh))
        self._clean_if_due(connection, fresh)

    def _clean_if_due(self, connection: Connection, fresh: Sequence[Record]) -> None:
        if fresh and time.monotonic() >= self._clean_at:
            self._clean_at = time.monotonic() + _CLEAN_EVERY_S
            newest_us = max(record.received_at_us for record in fresh)
            sensor_health.clean(connection, newest_us)
            self._rollups.clean(connection, newest_us)
            segment_writer.clean(connection)

    def _send_raw(self, connection: Connection, numbered: Iterable[tuple[int, Record]]) -> None:
        entries, pieces = raw_values(self._compression, numbered)
        self._send(connection, tables.raw_entries, entries)
        self._send(connection, tables.raw_pieces, pieces)

    def _send(self, connection: Connection, table: Table, rows: list[Values]) -> None:
        if rows:
            connection.exec_driver_sql(self._insert[table.name], rows, {ROWS: True})


def raw_values(
    compression: Compression, numbered: Iterable[tuple[int, Record]]
) -> tuple[list[Values], list[Values]]:
    """The rows of `raw_entries` and of `raw_pieces`."""
    entries: list[Values] = []
    pieces: list[Values] = []
    for number, record in numbered:
        frame = compression.compress(record.raw)
        more = range(_PIECE_BYTES, len(frame), _PIECE_BYTES)
        entries.append((number, frame[:_PIECE_BYTES], len(more)))
        pieces += [
            (number, position, frame[start : start + _PIECE_BYTES])
            for position, start in enumerate(more, 1)
        ]
    return entries, pieces


def _each_once(records: Sequence[Record]) -> dict[Identity, Record]:
    """The records by identity, in order."""
    by_identity: dict[Identity, Record] = {}
    for record in records:
        by_identity.setdefault((record.sensor[: limits.SENSOR], record.digest), record)
    return by_identity


def _leave_out_known(connection: Connection, by_identity: dict[Identity, Record]) -> None:
    """Remove those that are in the store."""
    by_sensor: dict[str, list[bytes]] = {}
    for sensor, digest in by_identity:
        by_sensor.setdefault(sensor, []).append(digest)
    for sensor, digests in by_sensor.items():
        for start in range(0, len(digests), _LOOKUP):
            some = digests[start : start + _LOOKUP]
            found = connection.execute(_known_digests, {"sensor": sensor, "digests": some})
            for (digest,) in found:
                del by_identity[sensor, bytes(digest)]


def _activity(records: Iterable[Record]) -> list[Values]:
    newest: dict[str, int] = {}
    for record in records:
        sensor = record.sensor[: limits.SENSOR]
        newest[sensor] = max(newest.get(sensor, record.received_at_us), record.received_at_us)
    return sorted(newest.items())
