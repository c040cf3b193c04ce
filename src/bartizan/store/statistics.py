"""What statistics know of transactions that retention removed: counts of whole hours, by one field.

The rule of `Store.tells_removed` for stores that keep them.
"""

from datetime import timedelta
from typing import Final

from bartizan.domain.search import SCORE_BANDS, Facet, Search
from bartizan.store.addresses import block, network_bytes, network_text
from bartizan.store.lifting import lifted
from bartizan.store.times import search_us

HOUR: Final = timedelta(hours=1)
HOUR_US: Final = HOUR // timedelta(microseconds=1)
FILTERS: Final = {
    "sensors": Facet.SENSOR,
    "countries": Facet.COUNTRY,
    "categories": Facet.CATEGORY,
    "statuses": Facet.STATUS,
    "rule_ids": Facet.RULE,
    "severities": Facet.SEVERITY,
    "methods": Facet.METHOD,
    "formats": Facet.FORMAT,
    "scores": Facet.SCORE,
    "rulesets": Facet.RULESET,
    "networks": Facet.NETWORK,
    "hosts": Facet.HOST,
}
FEW: Final = frozenset(
    (
        Facet.COUNTRY,
        Facet.CATEGORY,
        Facet.STATUS,
        Facet.RULE,
        Facet.SEVERITY,
        Facet.METHOD,
        Facet.FORMAT,
        Facet.SCORE,
        Facet.RULESET,
    )
)
MANY: Final = frozenset((Facet.CLIENT, Facet.NETWORK, Facet.HOST))
_WITH_MAPPED: Final = "::/48"
_EVERYWHERE: Final = frozenset(("since", "until", "sensors", "intercepted"))


def tells_removed(search: Search, *, facet: Facet | None, width: timedelta | None) -> bool:
    since = search.since
    search = lifted(search)
    if search.intercepted is False:  # it is not told of the removed whether they were let pass
        return False
    if width is not None and (
        since is None or search_us(since) % HOUR_US or width % HOUR or not _is_split(facet)
    ):
        return False
    return _is_known(search, facet)


def _is_split(facet: Facet | None) -> bool:
    return facet is None or facet is Facet.SENSOR or facet in FEW


def _is_known(search: Search, facet: Facet | None) -> bool:
    filters = narrowing(search)
    if len(filters) > 1:
        return False
    if facet in MANY:
        return not filters and not search.sensors
    narrowed = {FILTERS.get(name) for name in filters}
    if None in narrowed or not knows_values(search):
        return False
    if facet is None or facet is Facet.SENSOR:
        if narrowed & MANY:
            return facet is None and not search.sensors
        return True
    return facet in FEW and narrowed <= ({facet} - {Facet.RULE})


def knows_values(search: Search) -> bool:
    """Whether what is asked of a field are values that are counted, each transaction once."""
    return (
        len(set(search.rule_ids)) < 2
        and set(search.scores) <= set(SCORE_BANDS)
        and all(map(_is_counted, search.networks))
    )


def _is_counted(network: str) -> bool:
    """Not the one with the addresses that are IPv4 as IPv6: those are counted as IPv4."""
    packed_first = block(network)
    return (
        packed_first is not None
        and network_text(network_bytes(packed_first[0])) == network
        and network != _WITH_MAPPED
    )


def is_of_all_sensors(search: Search) -> bool:
    """Whether it is told by the counts of hosts or networks, which know no sensors."""
    search = lifted(search)
    return bool(search.hosts or search.networks)


def narrowing(search: Search) -> frozenset[str]:
    """The filters that not every count knows."""
    nothing = Search()
    return frozenset(
        name
        for name in search.__struct_fields__
        if name not in _EVERYWHERE and getattr(search, name) != getattr(nothing, name)
    )
