"""From the settings and the time to what may go: pure, so that every rule of it can be tested.

The most particular table counts: a sensor's own, else the one for what was only detected (not
blocked), else the one for all; what it leaves out is as for all. Age counts from when a transaction
was stored, which is what its id says: so an import of old logs is not gone the next minute.
"""

from collections.abc import Iterator, Sequence
from datetime import datetime

from bartizan.domain.retention import RetentionClass
from bartizan.domain.search import Search
from bartizan.ingest.retention.settings import Age, ClassAges, RetentionSettings
from bartizan.kit.clock import to_us
from bartizan.kit.ids import first_id_at
from bartizan.kit.struct import Struct
from bartizan.store.contract import Expired

_DETECTED = Search(intercepted=False)


class Rule(Struct, frozen=True, kw_only=True):
    """Of the transactions that match `search` and none of `others`, `of` goes at this age.

    `name` is the setting that says so.
    """

    name: str
    of: RetentionClass
    age: Age
    search: Search = Search()
    others: tuple[Search, ...] = ()

    def expired(self, now: datetime, holds: Sequence[Search]) -> Expired | None:
        """What its time is over of; None if nothing ever is."""
        if self.age.span is None:
            return None
        return Expired(
            before_id=first_id_at(to_us(now) - round(self.age.span.total_seconds() * 1_000_000)),
            search=self.search,
            kept=(*self.others, *holds),
        )


def rules(settings: RetentionSettings) -> tuple[Rule, ...]:
    """Transactions first: what goes as a whole need not lose its entry before."""
    return (
        *_rules_of(RetentionClass.TRANSACTIONS, settings, settings.transactions),
        *_rules_of(RetentionClass.PAYLOADS, settings, settings.payloads),
    )


def statistics_before(settings: RetentionSettings, now: datetime) -> datetime | None:
    """Counts of times before then may go."""
    span = settings.statistics.span
    return None if span is None else now - span


def _rules_of(of: RetentionClass, settings: RetentionSettings, general: Age) -> Iterator[Rule]:
    others: tuple[Search, ...] = ()
    of_detected = _age_of(of, settings.detected)
    for name, ages in sorted(settings.sensors.items()):
        age = _age_of(of, ages)
        if age is not None or of_detected is not None:
            search = Search(sensors=(name,))
            yield Rule(name=f"sensors.{name}.{of}", of=of, age=age or general, search=search)
            others = (*others, search)
    if of_detected is not None:
        yield Rule(name=f"detected.{of}", of=of, age=of_detected, search=_DETECTED, others=others)
        others = (*others, _DETECTED)
    yield Rule(name=of.value, of=of, age=general, others=others)


def _age_of(of: RetentionClass, ages: ClassAges) -> Age | None:
    return ages.payloads if of is RetentionClass.PAYLOADS else ages.transactions
