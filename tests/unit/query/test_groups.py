"""What is folded together in the list, and what is not."""

import msgspec
import pytest

from bartizan.domain.delivery import TimeBasis
from bartizan.domain.transaction import Endpoint
from bartizan.kit.clock import from_us
from bartizan.query.groups import grouped, members_of
from bartizan.query.views import RowView, Totals, TransactionList


def _row(number: int, **fields: object) -> RowView:
    row = RowView(
        id=str(number),
        sensor="web-1",
        at=from_us(1_700_000_000_000_000 - number * 1_000_000),
        received_at=from_us(1_700_000_000_000_000),
        is_skewed=False,
        unique_id=None,
        client=Endpoint(address="203.0.113.7", port=1),
        place=None,
        method="GET",
        host="shop.example",
        uri="/order/17?id=1",
        status=403,
        category="sqli",
        severity=2,
        score=5,
        intercepted=True,
        verdict=None,
        rule_ids=(942100, 949110),
        defect_count=0,
        time_basis=TimeBasis.STATED,
        is_demo=False,
    )
    return msgspec.structs.replace(row, **fields)


def _page(*rows: RowView) -> TransactionList:
    total = Totals(transactions=len(rows), intercepted=len(rows))
    return TransactionList(transactions=rows, next="more", total=total, empty=None)


_ALIKE = [
    {"uri": "/order/18?id=2 OR 1"},
    {"host": "SHOP.example"},
    {"rule_ids": (949110, 942100)},
    {"client": Endpoint(address="198.51.100.1", port=2)},
    {"sensor": "web-2", "score": 20, "unique_id": "x"},
]
_DIFFERENT = [
    {"uri": "/order/list"},
    {"host": "www.example"},
    {"rule_ids": (942100,)},
    {"method": "POST"},
    {"status": 200},
    {"intercepted": False},
]


@pytest.mark.parametrize("fields", _ALIKE, ids=str)
def test_nearly_the_same_are_one_line(fields):
    page = grouped(_page(_row(1), _row(2, **fields)), apart=False)
    (group,) = page.groups
    assert (group.row.id, group.transactions) == ("1", 2)


@pytest.mark.parametrize("fields", _DIFFERENT, ids=str)
def test_what_differs_in_more_than_numbers_stays_apart(fields):
    assert len(grouped(_page(_row(1), _row(2, **fields)), apart=False).groups) == 2


@pytest.mark.parametrize(
    ("one", "other", "groups"),
    [
        ("203.0.113.7", "203.0.113.250", 1),
        ("203.0.113.7", "203.0.114.7", 2),
        ("2001:db8:1::1", "2001:db8:1:ffff::1", 1),
        ("2001:db8:1::1", "2001:db8:2::1", 2),
        ("unix:", "unix:", 1),
        (None, "203.0.113.7", 2),
    ],
)
def test_networks_are_told_apart_if_asked(one, other, groups):
    rows = [_row(n, client=Endpoint(address=who, port=1)) for n, who in enumerate((one, other))]
    assert len(grouped(_page(*rows), apart=True).groups) == groups
    assert len(grouped(_page(*rows), apart=False).groups) == 1


def test_a_group_tells_how_many_from_how_many_and_when():
    rows = [
        _row(
            n, client=Endpoint(address=f"203.0.113.{n % 3}", port=1), status=200 if n == 4 else 403
        )
        for n in range(9)
    ]
    page = grouped(_page(*rows), apart=False)
    assert (page.scanned, page.next, page.total.transactions) == (9, "more", 9)
    first, second = page.groups
    assert (first.transactions, first.clients, second.transactions) == (8, 3, 1)
    assert (first.until, first.since) == (rows[0].at, rows[8].at)


def test_the_members_of_a_group_are_all_of_it_and_nothing_else():
    rows = [_row(n, status=200 if n % 2 else 403) for n in range(8)]
    page = _page(*rows)
    for group in grouped(page, apart=False).groups:
        found = members_of(page, group.row.id, apart=False).transactions
        assert len(found) == group.transactions
        assert {row.status for row in found} == {group.row.status}
    assert members_of(page, "99", apart=False).transactions == ()
