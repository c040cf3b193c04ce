"""Records to store and a control store, for tests that need something to be there."""

import hashlib
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path
from typing import Any

import pytest

from bartizan.domain.delivery import Record
from bartizan.domain.transaction import (
    Category,
    Endpoint,
    Format,
    Place,
    PlaceKind,
    Request,
    Response,
    RuleMatch,
    Transaction,
)
from bartizan.kit.clock import to_us
from bartizan.store.control import ControlStore
from bartizan.store.registry import open_control
from tests.migrated import empty_control

MakeRecord = Callable[..., Record]
_START = datetime(2026, 11, 23, 7, 0, tzinfo=UTC)


@pytest.fixture
def control(tmp_path: Path) -> Iterator[ControlStore]:
    """A control store of its own, on SQLite."""
    opened = open_control(empty_control(tmp_path / "control.sqlite"))
    yield opened
    opened.close()


@pytest.fixture
def make_record() -> MakeRecord:
    """Each call makes another record, a second after the one before unless `at` says when."""
    numbers = count()

    def make(
        *,
        sensor: str = "edge",
        at: datetime | None = None,
        raw: bytes | None = None,
        country: str | None = "FR",
        client: str = "203.0.113.7",
        host: str = "shop.example",
        uri: str = "/search?q=1",
        status: int = 403,
        category: Category | None = Category.SQLI,
        intercepted: bool = True,
        **facts: Any,
    ) -> Record:
        number = next(numbers)
        moment = at or _START + timedelta(seconds=number)
        content = raw if raw is not None else f"entry {number}".encode()
        transaction = Transaction(
            format=Format.MODSECURITY2_NATIVE,
            **{
                "unique_id": f"unique-{number}",
                "occurred_at": moment,
                "client": Endpoint(address=client, port=40000),
                "request": Request(method="GET", uri=uri, headers=(("Host", host),)),
                "response": Response(status=status),
                "matches": (RuleMatch(rule_id=942100, message="SQL injection", severity=2),),
                "intercepted": intercepted,
                "category": category,
                "verdict": "Blocked: SQL injection",
                "place": country
                and Place(
                    kind=PlaceKind.CITY, country=country, city="Paris", latitude=48.9, longitude=2.3
                ),
                **facts,
            },
        )
        return Record(
            sensor=sensor,
            received_at_us=to_us(moment) + 1000,
            digest=hashlib.sha256(content).digest(),
            raw=content,
            transaction=transaction,
        )

    return make
