"""The hosts of a span: how much each was asked, and how its firewall is set."""

from datetime import datetime, timedelta
from typing import Final

import msgspec

from bartizan.domain.search import Facet, Search
from bartizan.kit.struct import Struct
from bartizan.query.overview_spans import EARLIEST, Slices, slices_of
from bartizan.query.questions import Questions

MOST_HOSTS: Final = 200
MOST_DETAILED: Final = 50  # hosts of one question, as many as a filter has values


class HostCount(Struct, frozen=True, kw_only=True):
    host: str
    transactions: int
    intercepted: int


class HostList(Struct, frozen=True, kw_only=True):
    """The most frequent first. `is_complete` says that there are no others.

    `transactions` are all of the search, those without a host too.
    """

    hosts: tuple[HostCount, ...]
    is_complete: bool
    transactions: int


class HostDetail(Struct, frozen=True, kw_only=True):
    """Of the newest transaction of the host: when it was, and what its entry states."""

    host: str
    at: datetime
    transaction_id: str
    sensor: str
    engine_mode: str | None
    ruleset: str | None
    bars: tuple[int, ...]


class HostDetails(Struct, frozen=True, kw_only=True):
    """`bars` are slices of `slice_s`, the first of them from `since` on; null without a beginning
    of the search: then there are none.
    """

    hosts: tuple[HostDetail, ...]
    since: datetime | None
    slice_s: int | None


def list_hosts(store: Questions, search: Search) -> HostList:
    counts = store.facet(search, Facet.HOST, limit=MOST_HOSTS + 1)
    return HostList(
        hosts=tuple(
            HostCount(
                host=count.value, transactions=count.transactions, intercepted=count.intercepted
            )
            for count in counts[:MOST_HOSTS]
        ),
        is_complete=len(counts) <= MOST_HOSTS,
        transactions=store.count(search).transactions,
    )


def host_details(store: Questions, search: Search, now: datetime) -> HostDetails:
    """Of the hosts that the search names, three questions for each; not of those it finds not."""
    until = now if search.until is None else min(search.until, now)
    slices = None
    if search.since is not None and EARLIEST <= search.since < until:
        slices = slices_of(search.since, until)
    asked = ((host, msgspec.structs.replace(search, hosts=(host,))) for host in search.hosts)
    details = (_detail(store, one, host, slices) for host, one in asked)
    return HostDetails(
        hosts=tuple(detail for detail in details if detail is not None),
        since=None if slices is None else slices.start,
        slice_s=None if slices is None else slices.width // timedelta(seconds=1),
    )


def _detail(
    store: Questions, search: Search, host: str, slices: Slices | None
) -> HostDetail | None:
    rows = store.page(search, limit=1).rows
    newest = store.get(rows[0].id) if rows else None
    if newest is None:
        return None
    return HostDetail(
        host=host,
        at=newest.row.at,
        transaction_id=str(newest.row.id),
        sensor=newest.row.sensor,
        engine_mode=newest.engine_mode,
        ruleset=newest.ruleset,
        bars=() if slices is None else _bars(store, search, slices),
    )


def _bars(store: Questions, search: Search, slices: Slices) -> tuple[int, ...]:
    whole = msgspec.structs.replace(search, since=slices.start, until=slices.until)
    counted = [0] * slices.count
    for bar in store.histogram(whole, width=slices.width):
        counted[slices.place(bar.at)] = bar.transactions
    return tuple(counted)
