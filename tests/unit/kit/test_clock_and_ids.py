from hypothesis import given
from hypothesis import strategies as st

from bartizan.kit.clock import from_us, to_us
from bartizan.kit.ids import IdSource, taken_at_us


@given(st.integers(-62_135_596_800_000_000, 253_402_300_799_999_999))
def test_microseconds_survive_the_round_trip(moment):
    assert to_us(from_us(moment)) == moment


def test_ids_grow_even_when_the_clock_steps_back():
    times = iter([5_000_000, 4_000_000, 4_000_000, 9_000_000])
    source = IdSource(lambda: next(times))
    taken = [identity for count in (3, 2000, 1, 1) for identity in source.take(count)]
    assert taken == sorted(set(taken))
    assert len(taken) == 2005


def test_ids_are_above_the_greatest_that_another_clock_gave():
    hour_us = 3600 * 1_000_000
    of_another = IdSource(lambda: 9_000 * hour_us).take(3)[-1]
    behind = IdSource(lambda: 8_999 * hour_us)
    assert behind.take(1, above=of_another)[0] == of_another + 1
    assert behind.take(2)[0] == of_another + 2


def test_a_clock_that_is_days_ahead_does_not_set_everybody_elses():
    day_us = 24 * 3600 * 1_000_000
    of_another = IdSource(lambda: 9_002 * day_us).take(1)[0]
    taken = IdSource(lambda: 9_000 * day_us).take(1, above=of_another)[0]
    assert taken_at_us(taken) == 9_000 * day_us


def test_ids_fit_into_sixty_three_bits_until_the_year_2200():
    assert max(IdSource(lambda: 7_258_118_400_000_000).take(10)) < 2**63
