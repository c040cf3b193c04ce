"""Transactions that are nearly the same, folded into one line each.

Alike are those with the same rules, host, method, status and action on a path of the same shape
(numbers and identifiers in it left open, as in `query/similar.py`). The client does not count:
what many addresses of a botnet send is one thing to look at. Told `apart`, the client's network
(/24 of IPv4, /48 of IPv6) counts too, so that each sender is a line of its own.

A page of groups is made of a bounded number of transactions, the newest from its cursor on; its
answer says of how many.
"""

from datetime import datetime
from typing import Final

from bartizan.kit.struct import Struct
from bartizan.query.similar import shape
from bartizan.query.views import Emptiness, RowView, Totals, TransactionList
from bartizan.store.addresses import network_bytes, network_text, packed

SCANNED: Final = 2000
MOST_MEMBERS: Final = 500


class RowGroup(Struct, frozen=True, kw_only=True):
    """`row` is the newest of them; they came from `clients` addresses, from `since` to `until`."""

    row: RowView
    transactions: int
    clients: int
    since: datetime
    until: datetime


class GroupPage(Struct, frozen=True, kw_only=True):
    """The groups among `scanned` transactions, each where its newest one stands in the list."""

    groups: tuple[RowGroup, ...]
    scanned: int
    next: str | None
    total: Totals
    empty: Emptiness | None


class GroupMembers(Struct, frozen=True, kw_only=True):
    """The newest of one group, at most 500."""

    transactions: tuple[RowView, ...]


def grouped(page: TransactionList, *, apart: bool) -> GroupPage:
    found: dict[tuple[object, ...], list[RowView]] = {}
    for row in page.transactions:
        found.setdefault(_key(row, apart=apart), []).append(row)
    return GroupPage(
        groups=tuple(map(_group, found.values())),
        scanned=len(page.transactions),
        next=page.next,
        total=page.total,
        empty=page.empty,
    )


def members_of(page: TransactionList, of: str, *, apart: bool) -> GroupMembers:
    """What is alike the transaction `of`, itself included; nothing if it is not in this page."""
    newest = next((row for row in page.transactions if row.id == of), None)
    if newest is None:
        return GroupMembers(transactions=())
    key = _key(newest, apart=apart)
    alike = [row for row in page.transactions if _key(row, apart=apart) == key]
    return GroupMembers(transactions=tuple(alike[:MOST_MEMBERS]))


def _group(rows: list[RowView]) -> RowGroup:
    return RowGroup(
        row=rows[0],
        transactions=len(rows),
        clients=len({row.client.address for row in rows}),
        since=min(row.at for row in rows),
        until=max(row.at for row in rows),
    )


def _key(row: RowView, *, apart: bool) -> tuple[object, ...]:
    path = (row.uri or "").partition("?")[0]
    return (
        frozenset(row.rule_ids),
        (row.host or "").lower(),
        row.method,
        row.status,
        row.intercepted,
        shape(path),
        _network(row.client.address) if apart else None,
    )


def _network(address: str | None) -> str | None:
    """The network of an address, as facets count them; what is none stands for itself."""
    known = packed(address)
    return address if known is None else network_text(network_bytes(known))
