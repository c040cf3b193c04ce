"""At least how many match, where telling exactly might take long: what a page says of its search.

And how far back that many reach, so that more can be asked of them alone.

Rows are counted from the newest on, so many of them at once, until there are enough or a quarter
of a second is over. So it takes no longer, however many there are and however few of them match.
"""

import time
from typing import Final

from sqlalchemy import Connection, Select, func, literal_column, select

from bartizan.domain.errors import Unavailable
from bartizan.domain.search import Count, Search
from bartizan.store.sql import counts, tables
from bartizan.store.sql.counts import Conditions
from bartizan.store.sql.filters import of_clients
from bartizan.store.sql.segment_search import SegmentSearch
from bartizan.store.times import search_us

_LONGEST_S: Final = 0.25
_STEP_S: Final = 0.05  # of one statement, as far as it can be foreseen
_FIRST_ROWS, _MOST_ROWS = 1_000, 32_000  # of one statement
_FEW_IDS: Final = 2_000  # candidates, of which about a tenth match
_FEW_OF_CLIENTS: Final = 30_000
_t = tables.transactions.c


def count(connection: Connection, search: Search, conditions: Conditions, limit: int) -> Count:
    """`conditions` are all of the search's."""
    deadline = time.monotonic() + _LONGEST_S
    few = _few(connection, search, conditions)
    if few is not None:
        return counts.count(connection, few)
    return _newest(connection, search, conditions, limit, deadline)[0]


def sample_since(
    connection: Connection, search: Search, conditions: Conditions, size: int
) -> int | None:
    """Microseconds since the epoch from which on at least `size` match; None: few match at all.

    The newest rows are looked at before any index: of what is often asked they hold enough.
    """
    deadline = time.monotonic() + _LONGEST_S / 2
    found, since_us = _newest(connection, search, conditions, size, deadline)
    if since_us is None or found.transactions >= size:
        return since_us
    return None if _few(connection, search, conditions) is not None else since_us


def _few(connection: Connection, search: Search, conditions: Conditions) -> Conditions | None:
    """What to count at once, as an index knows that there is little to look at."""
    if search.unique_id is not None or search.preserved:
        return conditions
    if search.clients or search.networks:
        return conditions if _has_few(connection, search) else None
    index = SegmentSearch(connection, search, conditions, within_s=_LONGEST_S / 2)
    try:
        ids = index.ids(_FEW_IDS) if index.is_worth_it() else None
    except Unavailable:
        return None
    return None if ids is None else [_t.id.in_(ids)]


def _has_few(connection: Connection, search: Search) -> bool:
    """Whether these clients have few transactions, whatever else is asked."""
    theirs: Select[tuple[int]] = select(literal_column("1")).where(*of_clients(search))
    some = theirs.limit(_FEW_OF_CLIENTS).subquery()
    found: int = connection.execute(select(func.count()).select_from(some)).scalar_one()
    return found < _FEW_OF_CLIENTS


def _newest(
    connection: Connection, search: Search, conditions: Conditions, limit: int, deadline: float
) -> tuple[Count, int | None]:
    """How many there are, and since when if that is not all of them."""
    transactions = intercepted = 0
    until_us = None if search.until is None else search_us(search.until)
    since_us = None if search.since is None else search_us(search.since)
    rows = _FIRST_ROWS
    while True:
        before = () if until_us is None else (_t.at_us < until_us,)
        span = () if since_us is None else (_t.at_us >= since_us,)
        edge = select(_t.at_us).where(*before, *span).order_by(_t.at_us.desc()).offset(rows)
        from_us = connection.execute(edge.limit(1)).scalar_one_or_none()
        within = before if from_us is None else (*before, _t.at_us >= from_us)
        begun = time.monotonic()
        # The narrower bound first: of two for one column SQLite uses the first.
        found = counts.count(connection, (*within, *conditions))
        ended = time.monotonic()
        transactions += found.transactions
        intercepted += found.intercepted
        is_all = from_us is None
        if is_all or transactions >= limit or ended > deadline:
            told = Count(
                value="",
                transactions=transactions,
                intercepted=intercepted,
                is_at_least=not is_all,
            )
            return told, from_us
        if ended - begun < _STEP_S / 2:
            rows = min(2 * rows, _MOST_ROWS)
        until_us = from_us
