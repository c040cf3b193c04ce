"""The transaction just before and just after one, in the order of the list.

The store pages from new to old, so "the next newer" is found in time slices that grow until they
hold something, and then shrink until what they hold fits one page.
"""

from datetime import timedelta

from bartizan.domain.delivery import Row
from bartizan.domain.search import Cursor, Search
from bartizan.kit.clock import to_us
from bartizan.query.questions import Questions

_PAGE = 200
_SLICES_S = (1, 10, 60, 600, 3600, 6 * 3600, 24 * 3600, 7 * 24 * 3600, 31 * 24 * 3600)
_MICROSECOND = timedelta(microseconds=1)


def older(store: Questions, row: Row) -> Row | None:
    """The next older row."""
    rows = store.page(Search(), before=_cursor(row), limit=1).rows
    return rows[0] if rows else None


def newer(store: Questions, row: Row) -> Row | None:
    """The next newer row."""
    empty = timedelta()
    for seconds in _SLICES_S:
        width = timedelta(seconds=seconds)
        if _latest(store, row, width) is not None:
            return _shrink(store, row, empty, width)
        empty = width
    latest = store.page(Search(since=row.at), limit=1).rows
    if not latest or _key(latest[0]) <= _key(row):
        return None
    return _shrink(store, row, empty, latest[0].at - row.at + _MICROSECOND)


def _shrink(store: Questions, row: Row, empty: timedelta, full: timedelta) -> Row | None:
    """Between a slice known to hold nothing newer and one known to hold something."""
    while full - empty > _MICROSECOND:
        page = store.page(_slice(row, full), limit=_PAGE)
        if page.next is None:
            break
        half = (empty + full) // 2
        if _latest(store, row, half) is None:
            empty = half
        else:
            full = half
    return _oldest(store, row, full)


def _oldest(store: Questions, row: Row, width: timedelta) -> Row | None:
    """The oldest newer row of the slice, page by page: many may share one microsecond."""
    found: Row | None = None
    before: Cursor | None = None
    while True:
        page = store.page(_slice(row, width), before=before, limit=_PAGE)
        for candidate in page.rows:
            if _key(candidate) <= _key(row):
                return found
            found = candidate
        if page.next is None:
            return found
        before = page.next


def _latest(store: Questions, row: Row, width: timedelta) -> Row | None:
    rows = store.page(_slice(row, width), limit=1).rows
    return rows[0] if rows and _key(rows[0]) > _key(row) else None


def _slice(row: Row, width: timedelta) -> Search:
    return Search(since=row.at, until=row.at + width)


def _key(row: Row) -> tuple[int, int]:
    return to_us(row.at), row.id


def _cursor(row: Row) -> Cursor:
    return Cursor(at_us=to_us(row.at), id=row.id)
