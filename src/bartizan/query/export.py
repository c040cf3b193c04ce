"""All transactions that match, as one run in the order of the list, however many there are.

A run holds one batch at a time. It goes on by the place of the last row and not by counting, so no
transaction comes twice and none that was there when it began is left out (but for what retention
removes meanwhile); what is stored while it runs may be in it if it is old enough.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Final

from bartizan.domain.errors import Refused
from bartizan.domain.search import Search
from bartizan.kit.struct import Struct
from bartizan.query.questions import Questions
from bartizan.query.rows import RowViews
from bartizan.query.views import RowView

BATCH: Final = 1000
Batches = Iterator[tuple[RowView, ...]]


def run(store: Questions, views: RowViews, search: Search, *, most: int | None = None) -> Batches:
    """Batch after batch, newest first, read when it is asked for; at most `most` rows."""
    cursor, left = None, most
    while left is None or left > 0:
        size = BATCH if left is None else min(BATCH, left)
        page = store.page(search, before=cursor, limit=size)
        if page.rows:
            yield views.view(page.rows)
        if page.next is None:
            return
        cursor, left = page.next, None if left is None else left - len(page.rows)


class Column(Struct, frozen=True, kw_only=True):
    """One column of a table: what it holds, and how it is had from a row."""

    means: str
    of: Callable[[RowView], object]


def _action(row: RowView) -> str | None:
    if row.intercepted is None:
        return None
    return "blocked" if row.intercepted else "passed"


def _path(row: RowView) -> str | None:
    return None if row.uri is None else row.uri.partition("?")[0]


def _rules(row: RowView) -> str:
    return " ".join(map(str, row.rule_ids))


def _place(row: RowView, name: str) -> object:
    return None if row.place is None else getattr(row.place, name)


COLUMNS: Final[Mapping[str, Column]] = {
    "at": Column(means="when it happened", of=lambda row: row.at.isoformat()),
    "sensor": Column(means="name of the sensor", of=lambda row: row.sensor),
    "client": Column(means="address of the client", of=lambda row: row.client.address),
    "country": Column(means="its country", of=lambda row: _place(row, "country")),
    "city": Column(means="its city", of=lambda row: _place(row, "city")),
    "method": Column(means="HTTP method", of=lambda row: row.method),
    "host": Column(means="Host header", of=lambda row: row.host),
    "path": Column(means="the URI before ?", of=_path),
    "uri": Column(means="the URI with its arguments", of=lambda row: row.uri),
    "status": Column(means="HTTP status of the answer", of=lambda row: row.status),
    "action": Column(means="blocked, passed, or nothing if it is not stated", of=_action),
    "category": Column(means="kind of attack", of=lambda row: row.category),
    "severity": Column(means="worst severity, 0 to 7", of=lambda row: row.severity),
    "score": Column(means="anomaly score", of=lambda row: row.score),
    "rules": Column(means="ids of the rules that fired", of=_rules),
    "verdict": Column(means="what was found, in a sentence", of=lambda row: row.verdict),
    "state": Column(means="what somebody judged it to be", of=lambda row: row.state.value),
    "labels": Column(means="labels that people gave it", of=lambda row: " ".join(row.labels)),
    "unique_id": Column(means="the id that the WAF gave it", of=lambda row: row.unique_id),
    "id": Column(means="number of the transaction here", of=lambda row: row.id),
    "received_at": Column(means="when it was received", of=lambda row: row.received_at.isoformat()),
    "time_basis": Column(means="stated, assumed or unknown", of=lambda row: row.time_basis.value),
    "is_skewed": Column(means="whether the sensor's clock is off", of=lambda row: row.is_skewed),
    "defects": Column(means="how many odd things are in it", of=lambda row: row.defect_count),
}  # fmt: skip


def read_columns(names: Iterable[str]) -> tuple[str, ...]:
    """The columns asked for, all of them if none is; `Refused` (`bad-parameter`)."""
    asked = tuple(names)
    if len(asked) > len(COLUMNS) or len(set(asked)) < len(asked):
        raise Refused("bad-parameter", "each column may be given once", "column")
    if any(name not in COLUMNS for name in asked):
        raise Refused("bad-parameter", "columns are: " + ", ".join(COLUMNS), "column")
    return asked or tuple(COLUMNS)
