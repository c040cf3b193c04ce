"""A store of which only a part can be seen: whoever asks it can get nothing from outside.

Every question is narrowed before it is asked. What is counted of sensors as a whole is told of
those of which everything may be seen, and of no others.
"""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

import msgspec

from bartizan.domain.clearance import Clearance
from bartizan.domain.delivery import Row
from bartizan.domain.errors import Refused
from bartizan.domain.expression import Field, Is
from bartizan.domain.search import Bar, Count, Cursor, Facet, MapCell, Page, Search
from bartizan.domain.sensor_health import SensorActivity, SensorDefects, SensorTrait, Slice
from bartizan.kit import clock
from bartizan.query.language.payloads import besides_payloads
from bartizan.query.questions import Questions
from bartizan.query.scopes import names_fit, narrowed, rest_of, whole_sensors
from bartizan.store.contract import Stored


def scoped(store: Questions, clearance: Clearance) -> Questions:
    """`store` as somebody with this clearance may ask it."""
    return store if clearance.is_full else ScopedStore(store, clearance)


class ScopedStore:
    """Implements `Questions`."""

    def __init__(
        self,
        store: Questions,
        clearance: Clearance,
        now: Callable[[], datetime] = clock.now,
    ) -> None:
        self._store = store
        self._now = now
        self._scopes = clearance.scopes
        self._sees_payloads = clearance.sees_payloads
        self._sensors = whole_sensors(clearance.scopes)

    def get(self, transaction_id: int) -> Stored | None:
        stored = self._store.get(transaction_id)
        if stored is None or not self._is_within(stored.row):
            return None
        if not self._scopes or not stored.variants:
            return stored
        seen = [one for one in stored.variants if self._is_seen(one)]
        return msgspec.structs.replace(stored, variants=tuple(seen))

    def raw(self, transaction_id: int) -> bytes | None:
        return self._store.raw(transaction_id) if self._is_seen(transaction_id) else None

    def page(self, search: Search, *, before: Cursor | None = None, limit: int = 50) -> Page:
        narrow = self._narrowed(search)
        if narrow is None:
            return Page(rows=(), next=None)
        return self._store.page(narrow, before=before, limit=limit)

    def count(
        self, search: Search, *, limit: int | None = None, with_removed: bool = False
    ) -> Count:
        narrow = self._narrowed(search)
        if narrow is None:
            return Count(value="", transactions=0, intercepted=0)
        return self._store.count(narrow, limit=limit, with_removed=with_removed)

    def facet(
        self, search: Search, facet: Facet, *, limit: int = 20, with_removed: bool = False
    ) -> Sequence[Count]:
        narrow = self._narrowed(search)
        if narrow is None:
            return ()
        return self._store.facet(narrow, facet, limit=limit, with_removed=with_removed)

    def sample_since(self, search: Search, facet: Facet, *, size: int) -> datetime | None:
        narrow = self._narrowed(search)
        return None if narrow is None else self._store.sample_since(narrow, facet, size=size)

    def histogram(
        self,
        search: Search,
        *,
        width: timedelta,
        split: Facet | None = None,
        with_removed: bool = False,
    ) -> Sequence[Bar]:
        narrow = self._narrowed(search)
        if narrow is None:
            return ()
        return self._store.histogram(narrow, width=width, split=split, with_removed=with_removed)

    def tells_removed(
        self, search: Search, *, facet: Facet | None = None, width: timedelta | None = None
    ) -> bool:
        narrow = self._narrowed(search)
        return narrow is not None and self._store.tells_removed(narrow, facet=facet, width=width)

    def map_cells(self, search: Search, *, limit: int = 2000) -> Sequence[MapCell]:
        narrow = self._narrowed(search)
        return () if narrow is None else self._store.map_cells(narrow, limit=limit)

    def last_seen(self) -> dict[str, datetime]:
        seen = self._store.last_seen()
        return {sensor: at for sensor, at in seen.items() if self._is_whole(sensor)}

    def sensor_activity(
        self, since: datetime, slices: Slice, *, sensor: str | None = None
    ) -> Sequence[SensorActivity]:
        found = self._store.sensor_activity(since, slices, sensor=sensor)
        return tuple(one for one in found if self._is_whole(one.sensor))

    def sensor_traits(self, *, sensor: str | None = None) -> Sequence[SensorTrait]:
        found = self._store.sensor_traits(sensor=sensor)
        return tuple(one for one in found if self._is_whole(one.sensor))

    def sensor_defects(
        self, since: datetime, *, sensor: str | None = None
    ) -> Sequence[SensorDefects]:
        found = self._store.sensor_defects(since, sensor=sensor)
        return tuple(one for one in found if self._is_whole(one.sensor))

    def _narrowed(self, search: Search) -> Search | None:
        """Whoever may not see payloads may not find out either what is in them, word by word."""
        if not self._sees_payloads and search.text:
            raise Refused("not-allowed", "searching in payloads needs the right to see them")
        if not self._sees_payloads and search.expression is not None:
            expression = besides_payloads(search.expression)
            search = msgspec.structs.replace(search, expression=expression)
        return narrowed(search, self._scopes, self._now())

    def _is_seen(self, transaction_id: int) -> bool:
        if not self._scopes:
            return True
        stored = self._store.get(transaction_id)
        return stored is not None and self._is_within(stored.row)

    def _is_within(self, row: Row) -> bool:
        """What a row does not tell, the store is asked, as it is for a list."""
        if not names_fit(row, self._scopes):
            return False
        if rest_of(self._scopes) is None:
            return True
        this = Search(expression=Is(field=Field.ID, value=row.id))
        narrow = narrowed(this, self._scopes, self._now())
        return narrow is not None and bool(self._store.page(narrow, limit=1).rows)

    def _is_whole(self, sensor: str) -> bool:
        return self._sensors is None or sensor in self._sensors
