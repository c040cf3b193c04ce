"""The transaction just before and just after one, in the order of the list that a search makes.

The store pages from new to old, so "the next newer" is found in time slices that grow until they
hold something, and then shrink until what they hold fits one page.
"""

from datetime import timedelta
from typing import Final

import msgspec

from bartizan.domain.delivery import Row
from bartizan.domain.search import Cursor, Search
from bartizan.kit.clock import to_us
from bartizan.query.questions import Questions

_PAGE: Final = 200
_SLICES_S: Final = (1, 10, 60, 600, 3600, 6 * 3600, 24 * 3600, 7 * 24 * 3600, 31 * 24 * 3600)
_MICROSECOND: Final = timedelta(microseconds=1)
_EVERYTHING: Final = Search()


def older(store: Questions, row: Row, search: Search = _EVERYTHING) -> Row | None:
    """The next older row."""
    rows = store.page(search, before=_cursor(row), limit=1).rows
    return rows[0] if rows else None


def newer(store: Questions, row: Row, search: Search = _EVERYTHING) -> Row | None:
    """The next newer row."""
    return _Newer(store, row, search).find()


class _Newer:
    """Looks for the next newer row of one."""

    def __init__(self, store: Questions, row: Row, search: Search) -> None:
        self._store = store
        self._row = row
        self._search = search

    def find(self) -> Row | None:
        empty = timedelta()
        for seconds in _SLICES_S:
            width = timedelta(seconds=seconds)
            if self._latest(width) is not None:
                return self._shrink(empty, width)
            empty = width
        latest = self._store.page(self._slice(None), limit=1).rows
        if not latest or _key(latest[0]) <= _key(self._row):
            return None
        return self._shrink(empty, latest[0].at - self._row.at + _MICROSECOND)

    def _shrink(self, empty: timedelta, full: timedelta) -> Row | None:
        """Between a slice known to hold nothing newer and one known to hold something."""
        while full - empty > _MICROSECOND:
            page = self._store.page(self._slice(full), limit=_PAGE)
            if page.next is None:
                break
            half = (empty + full) // 2
            if self._latest(half) is None:
                empty = half
            else:
                full = half
        return self._oldest(full)

    def _oldest(self, width: timedelta) -> Row | None:
        """The oldest newer row of the slice, page by page: many may share one microsecond."""
        found: Row | None = None
        before: Cursor | None = None
        while True:
            page = self._store.page(self._slice(width), before=before, limit=_PAGE)
            for candidate in page.rows:
                if _key(candidate) <= _key(self._row):
                    return found
                found = candidate
            if page.next is None:
                return found
            before = page.next

    def _latest(self, width: timedelta) -> Row | None:
        rows = self._store.page(self._slice(width), limit=1).rows
        return rows[0] if rows and _key(rows[0]) > _key(self._row) else None

    def _slice(self, width: timedelta | None) -> Search:
        """What the search finds from the row on, for so long."""
        asked, at = self._search, self._row.at
        since = at if asked.since is None else max(at, asked.since)
        ends = [end for end in (asked.until, width and at + width) if end is not None]
        return msgspec.structs.replace(asked, since=since, until=min(ends, default=None))


def _key(row: Row) -> tuple[int, int]:
    return to_us(row.at), row.id


def _cursor(row: Row) -> Cursor:
    return Cursor(at_us=to_us(row.at), id=row.id)
