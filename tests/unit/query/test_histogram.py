"""Bars over time: widths that a clock strikes, and sums that are those of the list."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bartizan.domain.search import Search
from bartizan.domain.transaction import Category
from bartizan.query.histogram import MAX_BARS, MIN_BARS, Histograms, Split
from bartizan.store.contract import Expired
from bartizan.store.memory import MemoryStore

NOW = datetime(2026, 11, 23, 12, 34, 56, 789, tzinfo=UTC)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
moments = st.integers(-70 * 365, 130 * 365).map(
    lambda days: datetime(1970, 1, 1, 3, 4, 5, 6, UTC) + timedelta(days=days)
)


@pytest.fixture
def histograms(store) -> Histograms:
    return Histograms(store, now=lambda: NOW)


@pytest.mark.parametrize(
    ("span", "width"),
    [
        (timedelta(minutes=1), timedelta(seconds=1)),
        (timedelta(minutes=15), timedelta(seconds=15)),
        (HOUR, timedelta(minutes=1)),
        (DAY, timedelta(minutes=30)),
        (7 * DAY, 3 * HOUR),
        (30 * DAY, 12 * HOUR),
        (365 * DAY, 7 * DAY),
        (3650 * DAY, 91 * DAY),
    ],
)
def test_the_width_follows_from_the_span(histograms, span, width):
    told = histograms.over(Search(since=NOW - span))
    assert timedelta(seconds=told.width_s) == width
    assert (told.since, told.until) == (NOW - span, NOW)


@given(
    since=moments,
    span=st.timedeltas(timedelta(microseconds=1), 80_000 * DAY),
    bars=st.integers(MIN_BARS, MAX_BARS),
)
def test_there_are_never_more_bars_than_asked_for_and_they_cover_the_span(since, span, bars):
    until = since + span
    told = Histograms(MemoryStore(), now=lambda: NOW).over(
        Search(since=since, until=until), bars=bars
    )
    width = timedelta(seconds=told.width_s)
    assert 1 <= len(told.bars) <= bars
    assert told.bars[0].at <= since < told.bars[0].at + width
    assert told.bars[-1].at < until <= told.bars[-1].at + width
    assert all(
        late.at - early.at == width for early, late in zip(told.bars, told.bars[1:], strict=False)
    )
    midnight = told.bars[0].at.replace(hour=0, minute=0, second=0)
    assert (told.bars[0].at - midnight) % min(width, DAY) == timedelta()
    if width >= 7 * DAY:
        assert told.bars[0].at.weekday() == 0


def test_all_bars_together_are_what_the_list_counts(store, histograms, make_record):
    store.append(
        [
            make_record(at=NOW - number * timedelta(minutes=17), intercepted=number % 3 == 0)
            for number in range(200)
        ]
    )
    for hours in range(1, 60, 7):
        search = Search(since=NOW - hours * HOUR, until=NOW - hours * HOUR / 9)
        total = store.count(search)
        for split in (None, *Split):
            bars = histograms.over(search, split=split).bars
            assert sum(bar.transactions for bar in bars) == total.transactions
            assert sum(bar.intercepted for bar in bars) == total.intercepted
            for bar in bars if split else ():
                assert sum(part.transactions for part in bar.parts) == bar.transactions
                assert sum(part.intercepted for part in bar.parts) == bar.intercepted


def test_parts_tell_blocked_from_detected_and_what_has_no_value(store, histograms, make_record):
    store.append(
        [
            make_record(at=NOW - HOUR, category=category, intercepted=intercepted)
            for category, intercepted in (
                (Category.SQLI, True), (Category.SQLI, False), (None, False), (Category.XSS, None),
            )
        ]
    )  # fmt: skip
    search = Search(since=NOW - DAY)

    def parts(split: Split) -> list[tuple[str | None, int, int]]:
        bars = histograms.over(search, split=split).bars
        (bar,) = [bar for bar in bars if bar.transactions]
        return [(one.value, one.transactions, one.intercepted) for one in bar.parts]

    assert parts(Split.ACTION) == [("blocked", 1, 1), ("detected", 3, 0)]
    assert parts(Split.CATEGORY) == [("sqli", 2, 1), ("xss", 1, 0), (None, 1, 0)]
    assert parts(Split.SEVERITY) == [(None, 4, 1)]


def test_without_a_span_bars_begin_where_there_is_something(store, histograms, make_record):
    assert len(histograms.over(Search()).bars) > 1, "of an empty store: of the last day"
    store.append([make_record(at=NOW - 40 * DAY)])
    told = histograms.over(Search())
    assert told.since == (NOW - 40 * DAY).replace(hour=0, minute=0, second=0, microsecond=0)
    assert [bar.transactions for bar in told.bars if bar.transactions] == [1]


def test_what_retention_removed_is_counted_where_that_is_known(store, histograms, make_record):
    ids = store.append([make_record(at=NOW - number * DAY) for number in range(100)]).ids
    store.remove_transactions(Expired(before_id=ids[50]), after_id=0, limit=1000)
    year = Search(since=NOW - 365 * DAY)
    told = histograms.over(year)
    assert (sum(bar.transactions for bar in told.bars), told.includes_removed) == (50, False)
    told = histograms.over(year, with_removed=True)
    assert (sum(bar.transactions for bar in told.bars), told.includes_removed) == (100, True)
    assert told.since == told.bars[0].at
    told = histograms.over(Search(since=year.since, paths=("/*",)), with_removed=True)
    assert (sum(bar.transactions for bar in told.bars), told.includes_removed) == (50, False)
    told = histograms.over(Search(), with_removed=True)
    assert sum(bar.transactions for bar in told.bars) == 100
