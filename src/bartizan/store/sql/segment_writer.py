"""Keeps the search index of `segments.py` in the transaction that changes the data.

A batch of some size is indexed at once. Small ones would make small segments, so their
transactions are noted as loose, which searches look through one by one, until there are enough for
a segment. What is replaced becomes loose too. Nothing is ever changed in a segment: where it tells
of a transaction that is gone or different by now, the search sees that in the transaction itself.
"""

from collections.abc import Mapping, Sequence
from operator import itemgetter
from typing import Any, Final

from sqlalchemy import Connection, Engine, bindparam, delete, func, insert, select

from bartizan.domain.transaction import RuleMatch
from bartizan.kit.ids import IdSource
from bartizan.store import limits
from bartizan.store.limits import big, cut
from bartizan.store.sql import tables
from bartizan.store.sql.dialects import ROWS, Dialect
from bartizan.store.sql.segments import SEGMENT, Indexed, Indexer, packed_ids

Values = tuple[Any, ...]
Matched = tuple[int | None, str | None]  # of one rule match: its rule's id, and its data
AT_ONCE: Final = 1000  # transactions of a batch that make a segment of their own
_t, _m = tables.transactions.c, tables.rule_matches.c
_segments, _loose = tables.search_segments, tables.search_loose
_COLUMNS: Final = (
    _t.id,
    _t.at_us,
    _t.sensor,
    _t.country,
    _t.category,
    _t.host_lower,
    _t.status,
    _t.format,
    _t.intercepted,
    _t.uri,
)
_NAMES: Final = tuple(column.name for column in tables.transactions.columns)
_PLACES: Final = tuple(_NAMES.index(column.name) for column in _COLUMNS)
# Names of the values that a segment tells of; `segment_search.py` asks for the same.
SENSOR, COUNTRY, CATEGORY, HOST = "sensor", "country", "category", "host"
STATUS, FORMAT, INTERCEPTED, RULE = "status", "format", "intercepted", "rule"
_FIELDS: Final = (SENSOR, COUNTRY, CATEGORY, HOST, STATUS, FORMAT, INTERCEPTED)


class SegmentWriter:
    """Writes the index of one database. For one thread at a time; callers hold the transaction."""

    def __init__(self, engine: Engine, dialect: Dialect | None = None) -> None:
        """Without a dialect nothing can be made loose."""
        self._ids = IdSource()
        self._indexer = Indexer()
        self._loose: int | None = None
        named = (tables.search_segments, tables.search_postings, tables.search_loose)
        self._insert = {
            table.name: str(insert(table).compile(dialect=engine.dialect)) for table in named
        }
        if dialect is not None:
            self._insert["search_loose"] += " " + dialect.insert_missing("transaction_id")

    def add(
        self,
        connection: Connection,
        rows: Sequence[Values],
        matches: Mapping[int, Sequence[Matched]],
    ) -> None:
        """Index rows of `transactions` that were just stored, with the matches of each id.

        In any order: what another store had may be kept under ids that do not ascend.
        """
        facts = sorted(
            [tuple([row[place] for place in _PLACES]) for row in rows], key=itemgetter(0)
        )
        if len(facts) < AT_ONCE:
            self.loosen(connection, [fact[0] for fact in facts])
            return
        for start in range(0, len(facts), SEGMENT):
            self._write(connection, facts[start : start + SEGMENT], matches)

    def loosen(self, connection: Connection, ids: Sequence[int]) -> None:
        """Have searches look at these; make a segment of the loose when there are enough."""
        if not ids:
            return
        self._send(connection, "search_loose", [(number,) for number in ids])
        if self._loose is None:
            counted = select(func.count()).select_from(_loose)
            self._loose = connection.execute(counted).scalar_one()
        else:
            self._loose += len(ids)
        if self._loose >= SEGMENT:
            self.bind(connection)
            self._loose = None

    def bind(self, connection: Connection) -> int:
        """Make a segment of the oldest that are loose; how many they were."""
        column = _loose.c.transaction_id
        oldest = select(column).order_by(column).limit(SEGMENT).with_for_update(skip_locked=True)
        ids = connection.execute(oldest).scalars().all()
        if ids:
            self.index(connection, ids)
            gone = delete(_loose).where(column == bindparam("this_id"))
            connection.execute(gone, [{"this_id": number} for number in ids])
        return len(ids)

    def index(self, connection: Connection, ids: Sequence[int]) -> None:
        """Make a segment of these stored transactions, of those that are still there."""
        query = select(*_COLUMNS).where(_t.id.in_(ids)).order_by(_t.id)
        facts = [tuple(row) for row in connection.execute(query)]
        matches: dict[int, list[Matched]] = {}
        fired = select(_m.transaction_id, _m.rule_id, _m.data).where(_m.transaction_id.in_(ids))
        for number, rule_id, data in connection.execute(fired):
            matches.setdefault(number, []).append((rule_id, data))
        if facts:
            self._write(connection, facts, matches)

    def _write(
        self,
        connection: Connection,
        facts: Sequence[Values],
        matches: Mapping[int, Sequence[Matched]],
    ) -> None:
        (number,) = self._ids.take(1)
        ids = [fact[0] for fact in facts]
        times = [fact[1] for fact in facts]
        indexed = [_indexed(fact, matches.get(fact[0], ())) for fact in facts]
        segment = (number, ids[0], ids[-1], min(times), max(times), packed_ids(ids))
        self._send(connection, "search_segments", [segment])
        postings = [(number, *row) for row in self._indexer.postings(indexed)]
        self._send(connection, "search_postings", postings)

    def _send(self, connection: Connection, table: str, rows: list[Values]) -> None:
        connection.exec_driver_sql(self._insert[table], rows, {ROWS: True})


def clean(connection: Connection) -> None:
    """Let go of segments of which no transaction is there any more."""
    there = (
        select(_t.id)
        .where(_t.id.between(_segments.c.first_id, _segments.c.last_id))
        .correlate(_segments)
        .exists()
    )
    gone = connection.execute(select(_segments.c.segment_id).where(~there)).scalars().all()
    for number in gone:
        for table in (tables.search_postings, _segments):
            connection.execute(delete(table).where(table.c.segment_id == number))


def matched(match: RuleMatch) -> Matched:
    """As it is kept."""
    return big(match.rule_id), cut(match.data, limits.DATA)


def _indexed(fact: Values, matches: Sequence[Matched]) -> Indexed:
    _, _, *values, uri = fact
    pairs = [
        (field, str(value))
        for field, value in zip(_FIELDS, values, strict=True)
        if value is not None
    ]
    pairs += [(RULE, str(rule_id)) for rule_id, _ in matches if rule_id is not None]
    texts = {uri, *(data for _, data in matches)}
    return Indexed(tuple(pairs), tuple(text for text in texts if text))
