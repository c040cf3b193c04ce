"""What people's questions need of a store: the reading half of its contract."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Protocol

from bartizan.domain.search import Bar, Count, Cursor, Facet, MapCell, Page, Search
from bartizan.domain.sensor_health import SensorActivity, SensorDefects, SensorTrait, Slice
from bartizan.store.contract import Stored


class Questions(Protocol):
    """As in `store/contract.py`, where each is explained."""

    def get(self, transaction_id: int) -> Stored | None: ...

    def raw(self, transaction_id: int) -> bytes | None: ...

    def page(self, search: Search, *, before: Cursor | None = None, limit: int = 50) -> Page: ...

    def count(
        self, search: Search, *, limit: int | None = None, with_removed: bool = False
    ) -> Count: ...

    def facet(
        self, search: Search, facet: Facet, *, limit: int = 20, with_removed: bool = False
    ) -> Sequence[Count]: ...

    def sample_since(self, search: Search, facet: Facet, *, size: int) -> datetime | None: ...

    def histogram(
        self,
        search: Search,
        *,
        width: timedelta,
        split: Facet | None = None,
        with_removed: bool = False,
    ) -> Sequence[Bar]: ...

    def tells_removed(
        self, search: Search, *, facet: Facet | None = None, width: timedelta | None = None
    ) -> bool: ...

    def map_cells(self, search: Search, *, limit: int = 2000) -> Sequence[MapCell]: ...

    def last_seen(self) -> dict[str, datetime]: ...

    def sensor_activity(
        self, since: datetime, slices: Slice, *, sensor: str | None = None
    ) -> Sequence[SensorActivity]: ...

    def sensor_traits(self, *, sensor: str | None = None) -> Sequence[SensorTrait]: ...

    def sensor_defects(
        self, since: datetime, *, sensor: str | None = None
    ) -> Sequence[SensorDefects]: ...
