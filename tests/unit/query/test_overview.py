"""The overview: totals beside the span before, rules in their own words, first ones, hosts."""

from datetime import UTC, datetime, timedelta

import pytest

from bartizan.domain.clearance import Clearance
from bartizan.domain.search import Search
from bartizan.domain.transaction import RuleMatch
from bartizan.query.first_seen import NewTo, first_seen
from bartizan.query.overview import Overviews
from bartizan.query.overview_spans import EARLIEST, floor, slice_width, slices_of
from bartizan.store.contract import Expired

_NOW = datetime(2026, 11, 23, 18, 30, tzinfo=UTC)
_HOUR = timedelta(hours=1)
_DAY = Search(since=_NOW - 24 * _HOUR)


@pytest.fixture
def overviews(store, sensors) -> Overviews:
    return Overviews(store, sensors, now=lambda: _NOW)


def _rule(number: int, message: str | None = None) -> RuleMatch:
    return RuleMatch(rule_id=number, message=message, severity=2)


def test_a_span_stands_beside_the_one_before_it(store, overviews, make_record) -> None:
    store.append(
        [
            *(make_record(at=_NOW - n * _HOUR) for n in (1, 2, 30)),
            make_record(at=_NOW - 3 * _HOUR, intercepted=False),
            make_record(at=_NOW - 25 * _HOUR, intercepted=None),
            make_record(at=_NOW - 49 * _HOUR),
        ]
    )
    summary = overviews.summary(_DAY)
    total = summary.total
    assert (total.transactions, total.intercepted, total.passed) == (3, 2, 1)
    assert summary.current is not None
    assert summary.previous is not None
    assert summary.current.total.transactions == 3
    assert (summary.current.is_whole, summary.previous.is_whole) == (True, True)
    before = summary.previous
    assert (before.since, before.until) == (_NOW - 48 * _HOUR, _NOW - 24 * _HOUR)
    assert (before.total.transactions, before.total.intercepted) == (2, 1)
    assert (sum(summary.current.bars), sum(summary.current.intercepted_bars)) == (3, 2)
    assert sum(before.bars) == 2
    assert (summary.slice_s, summary.empty) == (3600, None)
    assert len(summary.current.bars) == 25  # it begins and ends within an hour


def test_without_a_beginning_there_is_nothing_to_compare_with(
    store, overviews, make_record
) -> None:
    store.append([make_record(at=_NOW - _HOUR)])
    summary = overviews.summary(Search())
    assert summary.total.transactions == 1
    assert (summary.current, summary.previous, summary.slice_s) == (None, None, None)


@pytest.mark.parametrize(
    ("since", "until"),
    [
        (datetime(1, 1, 1, tzinfo=UTC), None),
        (EARLIEST, None),
        (_NOW + _HOUR, None),
        (_NOW - _HOUR, datetime(9999, 12, 31, tzinfo=UTC)),
        (_NOW + _HOUR, _NOW + 2 * _HOUR),
    ],
)
def test_odd_spans_do_no_harm(store, overviews, make_record, since, until) -> None:
    store.append([make_record(at=_NOW - timedelta(minutes=5))])
    search = Search(since=since, until=until)
    summary = overviews.summary(search)
    assert summary.current is None or sum(summary.current.bars) == 1
    assert summary.previous is None or summary.previous.total.transactions == 0
    overviews.host_details(Search(since=since, until=until, hosts=("shop.example",)))
    assert overviews.first_seen(search, NewTo.PATH).checked in (0, 1)


def test_an_empty_span_says_why(overviews) -> None:
    empty = overviews.summary(_DAY).empty
    assert empty is not None
    assert empty.reason.value == "no-sensor"


def test_what_retention_removed_is_compared_with_all_the_same(
    store, overviews, make_record
) -> None:
    """Else every span would look like a great rise as soon as the one before it is gone."""
    old = store.append([make_record(at=_NOW - n * _HOUR) for n in range(25, 60)]).ids
    store.append([make_record(at=_NOW - n * _HOUR) for n in (1, 2)])
    expired = Expired(before_id=max(old) + 1)
    store.remove_transactions(expired, after_id=0, limit=1000)
    summary = overviews.summary(_DAY)
    assert (summary.total.transactions, summary.includes_removed) == (2, True)
    assert summary.previous is not None
    assert summary.previous.total.transactions >= 22
    assert sum(summary.previous.bars) >= 22
    assert summary.previous.is_whole


