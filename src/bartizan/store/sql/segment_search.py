"""Pages and counts of searches that match little, by the search index (`segments.py`).

The newest rows are looked through first, by time: what is frequent fills a page there at once. For
the rest the index tells which transactions may match; each of them is then checked with the whole
search, so the index may tell too much, and never too little.
"""

import time
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Final

from sqlalchemy import Connection, select

from bartizan.domain.errors import Unavailable
from bartizan.domain.expression import (
    And,
    Contains,
    Expression,
    Field,
    Is,
    Matches,
)
from bartizan.domain.search import Search
from bartizan.kit.struct import Struct
from bartizan.store import limits
from bartizan.store.sql import segment_writer as written
from bartizan.store.sql import tables
from bartizan.store.sql.counts import Conditions
from bartizan.store.sql.dialects.contract import SEARCH_S
from bartizan.store.sql.segments import (
    Run,
    blocks_of,
    members,
    runs_of,
    unpacked,
    unpacked_ids,
    value_key,
)
from bartizan.store.times import search_us

Position = tuple[int, int]  # at_us, id
_NEWEST: Final = 1500  # rows that are looked through by time first
_FIRST_GROUP, _LAST_GROUP = 1, 256  # segments of one step
_CHECKED: Final = 1000  # ids of one statement
_t = tables.transactions.c
_segments, _postings = tables.search_segments.c, tables.search_postings.c
_VALUES: Final = {
    Field.SENSOR: written.SENSOR,
    Field.COUNTRY: written.COUNTRY,
    Field.CATEGORY: written.CATEGORY,
    Field.HOST: written.HOST,
    Field.STATUS: written.STATUS,
    Field.FORMAT: written.FORMAT,
    Field.BLOCKED: written.INTERCEPTED,
    Field.RULE: written.RULE,
}
# What the texts of a segment hold; the path is a part of the URI.
_TEXTS: Final = frozenset((Field.URI, Field.PATH, Field.DATA))
_SLOW: Final = Unavailable("search-too-slow", "the search took too long and was stopped")


class Wanted(Struct, frozen=True):
    """Of each, one key at least must occur in a block."""

    keys: tuple[Run, ...]


class Segment(Struct, frozen=True):
    number: int
    from_us: int
    until_us: int


def wanted(search: Search) -> tuple[Wanted, ...]:
    """What the index can tell of a search; empty if nothing."""
    return tuple(_wanted(search))


def _wanted(search: Search) -> Iterator[Wanted]:
    hosts = (host[: limits.HOST].lower()[: limits.HOST] for host in search.hosts)
    blocked = () if search.intercepted is None else (str(int(search.intercepted)),)
    values: tuple[tuple[str, Iterable[Any]], ...] = (
        (written.RULE, search.rule_ids),
        (written.HOST, hosts),
        (written.COUNTRY, search.countries),
        (written.STATUS, search.statuses),
        (written.CATEGORY, search.categories),
        (written.FORMAT, search.formats),
        (written.SENSOR, limits.cut_all(search.sensors, limits.SENSOR)),
        (written.INTERCEPTED, blocked),
    )
    for field, some in values:
        keys = tuple(Run(value_key(field, str(value)), None) for value in some)
        if keys:
            yield Wanted(keys)
    if search.text:
        yield from _all_of((search.text,))
    if len(search.paths) == 1:
        yield from _all_of(search.paths[0][: limits.PATH].split("*"))
    if search.expression is not None:
        yield from _of_expression(search.expression)


def _of_expression(expression: Expression) -> Iterator[Wanted]:
    """Of what must hold in any case; the rest is left to the check."""
    if isinstance(expression, And):
        for part in expression.parts:
            yield from _of_expression(part)
    elif isinstance(expression, Is) and expression.field in _VALUES:
        value = expression.value
        shown = str(int(value)) if isinstance(value, bool) else str(value)
        yield Wanted((Run(value_key(_VALUES[expression.field], shown), None),))
    elif isinstance(expression, Contains | Matches) and expression.field in _TEXTS:
        yield from _all_of(expression.pieces)


def _all_of(pieces: Iterable[str]) -> Iterator[Wanted]:
    """The longest of the pieces; it says enough."""
    for run in runs_of(max(pieces, key=len)):
        yield Wanted((run,))


