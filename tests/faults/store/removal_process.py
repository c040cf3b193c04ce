"""A removal in a process of its own, that may kill itself before any statement."""

import os
import signal
from datetime import datetime
from typing import Final

from sqlalchemy import event

from bartizan.store.contract import Expired, Store
from bartizan.store.registry import open_store
from tests.contract.records import NOON

_BATCH: Final = 50


def remove(url: str, statement: int, kind: str) -> None:
    """In a process of its own: remove everything, and be killed before the n-th statement."""
    store = open_store(url)
    seen = [0]

    @event.listens_for(store._writer, "before_cursor_execute")  # type: ignore[attr-defined]
    def _count(*_: object) -> None:
        seen[0] += 1
        if seen[0] == statement:
            os.kill(os.getpid(), signal.SIGKILL)

    walk(store, kind)


def walk(store: Store, kind: str, at: datetime = NOON) -> None:
    position = 0
    expired = Expired(before_id=2**62)
    while True:
        if kind == "payloads":
            step = store.forget_payloads(expired, after_id=position, limit=_BATCH, at=at)
        else:
            step = store.remove_transactions(expired, after_id=position, limit=_BATCH)
        if not step.looked_at:
            return
        position = step.position
