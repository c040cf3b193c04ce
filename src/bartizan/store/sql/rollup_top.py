"""The most frequent of any number of values, without adding all of them up.

Each slice of time has its values in the order of their counts, by index. From each the first few
are read. A value that is in none of these lists cannot have more than the last of each list
together; when that is less than what the least of the wanted has for sure, no unread value can be
among them (the threshold algorithm: Fagin, Lotem, Naor 2003). Those that could are counted exactly.
Counts are skewed, as attackers are, so a few per cent of the rows are read; where they are not,
more is read, until everything is.
"""

import heapq
from collections.abc import Sequence
from typing import Any, Final

from sqlalchemy import ColumnElement, Connection, bindparam, func, select

from bartizan.store.sql import tables
from bartizan.store.sql.rollup_spans import Piece

Tally = dict[Any, list[int]]
Slice = tuple[int, int]
_ranks = tables.rollup_ranks.c
_FIRST: Final = 100
_MOST: Final = 3200
_ASKED: Final = 200  # values of one question


class Top:
    """Values of one facet; `counted` are what to add up: transactions, and of them intercepted."""

    def __init__(
        self,
        connection: Connection,
        facet: str,
        counted: tuple[ColumnElement[int], ColumnElement[int]],
    ) -> None:
        self._connection = connection
        self._of_facet = _ranks.facet == facet
        self._facet = facet
        self._counted = counted

    def find(self, pieces: Sequence[Piece], edges: Tally, limit: int) -> Tally:
        """Exact counts of the `limit` most frequent at least, `edges` included."""
        slices = [one for piece in pieces for one in self._slices(piece)]
        depth = _FIRST
        while depth <= _MOST and limit < depth:
            found = self._by_lists(slices, edges, limit, depth)
            if found is not None:
                return found
            depth *= 4
        return self.everything(pieces, edges)

    def _slices(self, piece: Piece) -> list[Slice]:
        """The slices that have anything in them."""
        query = (
            select(tables.rollups.c.start_us)
            .where(tables.rollups.c.width_s == piece.width_s, tables.rollups.c.facet == "all")
            .distinct()
        )
        if piece.since_us is not None:
            query = query.where(tables.rollups.c.start_us >= piece.since_us)
        if piece.until_us is not None:
            query = query.where(tables.rollups.c.start_us < piece.until_us)
        return [(piece.width_s, start) for start in self._connection.execute(query).scalars()]

    def _by_lists(
        self, slices: Sequence[Slice], edges: Tally, limit: int, depth: int
    ) -> Tally | None:
        """None where the lists are not long enough to be sure."""
        seen: dict[Any, list[int]] = {}  # value -> transactions for sure, bounds of lists it is in
        total_bound = 0
        for one in slices:
            rows = self._connection.execute(
                _LISTED,
                {"width_s": one[0], "start_us": one[1], "facet": self._facet, "most": depth},
            ).all()
            bound = rows[-1].transactions if len(rows) == depth else 0
            total_bound += bound
            for value, transactions in rows:
                known = seen.get(value)
                if known is None:
                    seen[value] = [transactions, bound]
                else:
                    known[0] += transactions
                    known[1] += bound
        for value, (transactions, _) in edges.items():
            known = seen.setdefault(value, [0, 0])
            known[0] += transactions
        return self._sure(slices, edges, limit, seen, total_bound)

    def _sure(
        self,
        slices: Sequence[Slice],
        edges: Tally,
        limit: int,
        seen: dict[Any, list[int]],
        total_bound: int,
    ) -> Tally | None:
        least = self._least(slices, edges, limit, seen)
        if total_bound and total_bound >= least:
            return None
        possible = [
            value for value, (sure, bounds) in seen.items() if sure + total_bound - bounds >= least
        ]
        return self._exactly(slices, edges, possible)

    def _least(
        self, slices: Sequence[Slice], edges: Tally, limit: int, seen: dict[Any, list[int]]
    ) -> int:
        """What the last of the wanted has at least: exact counts of those that look best."""
        best = heapq.nlargest(limit, seen, key=lambda value: seen[value][0])
        exact = self._exactly(slices, edges, best)
        if len(best) < limit:
            return 0
        return min(exact.get(value, [0])[0] for value in best)

    def _exactly(self, slices: Sequence[Slice], edges: Tally, values: Sequence[Any]) -> Tally:
        tally: Tally = {value: list(edges.get(value, (0, 0))) for value in values}
        by_width: dict[int, list[int]] = {}
        for width, start in slices:
            by_width.setdefault(width, []).append(start)
        for width, starts in by_width.items():
            for begin in range(0, len(values), _ASKED):
                some = values[begin : begin + _ASKED]
                query = (
                    select(_ranks.value, *map(func.sum, self._counted))
                    .where(
                        self._of_facet,
                        _ranks.width_s == width,
                        _ranks.start_us.in_(starts),
                        _ranks.value.in_(some),
                    )
                    .group_by(_ranks.value)
                )
                for value, transactions, intercepted in self._connection.execute(query):
                    tally[value][0] += int(transactions)
                    tally[value][1] += int(intercepted)
        return tally

    def everything(self, pieces: Sequence[Piece], edges: Tally) -> Tally:
        """All there are."""
        tally: Tally = {value: list(counted) for value, counted in edges.items()}
        for piece in pieces:
            query = select(_ranks.value, *map(func.sum, self._counted)).where(
                self._of_facet, _ranks.width_s == piece.width_s
            )
            if piece.since_us is not None:
                query = query.where(_ranks.start_us >= piece.since_us)
            if piece.until_us is not None:
                query = query.where(_ranks.start_us < piece.until_us)
            for value, transactions, intercepted in self._connection.execute(
                query.group_by(_ranks.value)
            ):
                known = tally.setdefault(value, [0, 0])
                known[0] += int(transactions)
                known[1] += int(intercepted)
        return tally


_LISTED: Final = (
    select(_ranks.value, _ranks.transactions)
    .where(
        _ranks.width_s == bindparam("width_s"),
        _ranks.facet == bindparam("facet"),
        _ranks.start_us == bindparam("start_us"),
    )
    .order_by(_ranks.transactions.desc())
    .limit(bindparam("most"))
)
