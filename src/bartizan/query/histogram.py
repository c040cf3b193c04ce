"""Bars over time: how many transactions in each slice, and of what kind.

The width of the slices follows from the span, so that there are at most as many as are asked for,
and they begin where a clock strikes: minutes, hours, days, weeks on Mondays. The first bar has what
is in the span only, so all bars together count what the list counts.
"""

from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Final

import msgspec

from bartizan.domain.clearance import Clearance
from bartizan.domain.search import Bar, Facet, Search
from bartizan.kit import clock
from bartizan.query.questions import Questions
from bartizan.query.scoped import scoped
from bartizan.query.views import BarPart, BarView, HistogramView

DEFAULT_BARS: Final = 72
MIN_BARS: Final = 4
MAX_BARS: Final = 200
# All of them end with the whole hours, days and weeks that statistics know.
_STEPS_S: Final = (
    *(1, 2, 5, 10, 15, 30),
    *(60 * minutes for minutes in (1, 2, 5, 10, 15, 30)),
    *(3600 * hours for hours in (1, 2, 3, 6, 12)),
    *(86400 * days for days in (1, 2, 7, 28, 91, 364, 3640, 36400)),
)
_MONDAY: Final = datetime(1970, 1, 5, tzinfo=UTC)
_FIRST: Final = datetime(1900, 1, 1, tzinfo=UTC)  # what says it is older is no time of ours
_LAST: Final = datetime(9000, 1, 1, tzinfo=UTC)
_DAY: Final = timedelta(days=1)
_SECOND: Final = timedelta(seconds=1)


class Split(StrEnum):
    """What bars are told apart by."""

    CATEGORY = "category"
    ACTION = "action"  # blocked, or only detected
    SEVERITY = "severity"


_FACETS: Final = {Split.CATEGORY: Facet.CATEGORY, Split.SEVERITY: Facet.SEVERITY}


class Histograms:
    """Blocking; thread-safe."""

    def __init__(self, store: Questions, *, now: Callable[[], datetime] = clock.now) -> None:
        self._store = store
        self._now = now

    def within(self, clearance: Clearance) -> "Histograms":
        return Histograms(scoped(self._store, clearance), now=self._now)

    def over(
        self,
        search: Search,
        *,
        split: Split | None = None,
        bars: int = DEFAULT_BARS,
        with_removed: bool = False,
    ) -> HistogramView:
        """From `since` to `until`; else from the first there is, and until now.

        `with_removed` counts what retention removed where statistics tell it; then the first bar
        is whole too.
        """
        until = _between(search.until or self._now())
        since = _between(search.since or self._first(search, until, with_removed=with_removed))
        if since >= until:
            until = since + _SECOND
        width = _width(since, until, bars)
        begin, end = _floor(since, width), _ceiling(until, width)
        facet = _FACETS.get(split) if split is not None else None
        whole = msgspec.structs.replace(search, since=begin)
        if with_removed and self._store.tells_removed(whole, facet=facet, width=width):
            found = self._store.histogram(whole, width=width, split=facet, with_removed=True)
            since, is_whole = begin, True
        else:
            found = self._exactly(search, since, begin, width, facet)
            is_whole = False
        by_time = {bar.at: bar for bar in found}
        if found:  # a sensor's clock may be a little ahead
            end = max(end, found[-1].at + width)
        times = [begin + number * width for number in range((end - begin) // width)]
        return HistogramView(
            since=since,
            until=until,
            width_s=width // _SECOND,
            split=None if split is None else split.value,
            bars=tuple(_view(at, by_time.get(at), split) for at in times),
            includes_removed=is_whole,
        )

    def _first(self, search: Search, until: datetime, *, with_removed: bool) -> datetime:
        """The first day with anything, of what costs little to know."""
        wide = Search(sensors=search.sensors, since=_FIRST)
        days = self._store.histogram(wide, width=_DAY, with_removed=with_removed)
        return days[0].at if days else until - _DAY

    def _exactly(
        self,
        search: Search,
        since: datetime,
        begin: datetime,
        width: timedelta,
        facet: Facet | None,
    ) -> Sequence[Bar]:
        """A bar that the span cuts is counted by itself, so that all others are whole slices."""
        if since == begin:
            whole = msgspec.structs.replace(search, since=since)
            return self._store.histogram(whole, width=width, split=facet)
        next_at = begin + width
        if search.until is not None and search.until <= next_at:
            return self._cut(msgspec.structs.replace(search, since=since), begin, facet)
        cut = msgspec.structs.replace(search, since=since, until=next_at)
        rest = msgspec.structs.replace(search, since=next_at)
        first = self._cut(cut, begin, facet)
        return (*first, *self._store.histogram(rest, width=width, split=facet))

    def _cut(self, search: Search, at: datetime, facet: Facet | None) -> Sequence[Bar]:
        count = self._store.count(search)
        parts = () if facet is None else self._store.facet(search, facet, limit=100)
        return (
            Bar(
                at=at,
                transactions=count.transactions,
                intercepted=count.intercepted,
                parts=tuple(parts),
            ),
        )


def _view(at: datetime, bar: Bar | None, split: Split | None) -> BarView:
    if bar is None:
        return BarView(at=at, transactions=0, intercepted=0, parts=())
    return BarView(
        at=at,
        transactions=bar.transactions,
        intercepted=bar.intercepted,
        parts=tuple(_parts(bar, split)),
    )


def _parts(bar: Bar, split: Split | None) -> Iterable[BarPart]:
    """Together they are the bar; `value` is null for what has none."""
    if split is None:
        return
    if split is Split.ACTION:
        detected = bar.transactions - bar.intercepted
        told = [("blocked", bar.intercepted, bar.intercepted), ("detected", detected, 0)]
        yield from (_part(*one) for one in told if one[1])
        return
    yield from (_part(one.value, one.transactions, one.intercepted) for one in bar.parts)
    rest = bar.transactions - sum(one.transactions for one in bar.parts)
    if rest > 0:
        intercepted = bar.intercepted - sum(one.intercepted for one in bar.parts)
        yield _part(None, rest, intercepted)


def _part(value: str | None, transactions: int, intercepted: int) -> BarPart:
    return BarPart(value=value, transactions=transactions, intercepted=intercepted)


def _width(since: datetime, until: datetime, bars: int) -> timedelta:
    for seconds in _STEPS_S:
        width = timedelta(seconds=seconds)
        if (_ceiling(until, width) - _floor(since, width)) // width <= bars:
            return width
    return timedelta(seconds=_STEPS_S[-1])


def _floor(moment: datetime, width: timedelta) -> datetime:
    return _MONDAY + (moment - _MONDAY) // width * width


def _ceiling(moment: datetime, width: timedelta) -> datetime:
    return _MONDAY - (_MONDAY - moment) // width * width


def _between(moment: datetime) -> datetime:
    return max(_FIRST, min(moment, _LAST))
