"""The summary the map starts from; the live feed then goes on."""

from collections.abc import Callable
from datetime import datetime, timedelta

from bartizan.domain.attribution import Attribution
from bartizan.domain.clearance import Clearance
from bartizan.domain.expression import Expression
from bartizan.domain.search import Facet, Search
from bartizan.kit import clock
from bartizan.query.emptiness import why_empty
from bartizan.query.questions import Questions
from bartizan.query.rows import RowViews, country_name
from bartizan.query.scoped import scoped
from bartizan.query.sensors import Sensors
from bartizan.query.views import CategoryCount, CountryCount, MapSummary, Totals

WINDOWS = {
    "15m": timedelta(minutes=15),
    "1h": timedelta(hours=1),
    "24h": timedelta(hours=24),
    "7d": timedelta(days=7),
}
_RECENT = 50
_COUNTRIES = 300  # more than there are
_CATEGORIES = 50


class Map:
    """Blocking; thread-safe."""

    def __init__(
        self,
        store: Questions,
        sensors: Sensors,
        rows: RowViews,
        *,
        attribution: Callable[[], Attribution],
        now: Callable[[], datetime] = clock.now,
    ) -> None:
        self._store = store
        self._sensors = sensors
        self._rows = rows
        self._attribution = attribution
        self._now = now

    def within(self, clearance: Clearance) -> "Map":
        return Map(
            scoped(self._store, clearance),
            self._sensors.within(clearance),
            self._rows.within(clearance),
            attribution=self._attribution,
            now=self._now,
        )

    def summary(
        self, window: timedelta, *, build: str, expression: Expression | None = None
    ) -> MapSummary:
        """What happened in the last `window`; by `build` a page knows that it is outdated."""
        now = self._now()
        search = Search(since=now - window, expression=expression)
        total = self._store.count(search)
        return MapSummary(
            total=Totals(transactions=total.transactions, intercepted=total.intercepted),
            countries=self._countries(search),
            categories=self._categories(search),
            cells=tuple(self._store.map_cells(search)),
            sensors=self._sensors.views(),
            recent=self._rows.view(self._store.page(search, limit=_RECENT).rows),
            attribution=self._attribution(),
            empty=None if total.transactions else why_empty(self._store, self._sensors, search),
            server_time=now,
            build=build,
        )

    def _countries(self, search: Search) -> tuple[CountryCount, ...]:
        return tuple(
            CountryCount(
                country=count.value,
                name=country_name(count.value),
                transactions=count.transactions,
                intercepted=count.intercepted,
            )
            for count in self._store.facet(search, Facet.COUNTRY, limit=_COUNTRIES)
        )

    def _categories(self, search: Search) -> tuple[CategoryCount, ...]:
        return tuple(
            CategoryCount(
                category=count.value,
                transactions=count.transactions,
                intercepted=count.intercepted,
            )
            for count in self._store.facet(search, Facet.CATEGORY, limit=_CATEGORIES)
        )
