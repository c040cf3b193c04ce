"""From a row of the store to a row as people see it."""

from collections.abc import Iterable
from datetime import datetime

from bartizan.domain.clearance import Clearance
from bartizan.domain.delivery import Row
from bartizan.domain.transaction import Endpoint
from bartizan.domain.triage import effective
from bartizan.enrich.countries import country
from bartizan.kit import clock
from bartizan.query.payloads import rows_without_payload
from bartizan.query.sensors import Sensors
from bartizan.query.views import PlaceView, RowView


def country_name(code: str) -> str:
    """The English name; the code itself if no country has it."""
    found = country(code)
    return found.name if found is not None else code


class RowViews:
    """Adds to rows what is not stored with them: country names, and whether a sensor is demo."""

    def __init__(self, sensors: Sensors, *, with_payloads: bool = True) -> None:
        self._sensors = sensors
        self._with_payloads = with_payloads

    def within(self, clearance: Clearance) -> "RowViews":
        return RowViews(self._sensors, with_payloads=clearance.sees_payloads)

    def view(self, rows: Iterable[Row]) -> tuple[RowView, ...]:
        listed = tuple(rows)
        demo = self._sensors.demo_among(row.sensor for row in listed)
        now = clock.now()
        views = tuple(_view(row, is_demo=row.sensor in demo, now=now) for row in listed)
        return views if self._with_payloads else rows_without_payload(views)


def _view(row: Row, *, is_demo: bool, now: datetime) -> RowView:
    return RowView(
        id=str(row.id),
        sensor=row.sensor,
        at=row.at,
        received_at=row.received_at,
        is_skewed=row.is_skewed,
        unique_id=row.unique_id,
        client=Endpoint(address=row.client_address, port=row.client_port),
        place=_place(row),
        method=row.method,
        host=row.host,
        uri=row.uri,
        status=row.status,
        category=row.category,
        severity=row.severity,
        score=row.score,
        intercepted=row.intercepted,
        verdict=row.verdict,
        rule_ids=row.rule_ids,
        defect_count=row.defect_count,
        time_basis=row.time_basis,
        is_demo=is_demo,
        state=effective(row.state, row.ignored_until, now),
        labels=row.labels,
    )


def _place(row: Row) -> PlaceView | None:
    if row.place_kind is None:
        return None
    return PlaceView(
        kind=row.place_kind,
        country=row.country,
        country_name=country_name(row.country) if row.country else None,
        city=row.city,
        latitude=row.latitude,
        longitude=row.longitude,
    )
