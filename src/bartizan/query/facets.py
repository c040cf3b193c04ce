"""How often each value of a field occurs among the matching transactions."""

import msgspec

from bartizan.domain.clearance import Clearance
from bartizan.domain.errors import Refused
from bartizan.domain.expression import Field, besides
from bartizan.domain.search import Facet, Search
from bartizan.enrich.rules import is_evaluation
from bartizan.query.filters import without
from bartizan.query.questions import Questions
from bartizan.query.rows import country_name
from bartizan.query.scoped import scoped
from bartizan.query.sensors import Sensors
from bartizan.query.views import FacetCounts, FacetValue

DEFAULT_LIMIT = 20
MAX_LIMIT = 100
_EVALUATION_RULES = 40  # more than any ruleset has
FACETS = tuple(facet.value for facet in Facet if facet is not Facet.INTERCEPTED)


class Facets:
    """Blocking; thread-safe."""

    def __init__(self, store: Questions, sensors: Sensors) -> None:
        self._store = store
        self._sensors = sensors

    def within(self, clearance: Clearance) -> "Facets":
        return Facets(scoped(self._store, clearance), self._sensors.within(clearance))

    def count(self, facet: str, search: Search, *, limit: int = DEFAULT_LIMIT) -> FacetCounts:
        """The most frequent values first.

        The facet's own filter does not narrow its own counts, so that further values of it can be
        chosen: choosing "sqli" must not make every other category look absent. Evaluation rules
        are left out: they fire in every attack and would top the list of rules, saying nothing.
        """
        if facet not in FACETS:
            raise Refused("no-such-facet", "facets are: " + ", ".join(FACETS))
        asked = limit + (_EVALUATION_RULES if facet == Facet.RULE else 0)
        counts = self._store.facet(_without(search, facet), Facet(facet), limit=asked)
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
        )

    def _name(self, facet: str, value: str) -> str:
        if facet == Facet.COUNTRY:
            return country_name(value)
        sensor = self._sensors.registered().get(value) if facet == Facet.SENSOR else None
        return sensor.label if sensor is not None and sensor.label else value


def _without(search: Search, facet: str) -> Search:
    """The search without what it asks of the facet's own field, by a filter or in its text."""
    expression = besides(search.expression, Field(facet))
    return msgspec.structs.replace(without(search, facet), expression=expression)
