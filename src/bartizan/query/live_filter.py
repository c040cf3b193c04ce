"""Which rows of the live feed somebody wants who listens with a search text."""

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from functools import partial
from typing import Any, Final

from bartizan.domain.expression import Between, Expression, Field, every, fields_of, settled
from bartizan.domain.search import Search
from bartizan.kit import clock
from bartizan.query.views import RowView
from bartizan.store.evaluation import fits
from bartizan.store.limits import HOST, PATH

_IN_ROWS: Final = frozenset(
    (
        Field.ID,
        Field.AT,
        Field.RECEIVED,
        Field.SENSOR,
        Field.CLIENT,
        Field.COUNTRY,
        Field.CITY,
        Field.PLACE,
        Field.METHOD,
        Field.HOST,
        Field.PATH,
        Field.URI,
        Field.STATUS,
        Field.CATEGORY,
        Field.SEVERITY,
        Field.SCORE,
        Field.BLOCKED,
        Field.VERDICT,
        Field.RULE,
        Field.UNIQUE_ID,
        Field.DEFECTS,
        Field.STATE,
        Field.LABEL,
    )
)


class LiveFilter:
    """`is_in_rows` says that a row itself tells; else the store has to be asked for `search`."""

    def __init__(self, expression: Expression, now: Callable[[], datetime] = clock.now) -> None:
        self._expression = expression
        self._now = now
        self.is_in_rows = fields_of(expression) <= _IN_ROWS

    def of_rows(self, rows: Iterable[RowView]) -> list[RowView]:
        expression = settled(self._expression, self._now())
        return [row for row in rows if fits(expression, partial(_of, row))]

    def search(self, rows: Sequence[RowView]) -> Search:
        """What finds those that fit, among others of about the same time."""
        ids = [int(row.id) for row in rows]
        among = Between(field=Field.ID, least=min(ids), most=max(ids))
        return Search(expression=every(among, settled(self._expression, self._now())))


def _of(row: RowView, field: Field) -> list[Any]:
    place = row.place
    path = None if row.uri is None else row.uri.partition("?")[0][:PATH]
    values: dict[Field, Iterable[Any]] = {
        Field.ID: [int(row.id)],
        Field.AT: [row.at],
        Field.RECEIVED: [row.received_at],
        Field.SENSOR: [row.sensor],
        Field.CLIENT: [row.client.address],
        Field.COUNTRY: [place.country if place is not None else None],
        Field.CITY: [place.city if place is not None else None],
        Field.PLACE: [place.kind if place is not None else None],
        Field.METHOD: [row.method],
        Field.HOST: [None if row.host is None else row.host.lower()[:HOST]],
        Field.PATH: [path],
        Field.URI: [row.uri],
        Field.STATUS: [row.status],
        Field.CATEGORY: [row.category],
        Field.SEVERITY: [row.severity],
        Field.SCORE: [row.score],
        Field.BLOCKED: [row.intercepted],
        Field.VERDICT: [row.verdict],
        Field.RULE: row.rule_ids,
        Field.UNIQUE_ID: [row.unique_id],
        Field.DEFECTS: [row.defect_count],
        Field.STATE: [(row.state, None)],
        Field.LABEL: row.labels,
    }
    return [value for value in values[field] if value is not None]
