"""What a run would remove if it began now: the same walk as a rehearsal, within a time limit."""

import time
from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Final

from bartizan.domain.retention import Doomed, RetentionClass, RetentionPreview
from bartizan.domain.search import Search
from bartizan.ingest.retention.policy import rules, statistics_before
from bartizan.ingest.retention.run import excess_transactions
from bartizan.ingest.retention.settings import RetentionSettings
from bartizan.kit.clock import from_us
from bartizan.kit.ids import taken_at_us
from bartizan.store.contract import Expired, RetentionStep, Store
from bartizan.store.control import ControlStore

_AT_ONCE: Final = 5000
_GREATEST_ID: Final = 2**63 - 1
Walk = Callable[[Expired, int, int], RetentionStep]


def preview(
    store: Store,
    control: ControlStore,
    settings: RetentionSettings,
    *,
    now: datetime,
    limit_s: float,
    monotonic: Callable[[], float] = time.monotonic,
) -> RetentionPreview:
    """Changes nothing."""
    holds = tuple(hold.search for hold in control.holds())
    deadline = monotonic() + limit_s

    def is_over() -> bool:
        return monotonic() > deadline

    def told() -> Iterator[Doomed]:
        for rule in rules(settings):
            expired = rule.expired(now, holds)
            if expired is not None:
                walk = _walk_of(store, rule.of, now)
                yield _walked(
                    rule.name,
                    rule.of,
                    expired,
                    walk,
                    is_over,
                    is_about_all=rule.search == Search() and not rule.others,
                )
        excess = excess_transactions(store, settings)
        if excess:
            of = RetentionClass.TRANSACTIONS
            expired = Expired(before_id=_GREATEST_ID, kept=holds)
            walk = _walk_of(store, of, now)
            yield _walked("max_store_bytes", of, expired, walk, is_over, most=excess)

    return RetentionPreview(
        at=now, doomed=tuple(told()), statistics_before=statistics_before(settings, now)
    )


def _walk_of(store: Store, of: RetentionClass, now: datetime) -> Walk:
    if of is RetentionClass.PAYLOADS:
        return lambda expired, after_id, limit: store.forget_payloads(
            expired, after_id=after_id, limit=limit, at=now, is_rehearsal=True
        )
    return lambda expired, after_id, limit: store.remove_transactions(
        expired, after_id=after_id, limit=limit, is_rehearsal=True
    )


def _walked(
    name: str,
    of: RetentionClass,
    expired: Expired,
    walk: Walk,
    is_over: Callable[[], bool],
    *,
    most: int = _GREATEST_ID,
    is_about_all: bool = True,
) -> Doomed:
    count = looked_at = raw_bytes = position = 0
    is_complete = False
    while count < most and not is_over():
        step = walk(expired, position, min(_AT_ONCE, most - count))
        if not step.looked_at:
            is_complete = True
            break
        count, looked_at = count + step.removed, looked_at + step.looked_at
        raw_bytes, position = raw_bytes + step.raw_bytes, step.position
    return Doomed(
        rule=name,
        of=of,
        count=count,
        staying=looked_at - count if is_about_all else None,
        raw_bytes=raw_bytes,
        stored_before=from_us(taken_at_us(_reached(expired, position))),
        is_complete=is_complete or count >= most,
    )


def _reached(expired: Expired, position: int) -> int:
    return position if expired.before_id == _GREATEST_ID else expired.before_id