def test_a_span_before_which_nothing_is_known_is_not_called_whole(
    store, overviews, make_record
) -> None:
    store.append([make_record(at=_NOW - n * _HOUR) for n in (1, 30)])
    summary = overviews.summary(_DAY)
    assert summary.current is not None
    assert summary.previous is not None
    assert (summary.current.is_whole, summary.previous.is_whole) == (True, False)


def test_filters_hold_for_both_spans(store, overviews, make_record) -> None:
    for host in ("a.example", "b.example"):
        store.append([make_record(at=_NOW - n * _HOUR, host=host) for n in (1, 30, 31)])
    summary = overviews.summary(Search(since=_DAY.since, hosts=("a.example",)))
    assert summary.total.transactions == 1
    assert summary.previous is not None
    assert summary.previous.total.transactions == 2


def test_rules_speak_for_themselves_and_those_that_add_up_stand_apart(
    store, overviews, make_record
) -> None:
    adding = _rule(949110, "Inbound Anomaly Score Exceeded")
    store.append(
        [
            make_record(at=_NOW - 2 * _HOUR, matches=(_rule(942100, "older words"), adding)),
            make_record(at=_NOW - _HOUR, matches=(_rule(942100, "SQL Injection"), adding)),
            make_record(at=_NOW - _HOUR, matches=(_rule(920350), adding), intercepted=False),
        ]
    )
    counts = overviews.rules(_DAY)
    told = [
        (rule.rule_id, rule.message, rule.category, rule.transactions, rule.intercepted)
        for rule in counts.rules
    ]
    assert told == [(942100, "SQL Injection", "sqli", 2, 2), (920350, None, "protocol", 1, 0)]
    assert [(rule.rule_id, rule.transactions) for rule in counts.evaluation] == [(949110, 3)]


def test_a_chosen_rule_does_not_hide_the_others(store, overviews, make_record) -> None:
    store.append([make_record(at=_NOW - _HOUR, matches=(_rule(n),)) for n in (1, 2)])
    counts = overviews.rules(Search(since=_DAY.since, rule_ids=(1,)))
    assert [rule.rule_id for rule in counts.rules] == [1, 2]


def test_rules_and_paths_that_were_never_there_before_are_found(
    store, overviews, make_record
) -> None:
    store.append(
        [
            make_record(at=_NOW - 40 * _HOUR, uri="/old?x=1", matches=(_rule(1, "old"),)),
            make_record(at=_NOW - 2 * _HOUR, uri="/old", matches=(_rule(1, "old"),)),
            make_record(at=_NOW - _HOUR, uri="/new*", matches=(_rule(2, "new"), _rule(949110))),
        ]
    )
    rules = overviews.first_seen(_DAY, NewTo.RULE)
    assert [(new.value, new.message, new.transactions) for new in rules.values] == [("2", "new", 1)]
    assert (rules.checked, rules.is_complete, rules.has_before) == (2, True, True)
    paths = overviews.first_seen(_DAY, NewTo.PATH)
    assert [(new.value, new.message) for new in paths.values] == [("/new*", None)]


def test_what_one_host_knows_may_be_new_to_another(store, overviews, make_record) -> None:
    store.append(
        [
            make_record(at=_NOW - 40 * _HOUR, host="a.example"),
            make_record(at=_NOW - _HOUR, host="a.example"),
            make_record(at=_NOW - _HOUR, host="b.example"),
        ]
    )
    assert overviews.first_seen(_DAY, NewTo.RULE).values == ()
    only = Search(since=_DAY.since, hosts=("b.example",))
    assert [new.value for new in overviews.first_seen(only, NewTo.RULE).values] == ["942100"]


