"""Settings of retention. With none of them nothing goes for its age."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Annotated, Any, Final, Self

from pydantic import BeforeValidator, Field, model_validator

from bartizan.domain.retention import KeptFor, RetentionLimits
from bartizan.kit.settings import Section

OFF: Final = "off"
_AGE: Final = re.compile(r"([0-9]{1,5}) ?([hdwy])")
_HOURS: Final = {"h": 1, "d": 24, "w": 7 * 24, "y": 365 * 24}
_LEAST_STORE_BYTES: Final = 16 * 1024 * 1024


@dataclass(frozen=True, kw_only=True)
class Age:
    """How long something is kept: `hours`, or for good."""

    hours: int | None

    def __str__(self) -> str:
        if self.hours is None:
            return OFF
        return f"{self.hours // 24}d" if self.hours % 24 == 0 else f"{self.hours}h"

    @property
    def span(self) -> timedelta | None:
        return None if self.hours is None else timedelta(hours=self.hours)

    def is_longer_than(self, other: "Age") -> bool:
        if other.hours is None:
            return False
        return self.hours is None or self.hours > other.hours


FOR_GOOD: Final = Age(hours=None)


def _read_age(value: Any) -> Any:
    if isinstance(value, Age) or value is None:
        return value
    if value == OFF:
        return FOR_GOOD
    found = _AGE.fullmatch(value) if isinstance(value, str) else None
    hours = int(found[1]) * _HOURS[found[2]] if found is not None else 0
    if hours == 0:
        raise ValueError('must be a span such as "30d" (h, d, w or y), or "off" to keep for good')
    return Age(hours=hours)


Span = Annotated[Age, BeforeValidator(_read_age)]


class ClassAges(Section):
    """Ages of some transactions, where they differ from those of all."""

    payloads: Span | None = Field(None, description="how long raw entries and parts are kept")
    transactions: Span | None = Field(None, description="how long decoded transactions are kept")

    @model_validator(mode="after")
    def _payloads_first(self) -> Self:
        if self.payloads is None or self.transactions is None:
            return self
        if self.payloads.hours is not None and self.payloads.is_longer_than(self.transactions):
            raise ValueError(
                f"payloads ({self.payloads}) are kept longer than transactions"
                f" ({self.transactions}), but an entry goes with its transaction"
            )
        return self


class RetentionSettings(Section):
    """How long things are kept, and how much of them."""

    payloads: Span = Field(FOR_GOOD, description="how long raw entries and parts are kept")
    transactions: Span = Field(FOR_GOOD, description="how long decoded transactions are kept")
    statistics: Span = Field(FOR_GOOD, description="how long counts by hour and day are kept")
    detected: ClassAges = ClassAges()
    sensors: dict[str, ClassAges] = Field({}, description="ages of the transactions of a sensor")
    max_store_bytes: int | None = Field(
        None, ge=_LEAST_STORE_BYTES, description="the oldest transactions go beyond that"
    )
    min_free_bytes: int = Field(
        1024 * 1024 * 1024, ge=0, description="the oldest go when less disk is free; 0: never"
    )
    interval_s: int = Field(3600, ge=10, le=86400, description="how often what is too old goes")

    @model_validator(mode="after")
    def _without_contradiction(self) -> Self:
        ClassAges(payloads=self.payloads, transactions=self.transactions)
        for name, age in self._transaction_ages():
            if age.hours is not None and age.is_longer_than(self.statistics):
                raise ValueError(
                    f"statistics ({self.statistics}) are kept shorter than {name} ({age}), so"
                    " counts would leave out what is still there"
                )
        return self

    def _transaction_ages(self) -> Iterator[tuple[str, Age]]:
        yield "transactions", self.transactions
        if self.detected.transactions is not None:
            yield "detected.transactions", self.detected.transactions
        for name, ages in self.sensors.items():
            if ages.transactions is not None:
                yield f"sensors.{name}.transactions", ages.transactions

    def limits(self) -> RetentionLimits:
        """For people to read."""
        particular: list[tuple[str, str | None, ClassAges]] = [
            ("sensor", name, ages) for name, ages in sorted(self.sensors.items())
        ]
        if self.detected.payloads is not None or self.detected.transactions is not None:
            particular.append(("detected", None, self.detected))
        return RetentionLimits(
            ages=(
                *(self._kept_for(of, name, ages) for of, name, ages in particular),
                self._kept_for("all", None, ClassAges()),
            ),
            statistics_hours=self.statistics.hours,
            max_store_bytes=self.max_store_bytes,
            min_free_bytes=self.min_free_bytes,
            interval_s=self.interval_s,
        )

    def _kept_for(self, of: str, sensor: str | None, ages: ClassAges) -> KeptFor:
        payloads = self.payloads if ages.payloads is None else ages.payloads
        transactions = self.transactions if ages.transactions is None else ages.transactions
        return KeptFor(
            of=of,
            sensor=sensor,
            payloads_hours=payloads.hours,
            transactions_hours=transactions.hours,
        )
