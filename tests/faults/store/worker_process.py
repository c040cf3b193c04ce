"""A worker for a process of its own, wired from parameters, that may kill itself at a named point.

POINT is `NAME:N`: at the N-th time that NAME is reached the process sends itself SIGKILL.

| point | when |
| --- | --- |
| before-store | decoded, before the store is asked |
| inside-store | inside the store's transaction, half of the tables written |
| after-store | the store has committed, the spool knows nothing of it |
| before-bury, after-bury | around setting undecodable entries aside |
| after-done | the spool has forgotten, before the next batch |
| before-revive, after-revive | around putting dead letters back |
"""

import os
import signal
import threading
from collections import Counter
from pathlib import Path

from sqlalchemy import event

from bartizan.decode.contract import Decoded
from bartizan.domain.errors import Refused
from bartizan.domain.transaction import Format, RuleMatch, Transaction
from bartizan.ingest.pipeline import Pipeline
from bartizan.ingest.worker import Worker
from bartizan.kit import log
from bartizan.spool.outlet import Outlet
from bartizan.store.registry import open_store
from bartizan.store.sql.transactions import SqlStore
from tests.faults.ledger import name_of
from tests.faults.sabotage.forget_before_store import ForgetfulWorker

_reached = Counter()


def read(raw):
    """Of the ledger's entries: those whose name ends in `bad` cannot be decoded."""
    if (name_of(raw) or "bad").endswith("bad"):
        raise Refused("not-an-entry", "as the test wants it")
    return read_all(raw)


def read_all(raw):
    """The decoder of a later version: no name is too bad for it."""
    name = name_of(raw)
    transaction = Transaction(
        format=Format.ERROR_LOG,
        unique_id=name,
        matches=(RuleMatch(rule_id=1, message="m"), RuleMatch(rule_id=2, message=name)),
    )
    return Decoded(transaction)


class Deadly:
    """Hands on every call, and dies before or after some."""

    def __init__(self, inner, point, points):
        self._inner, self._point, self._points = inner, point, points

    def __getattr__(self, name):
        call = getattr(self._inner, name)
        if name not in self._points:
            return call

        def wrapped(*args, **kwargs):
            reach(f"before-{self._points[name]}", self._point)
            answer = call(*args, **kwargs)
            reach(f"after-{self._points[name]}", self._point)
            return answer

        return wrapped


def reach(name, point):
    _reached[name] += 1
    if point == f"{name}:{_reached[name]}":
        os.kill(os.getpid(), signal.SIGKILL)


def main(directory, url, point, sabotage, ready, *, is_later=False):
    """Run until SIGTERM; `ready` is set when the signal is heard and the store is open.

    `is_later` is a later version of the program, which revives what the one before set aside.
    """
    log.configure()
    store = open_store(url)

    if isinstance(store, SqlStore):

        @event.listens_for(store._writer, "before_cursor_execute")
        def _inside(_connection, _cursor, statement, *_):
            if statement.startswith("INSERT INTO raw_entries"):
                reach("inside-store", point)

    else:  # identities are written, transactions are not
        create = store._appender._create

        def _create(batch):
            reach("inside-store", point)
            return create(batch)

        store._appender._create = _create

    stop = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: stop.set())
    points = {"done": "done", "bury": "bury", "revive_outdated": "revive"}
    outlet = Deadly(Outlet(Path(directory), program="2" if is_later else "1"), point, points)
    pipeline = Pipeline(
        read_all if is_later else read, [], Deadly(store, point, {"append": "store"})
    )
    kind = ForgetfulWorker if sabotage else Worker
    ready.set()
    kind(outlet, pipeline, batch=40, is_reviving=is_later).run(stop)
    store.close()