@pytest.mark.parametrize("search", [_DAY, Search()])
def test_nothing_is_new_where_nothing_was_before(store, overviews, make_record, search) -> None:
    store.append([make_record(at=_NOW - _HOUR)])
    found = overviews.first_seen(search, NewTo.RULE)
    assert (found.values, found.checked, found.has_before) == ((), 0, False)


def test_looking_for_first_ones_ends_when_its_time_is_over(store, make_record) -> None:
    store.append([make_record(at=_NOW - 40 * _HOUR, matches=())])
    store.append([make_record(at=_NOW - _HOUR, uri=f"/{n}") for n in range(9)])
    seconds = iter(range(100))
    found = first_seen(store, _DAY, NewTo.PATH, monotonic=lambda: float(next(seconds)))
    assert (found.checked, len(found.values), found.is_complete) == (3, 3, False)


def test_hosts_with_how_their_firewall_is_set(store, overviews, make_record) -> None:
    old = {"engine_mode": "DetectionOnly", "ruleset": "OWASP_CRS/3.3.4"}
    new = {"engine_mode": "On", "ruleset": "OWASP_CRS/4.1"}
    store.append(
        [
            make_record(at=_NOW - 5 * _HOUR, host="A.example", **old),
            make_record(at=_NOW - _HOUR, host="a.example", sensor="web-2", **new),
            make_record(at=_NOW - 2 * _HOUR, host="b.example", intercepted=False),
            make_record(at=_NOW - 60 * _HOUR, host="c.example"),
        ]
    )
    hosts = overviews.hosts(_DAY)
    assert [(one.host, one.transactions, one.intercepted) for one in hosts.hosts] == [
        ("a.example", 2, 2),
        ("b.example", 1, 0),
    ]
    assert (hosts.is_complete, hosts.transactions) == (True, 3)
    wanted = Search(since=_DAY.since, hosts=("a.example", "b.example", "c.example"))
    details = overviews.host_details(wanted)
    first, second = details.hosts
    assert (first.engine_mode, first.ruleset, first.sensor) == ("On", "OWASP_CRS/4.1", "web-2")
    assert (first.at, second.engine_mode) == (_NOW - _HOUR, None)
    assert [sum(one.bars) for one in details.hosts] == [2, 1]


def test_more_hosts_than_are_shown_are_not_called_all(store, overviews, make_record) -> None:
    store.append([make_record(at=_NOW - _HOUR, host=f"h{n}.example") for n in range(203)])
    hosts = overviews.hosts(_DAY)
    assert (len(hosts.hosts), hosts.is_complete, hosts.transactions) == (200, False, 203)


def test_a_scope_holds_for_every_board(store, overviews, make_record) -> None:
    for host, rule in (("mine.example", 1), ("theirs.example", 2)):
        store.append(
            [
                make_record(
                    at=_NOW - n * _HOUR, host=host, matches=(_rule(rule, host),), uri=f"/{host}"
                )
                for n in (1, 30)
            ]
        )
    mine = overviews.within(Clearance(scopes=(Search(hosts=("mine.example",)),)))
    assert mine.summary(_DAY).total.transactions == 1
    assert [rule.rule_id for rule in mine.rules(_DAY).rules] == [1]
    assert [one.host for one in mine.hosts(_DAY).hosts] == ["mine.example"]
    assert mine.hosts(_DAY).transactions == 1
    assert mine.host_details(Search(hosts=("theirs.example",))).hosts == ()
    nobody = overviews.within(Clearance(scopes=(Search(hosts=("none.example",)),)))
    assert nobody.first_seen(_DAY, NewTo.PATH).has_before is False


@pytest.mark.parametrize("minutes", [1, 7, 32, 33, 600, 1440, 10_080, 43_200, 26_000_000])
def test_slices_are_round_and_about_thirty(minutes) -> None:
    length = timedelta(minutes=minutes)
    slices = slices_of(_NOW - length, _NOW)
    assert slices.start <= _NOW - length < slices.start + slices.width
    assert 1 <= slices.count <= 60
    assert slices.start + slices.count * slices.width >= _NOW
    assert floor(slices.start, slice_width(length)) == slices.start
