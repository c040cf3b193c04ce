"""The access trail is bounded by age, and strangers cannot fill it."""

from datetime import UTC, datetime, timedelta

from bartizan.accounts.trail import Trail
from bartizan.domain.trail import Deed, TrailQuestion

START = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)


class Clock:
    def __init__(self) -> None:
        self.now = START

    def __call__(self) -> datetime:
        return self.now


def _subjects(trail) -> list[str]:
    return [one.deed.subject for one in trail.every(TrailQuestion())]


def test_what_is_too_old_is_not_shown_and_goes(control) -> None:
    clock = Clock()
    trail = Trail(control, keep_days=30, now=clock)
    for number in range(5):
        trail.note("x", subject=str(number))
        clock.now += timedelta(days=10)
    assert _subjects(trail) == ["4", "3", "2"]
    kept = control.trail(TrailQuestion(), 10)
    assert [one.deed.subject for one in kept] == ["4", "3", "2", "1"]
    trail.note("x", subject="new")
    assert [one.deed.subject for one in control.trail(TrailQuestion(), 10)][-1] == "2"


def test_a_long_backlog_goes_in_steps_with_the_next_deeds(control) -> None:
    clock = Clock()
    trail = Trail(control, keep_days=1, now=clock)
    old = START - timedelta(days=2)
    control.record([Deed(at=old, action="x", subject=str(number)) for number in range(6000)])
    trail.note("x", subject="first")
    assert len(control.trail(TrailQuestion(), 10_000)) == 1001
    trail.note("x", subject="second")
    left = control.trail(TrailQuestion(), 10_000)
    assert [one.deed.subject for one in left] == ["second", "first"]


def test_strangers_are_written_down_a_few_times_a_minute(control) -> None:
    clock = Clock()
    trail = Trail(control, keep_days=30, now=clock)
    for _ in range(100):
        trail.note_stranger("login.refused", peer_address="203.0.113.7")
    assert len(_subjects(trail)) == 30
    clock.now += timedelta(minutes=1)
    trail.note_stranger("login.refused", peer_address="203.0.113.7")
    assert len(_subjects(trail)) == 31


def test_control_characters_are_shown_by_name(control) -> None:
    trail = Trail(control, keep_days=30)
    trail.note("x", person="a\x1b[31m\u202eb", subject="c\r\nd", detail="\x00")
    (entry,) = trail.list(TrailQuestion(), 10)
    assert entry.deed.person == "a<U+001B>[31m<U+202E>b"
    assert entry.deed.subject == "c<U+000D><U+000A>d"
