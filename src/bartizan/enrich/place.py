"""Where the client is, as far as anybody knows, and never at 0,0.

Private, own and reserved addresses are recognised before any database is asked. The answer names
its source with the date of the data, so that newer data never rewrite what was known at the time.
"""

import time
from collections.abc import Callable
from functools import lru_cache
from threading import Lock

from msgspec.structs import replace

from bartizan.domain.attribution import Attribution
from bartizan.domain.transaction import Place, PlaceKind, Transaction
from bartizan.enrich import place_sources
from bartizan.enrich.address import (
    LONGEST_ADDRESS,
    Address,
    own_networks,
    parse,
    special_kind,
    unwrap,
)
from bartizan.enrich.countries import country
from bartizan.enrich.place_record import Finding
from bartizan.enrich.settings import EnrichSettings

_LOOK_AGAIN_S = 5.0
_REMEMBERED = 8192
_UNKNOWN = Place(kind=PlaceKind.UNKNOWN)


class Places:
    """Places of addresses. Thread-safe; microseconds each, less for an address seen lately.

    Files that changed on disk are taken into use at the next question, looked for every 5 seconds.
    """

    def __init__(
        self, settings: EnrichSettings, monotonic: Callable[[], float] = time.monotonic
    ) -> None:
        self._city_database = settings.city_database
        self._own = own_networks(settings.own_networks)
        self._monotonic = monotonic
        self._country_source = place_sources.country_source()
        self._lock = Lock()
        self._state = place_sources.state(self._city_database)
        self._chosen = place_sources.choose(self._city_database)
        self._look_again_at = monotonic() + _LOOK_AGAIN_S
        self._remembered = lru_cache(_REMEMBERED)(self._find)

    def enrich(self, transaction: Transaction) -> Transaction:
        return replace(transaction, place=self.of(transaction.client.address))

    def of(self, text: str | None) -> Place:
        """The place of an address as text. What is not an address is UNKNOWN."""
        self._look_again_if_due()
        if text is None or len(text) > LONGEST_ADDRESS:
            return _UNKNOWN
        return self._remembered(text)

    def attribution(self) -> Attribution:
        """Whose data are in use now, to be shown wherever places are shown."""
        self._look_again_if_due()
        return self._chosen.attribution()

    def _look_again_if_due(self) -> None:
        if self._monotonic() < self._look_again_at:
            return
        with self._lock:
            if self._monotonic() < self._look_again_at:
                return
            self._look_again_at = self._monotonic() + _LOOK_AGAIN_S
            state = place_sources.state(self._city_database)
            if state != self._state:
                self._state = state
                self._chosen = place_sources.choose(self._city_database, self._chosen)
                self._remembered.cache_clear()

    def _find(self, text: str) -> Place:
        address = parse(text)
        if address is None:
            return _UNKNOWN
        kind = special_kind(address, self._own)
        if kind is not None:
            return Place(kind=kind)
        public = unwrap(address)
        for file in self._chosen.files:
            found = file.find(public)
            place = _place(found, file.source) if found else _UNKNOWN
            if place is not _UNKNOWN:
                return place
        return self._by_country(public)

    def _by_country(self, address: Address) -> Place:
        code = place_sources.country_code(address)
        return _in_country(code, None, self._country_source) if code else _UNKNOWN


def _place(found: Finding, source: str) -> Place:
    if found.city is None or found.latitude is None:
        return _in_country(found.country, found.city, source)
    return Place(
        kind=PlaceKind.CITY,
        country=found.country,
        city=found.city,
        latitude=found.latitude,
        longitude=found.longitude,
        source=source,
    )


def _in_country(code: str | None, city: str | None, source: str) -> Place:
    """A place known by its country only. A code that is no country (`EU`) places nothing."""
    known = country(code)
    if known is None:
        return _UNKNOWN
    return Place(
        kind=PlaceKind.COUNTRY,
        country=known.code,
        city=city,
        latitude=known.latitude,
        longitude=known.longitude,
        source=source,
    )
