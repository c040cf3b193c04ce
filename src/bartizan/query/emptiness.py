"""Why a search shows nothing. An empty screen always says which reason applies."""

from datetime import datetime

from bartizan.domain.search import Search
from bartizan.query.filters import given_filters, without
from bartizan.query.questions import Questions
from bartizan.query.sensors import Sensors
from bartizan.query.views import Emptiness, EmptyReason

_TIMES = ("since", "until")


def why_empty(store: Questions, sensors: Sensors, search: Search) -> Emptiness:
    """The reason that `search` matches nothing. Costs about one indexed look-up per filter."""
    if _newest(store, Search()) is None:
        if sensors.is_scoped:
            return Emptiness(reason=EmptyReason.NOTHING_IN_SCOPE)
        is_silent = bool(sensors.registered())
        return Emptiness(reason=EmptyReason.SILENT_SENSOR if is_silent else EmptyReason.NO_SENSOR)
    if search.sensors and _newest(store, Search(sensors=search.sensors)) is None:
        return Emptiness(reason=EmptyReason.SILENT_SENSOR, filters=("sensor",))
    given = given_filters(search)
    elsewhere = _newest(store, without(search, *_TIMES))
    if _newest(store, Search(since=search.since, until=search.until)) is None:
        newest = elsewhere or _newest(store, Search())
        times = tuple(name for name in given if name in _TIMES)
        return Emptiness(reason=EmptyReason.NOTHING_IN_RANGE, newest_at=newest, filters=times)
    to_blame = tuple(name for name in given if _newest(store, without(search, name)) is not None)
    return Emptiness(
        reason=EmptyReason.FILTER_TOO_NARROW, newest_at=elsewhere, filters=to_blame or given
    )


def _newest(store: Questions, search: Search) -> datetime | None:
    rows = store.page(search, limit=1).rows
    return rows[0].at if rows else None
