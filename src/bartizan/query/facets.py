"""How often each value of a field occurs among the matching transactions."""

from collections.abc import Callable
from datetime import datetime

import msgspec

from bartizan.domain.clearance import Clearance
from bartizan.domain.errors import Refused
from bartizan.domain.expression import Field, InState, besides
from bartizan.domain.search import Count, Facet, Search
from bartizan.domain.triage import State
from bartizan.enrich.rules import is_evaluation
from bartizan.kit import clock
from bartizan.query.filters import without
from bartizan.query.questions import Questions
from bartizan.query.rows import country_name
from bartizan.query.scoped import scoped
from bartizan.query.sensors import Sensors
from bartizan.query.views import FacetCounts, FacetValue

DEFAULT_LIMIT = 20
MAX_LIMIT = 100
SAMPLE = 10_000
_EVALUATION_RULES = 40  # more than any ruleset has
FACETS = tuple(facet.value for facet in Facet if facet is not Facet.INTERCEPTED)


class Facets:
    """Blocking; thread-safe."""

    def __init__(
        self,
        store: Questions,
        sensors: Sensors,
        *,
        now: Callable[[], datetime] = clock.now,
    ) -> None:
        self._store = store
        self._sensors = sensors
        self._now = now

    def within(self, clearance: Clearance) -> "Facets":
        return Facets(
            scoped(self._store, clearance), self._sensors.within(clearance), now=self._now
        )

    def count(
        self,
        facet: str,
        search: Search,
        *,
        limit: int = DEFAULT_LIMIT,
        with_removed: bool = False,
        is_sampled: bool = False,
    ) -> FacetCounts:
        """The most frequent values first.

        The facet's own filter does not narrow its own counts, so that further values of it can be
        chosen: choosing "sqli" must not make every other category look absent. Evaluation rules
        are left out: they fire in every attack and would top the list of rules, saying nothing.
        `with_removed` counts what retention removed too, wherever statistics tell it, from the
        beginning of the hour of `since` on. With `is_sampled` only the newest are counted where
        counting all would take long, and the answer says since when.
        """
        if facet not in FACETS:
            raise Refused("no-such-facet", "facets are: " + ", ".join(FACETS))
        asked = limit + (_EVALUATION_RULES if facet == Facet.RULE else 0)
        search = _without(search, facet)
        includes_removed = with_removed and self._store.tells_removed(search, facet=Facet(facet))
        if includes_removed:
            search = from_whole_hour(search)
        sampled_since = (
            self._store.sample_since(search, Facet(facet), size=SAMPLE)
            if is_sampled and not includes_removed
            else None
        )
        if sampled_since is not None:
            search = msgspec.structs.replace(search, since=sampled_since)
        if facet == Facet.STATE:
            counts = self._states(search)
        else:
            counts = tuple(
                self._store.facet(search, Facet(facet), limit=asked, with_removed=includes_removed)
            )
        if facet == Facet.RULE:
            counts = tuple(one for one in counts if not is_evaluation(int(one.value)))[:limit]
        return FacetCounts(
            facet=facet,
            values=tuple(
                FacetValue(
                    value=count.value,
                    name=self._name(facet, count.value),
                    transactions=count.transactions,
                    intercepted=count.intercepted,
                )
                for count in counts
            ),
            includes_removed=includes_removed,
            sampled_since=sampled_since,
        )

    def _states(self, search: Search) -> tuple[Count, ...]:
        """As they are now: a store knows nothing of what is open, and no time."""
        now = self._now()
        judged = [InState(state=state, at=now) for state in State if state is not State.OPEN]
        counts = self._store.facet(
            msgspec.structs.replace(search, states=tuple(judged)), Facet.STATE
        )
        total = self._store.count(search)
        is_open = Count(
            value=State.OPEN.value,
            transactions=total.transactions - sum(one.transactions for one in counts),
            intercepted=total.intercepted - sum(one.intercepted for one in counts),
        )
        found = (*counts, is_open) if is_open.transactions > 0 else tuple(counts)
        return tuple(sorted(found, key=lambda one: -one.transactions))

    def _name(self, facet: str, value: str) -> str:
        if facet == Facet.COUNTRY:
            return country_name(value)
        sensor = self._sensors.registered().get(value) if facet == Facet.SENSOR else None
        return sensor.label if sensor is not None and sensor.label else value


def from_whole_hour(search: Search) -> Search:
    """Statistics know whole hours: of one that the span cuts they would tell nothing."""
    if search.since is None:
        return search
    begin = search.since.replace(minute=0, second=0, microsecond=0)
    return msgspec.structs.replace(search, since=begin)


def _without(search: Search, facet: str) -> Search:
    """The search without what it asks of the facet's own field, by a filter or in its text."""
    field = Field.CLIENT if facet == Facet.NETWORK else Field(facet)
    expression = besides(search.expression, field)
    return msgspec.structs.replace(without(search, facet), expression=expression)