class SegmentSearch:
    """One search in one read transaction. `conditions` are all of the search's."""

    def __init__(
        self,
        connection: Connection,
        search: Search,
        conditions: Conditions,
        *,
        within_s: float = SEARCH_S,
    ) -> None:
        self._connection = connection
        self._search = search
        self._conditions = conditions
        self._wanted = wanted(search)
        self._deadline = time.monotonic() + within_s

    def is_worth_it(self) -> bool:
        """Whether there is no index of the database that serves better."""
        search = self._search
        is_indexed = search.clients or search.networks or search.unique_id is not None
        return bool(self._wanted) and not is_indexed

    def newest_first(self, before: Position | None) -> int | None:
        """From which time on the newest rows are; None if the span has no more than these."""
        query = select(_t.at_us).order_by(_t.at_us.desc(), _t.id.desc())
        if before is not None:  # first, since of two bounds for one column SQLite uses the first
            query = query.where(_t.at_us <= before[0])
        if self._search.since is not None:
            query = query.where(_t.at_us >= search_us(self._search.since))
        if self._search.until is not None:
            query = query.where(_t.at_us < search_us(self._search.until))
        found: int | None = self._connection.execute(
            query.limit(1).offset(_NEWEST)
        ).scalar_one_or_none()
        return found

    def page(self, before: Position | None, limit: int) -> list[int]:
        """Ids of the newest that match and are older than `before`."""
        found: dict[int, int] = self._check(self._loose(), before)
        segments = self._overlapping(before)
        at, group = 0, _FIRST_GROUP
        while at < len(segments) and not _is_full(found, limit, segments[at]):
            self._find(found, segments[at : at + group], before, limit)
            at, group = at + group, min(group * 4, _LAST_GROUP)
        ordered = sorted(((at_us, number) for number, at_us in found.items()), reverse=True)
        return [number for _, number in ordered[:limit]]

    def _find(
        self, found: dict[int, int], some: Sequence[Segment], before: Position | None, limit: int
    ) -> None:
        """Add what matches in these segments, as far as is needed."""
        candidates = self._candidates(some)
        waiting: list[int] = []
        for segment in some:
            if len(waiting) >= _CHECKED:
                found |= self._check(waiting, before)
                waiting = []
                if _is_full(found, limit, segment):
                    return
            waiting += candidates.get(segment.number, ())
        found |= self._check(waiting, before)

    def ids(self, most: int) -> list[int] | None:
        """All that match; None if too many might, to be looked at one by one."""
        candidates = self._loose()
        segments = self._overlapping(None)
        for start in range(0, len(segments), _LAST_GROUP):
            told = self._candidates(segments[start : start + _LAST_GROUP])
            candidates += [number for ids in told.values() for number in ids]
            if len(candidates) > most:
                return None
        return sorted(self._check(candidates, None))

    def _loose(self) -> list[int]:
        query = select(tables.search_loose.c.transaction_id)
        return list(self._connection.execute(query).scalars())

    def _overlapping(self, before: Position | None) -> list[Segment]:
        """Segments of the span, the newest first."""
        query = select(_segments.segment_id, _segments.from_us, _segments.until_us)
        search = self._search
        if search.since is not None:
            query = query.where(_segments.until_us >= search_us(search.since))
        if search.until is not None:
            query = query.where(_segments.from_us < search_us(search.until))
        if before is not None:
            query = query.where(_segments.from_us <= before[0])
        found = [Segment(*row) for row in self._connection.execute(query)]
        return sorted(found, key=lambda one: one.until_us, reverse=True)

    def _candidates(self, segments: Sequence[Segment]) -> dict[int, list[int]]:
        """By segment, ids of what may match."""
        blocks = {segment.number: -1 for segment in segments}
        for one in self._wanted:
            if time.monotonic() > self._deadline:
                raise _SLOW
            told = self._blocks(one, list(blocks))
            blocks = {
                number: both for number, of_it in told.items() if (both := of_it & blocks[number])
            }
            if not blocks:
                return {}
        return dict(self._members(blocks))

    def _blocks(self, one: Wanted, numbers: Sequence[int]) -> dict[int, int]:
        """By segment, the blocks in which any of the keys occurs."""
        found: dict[int, int] = {}
        for run in one.keys:
            query = select(_postings.segment_id, _postings.blocks).where(
                _postings.segment_id.in_(numbers), _postings.key == run.key
            )
            for number, row in self._connection.execute(query):
                is_text = run.key[:1] == b"\x00"
                blocks = blocks_of(run, bytes(row)) if is_text else unpacked(bytes(row))
                found[number] = found.get(number, 0) | blocks
        return found

    def _members(self, blocks: dict[int, int]) -> Iterator[tuple[int, list[int]]]:
        query = select(_segments.segment_id, _segments.ids).where(
            _segments.segment_id.in_(list(blocks))
        )
        for number, packed in self._connection.execute(query):
            ids = unpacked_ids(bytes(packed))
            places = members(blocks[number])
            yield number, [ids[place] for place in places if place < len(ids)]

    def _check(self, candidates: Sequence[int], before: Position | None) -> dict[int, int]:
        """Those that do match, with their times."""
        found: dict[int, int] = {}
        for start in range(0, len(candidates), _CHECKED):
            if time.monotonic() > self._deadline:
                raise _SLOW
            some = candidates[start : start + _CHECKED]
            query = select(_t.id, _t.at_us).where(_t.id.in_(some), *self._conditions)
            found |= {
                number: at_us
                for number, at_us in self._connection.execute(query)
                if before is None or (at_us, number) < before
            }
        return found


def _is_full(found: dict[int, int], limit: int, following: Segment) -> bool:
    """Whether the page is full with rows that are all newer than what the segment has."""
    if len(found) < limit:
        return False
    return sorted(found.values(), reverse=True)[limit - 1] > following.until_us
