"""Bars over time."""

from fastapi import Request
from starlette.responses import Response

from bartizan.domain.errors import Refused
from bartizan.kit import clock
from bartizan.present.answers import answer
from bartizan.present.api.parameters import (
    FILTER_PARAMETERS,
    REMOVED_PARAMETER,
    filter_values,
    parameter,
    read_count,
    read_one,
    read_removed,
)
from bartizan.present.parts import parts, running
from bartizan.present.route import Permission, Route
from bartizan.query.filters import read_filters
from bartizan.query.histogram import DEFAULT_BARS, MAX_BARS, MIN_BARS, Split
from bartizan.query.views import HistogramView


async def show_histogram(request: Request) -> Response:
    search = read_filters(filter_values(request), clock.now())
    split = _split(read_one(request, "split"))
    bars = read_count(request, "bars", least=MIN_BARS, most=MAX_BARS, default=DEFAULT_BARS)
    with_removed = read_removed(request)
    question = parts(request).histograms
    return answer(
        await running(request).reads.run(
            lambda: question.over(search, split=split, bars=bars, with_removed=with_removed)
        )
    )


def _split(value: str | None) -> Split | None:
    try:
        return None if value is None else Split(value)
    except ValueError:
        choices = ", ".join(Split)
        raise Refused("bad-parameter", f"split must be one of {choices}", "split") from None


ROUTES = (
    Route(
        methods=("GET",),
        path="/api/v1/histogram",
        endpoint=show_histogram,
        permission=Permission.LOGIN,
        summary="How many transactions over time, in slices whose width follows from the span.",
        answer=HistogramView,
        parameters=(
            *FILTER_PARAMETERS,
            parameter(
                "split",
                "what the bars are told apart by",
                {"type": "string", "enum": [*map(str, Split)]},
            ),
            parameter(
                "bars",
                "how many at most",
                {
                    "type": "integer",
                    "minimum": MIN_BARS,
                    "maximum": MAX_BARS,
                    "default": DEFAULT_BARS,
                },
            ),
            REMOVED_PARAMETER,
        ),
    ),
)
