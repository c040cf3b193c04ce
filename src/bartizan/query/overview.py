"""What a span of time was like: totals, the span before it, rules in their own words, hosts.

Each question is one card of the overview, asked by itself, so that a slow one keeps no other one
waiting. What the cards of single fields show is counted by `facets.py`.
"""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Final

import msgspec

from bartizan.domain.clearance import Clearance
from bartizan.domain.expression import Field, besides
from bartizan.domain.search import Count, Facet, Search
from bartizan.enrich.rules import is_evaluation
from bartizan.kit import clock
from bartizan.kit.struct import Struct
from bartizan.query.emptiness import why_empty
from bartizan.query.first_seen import FirstSeen, NewTo, first_seen
from bartizan.query.overview_hosts import HostDetails, HostList, host_details, list_hosts
from bartizan.query.overview_rules import said_by
from bartizan.query.overview_spans import EARLIEST, slice_width, slices_of
from bartizan.query.questions import Questions
from bartizan.query.scoped import scoped
from bartizan.query.sensors import Sensors
from bartizan.query.views import Emptiness, Totals

MAX_RULES: Final = 50
DEFAULT_RULES: Final = 10
_EVALUATION_RULES: Final = 40  # more than any ruleset has


class Outcomes(Struct, frozen=True, kw_only=True):
    """`passed` are those that the WAF let through; of the rest the entry does not say."""

    transactions: int
    intercepted: int
    passed: int


class Period(Struct, frozen=True, kw_only=True):
    """A span and what was in it, also what retention removed, if statistics tell of that.

    `bars` are counts of whole slices that together cover it. It is not `is_whole` if nothing at all
    is known of the time before it: then it may have begun before anything was received or kept.
    """

    since: datetime
    until: datetime
    total: Totals
    is_whole: bool
    bars: tuple[int, ...]
    intercepted_bars: tuple[int, ...]


class OverviewSummary(Struct, frozen=True, kw_only=True):
    """`previous` is the span of the same length just before, `current` the one asked for.

    Both are null where the search has no beginning: then there is nothing to compare with. `total`
    is of what is stored; the spans have more where `includes_removed`.
    """

    total: Outcomes
    current: Period | None
    previous: Period | None
    slice_s: int | None
    includes_removed: bool
    empty: Emptiness | None
    server_time: datetime


class RuleCount(Struct, frozen=True, kw_only=True):
    """In how many transactions a rule fired. `message` and `category` as it said them last."""

    rule_id: int
    message: str | None
    category: str | None
    transactions: int
    intercepted: int


class RuleCounts(Struct, frozen=True, kw_only=True):
    """`evaluation` are the rules that only add up what others scored."""

    rules: tuple[RuleCount, ...]
    evaluation: tuple[RuleCount, ...]


class Overviews:
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

    def within(self, clearance: Clearance) -> "Overviews":
        return Overviews(
            scoped(self._store, clearance), self._sensors.within(clearance), now=self._now
        )

    def summary(self, search: Search) -> OverviewSummary:
        now = self._now()
        since, until = search.since, now if search.until is None else min(search.until, now)
        total = self._outcomes(search)
        current = previous = None
        width: timedelta | None = None
        includes_removed = False
        if since is not None and EARLIEST <= since < until:
            width = slice_width(until - since)
            includes_removed = self._store.tells_removed(search)
            current = self._period(search, (since, until), width)
            earlier = since - (until - since)
            if earlier >= EARLIEST:
                previous = self._period(search, (earlier, since), width)
        return OverviewSummary(
            total=total,
            current=current,
            previous=previous,
            slice_s=None if width is None else width // timedelta(seconds=1),
            includes_removed=includes_removed,
            empty=None if total.transactions else why_empty(self._store, self._sensors, search),
            server_time=now,
        )

    def rules(self, search: Search, *, limit: int = DEFAULT_RULES) -> RuleCounts:
        """The most frequent first. A choice of rules does not narrow them: others can be chosen."""
        expression = besides(search.expression, Field.RULE)
        search = msgspec.structs.replace(search, rule_ids=(), expression=expression)
        counts = self._store.facet(search, Facet.RULE, limit=limit + _EVALUATION_RULES)
        found = [one for one in counts if not is_evaluation(int(one.value))]
        adding_up = [one for one in counts if is_evaluation(int(one.value))]
        return RuleCounts(
            rules=tuple(self._rule(search, one) for one in found[:limit]),
            evaluation=tuple(
                RuleCount(
                    rule_id=int(one.value),
                    message=None,
                    category=None,
                    transactions=one.transactions,
                    intercepted=one.intercepted,
                )
                for one in adding_up
            ),
        )

    def first_seen(self, search: Search, of: NewTo) -> FirstSeen:
        return first_seen(self._store, search, of)

    def hosts(self, search: Search) -> HostList:
        return list_hosts(self._store, search)

    def host_details(self, search: Search) -> HostDetails:
        return host_details(self._store, search, self._now())

    def _outcomes(self, search: Search) -> Outcomes:
        found = self._store.count(search)
        if search.intercepted is not None:
            passed = 0 if search.intercepted else found.transactions
        else:
            let_pass = msgspec.structs.replace(search, intercepted=False)
            passed = self._store.count(let_pass).transactions
        return Outcomes(
            transactions=found.transactions, intercepted=found.intercepted, passed=passed
        )

    def _period(self, search: Search, span: tuple[datetime, datetime], width: timedelta) -> Period:
        since, until = span
        search = _between(search, since, until)
        found = self._store.count(search, with_removed=self._store.tells_removed(search))
        slices = slices_of(since, until, width)
        bars, stopped = [0] * slices.count, [0] * slices.count
        if found.transactions:
            whole = _between(search, slices.start, until)
            told = self._store.tells_removed(whole, width=width)
            for bar in self._store.histogram(whole, width=width, with_removed=told):
                place = slices.place(bar.at)
                bars[place], stopped[place] = bar.transactions, bar.intercepted
        return Period(
            since=since,
            until=until,
            total=Totals(transactions=found.transactions, intercepted=found.intercepted),
            is_whole=self._is_anything_before(since),
            bars=tuple(bars),
            intercepted_bars=tuple(stopped),
        )

    def _is_anything_before(self, moment: datetime) -> bool:
        before = Search(until=moment)
        if self._store.page(before, limit=1).rows:
            return True
        told = self._store.tells_removed(before)
        return told and self._store.count(before, with_removed=True).transactions > 0

    def _rule(self, search: Search, counted: Count) -> RuleCount:
        rule_id = int(counted.value)
        message, category = said_by(self._store, search, rule_id)
        return RuleCount(
            rule_id=rule_id,
            message=message,
            category=category,
            transactions=counted.transactions,
            intercepted=counted.intercepted,
        )


def _between(search: Search, since: datetime, until: datetime) -> Search:
    return msgspec.structs.replace(search, since=since, until=until)
