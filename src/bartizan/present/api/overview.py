"""The overview's questions, one for each card, and the table of hosts."""

from collections.abc import Callable

from fastapi import Request
from starlette.responses import Response

from bartizan.domain.errors import Refused
from bartizan.domain.search import Search
from bartizan.kit import clock
from bartizan.present.answers import answer
from bartizan.present.api.parameters import (
    FILTER_PARAMETERS,
    filter_values,
    limit_parameter,
    parameter,
    read_limit,
    read_one,
)
from bartizan.present.parts import parts, running
from bartizan.present.route import Permission, Route
from bartizan.query import overview
from bartizan.query.filters import read_filters
from bartizan.query.first_seen import FirstSeen, NewTo
from bartizan.query.overview import OverviewSummary, RuleCounts
from bartizan.query.overview_hosts import MOST_DETAILED, MOST_HOSTS, HostDetails, HostList


async def summarise(request: Request) -> Response:
    question = parts(request).overviews
    return await _ask(request, question.summary)


async def count_rules(request: Request) -> Response:
    limit = read_limit(request, most=overview.MAX_RULES, default=overview.DEFAULT_RULES)
    question = parts(request).overviews
    return await _ask(request, lambda search: question.rules(search, limit=limit))


async def find_first_seen(request: Request) -> Response:
    named = read_one(request, "of") or NewTo.RULE
    try:
        of = NewTo(named)
    except ValueError:
        choices = ", ".join(NewTo)
        raise Refused("bad-parameter", f"of must be one of {choices}", "of") from None
    question = parts(request).overviews
    return await _ask(request, lambda search: question.first_seen(search, of))


async def list_hosts(request: Request) -> Response:
    question = parts(request).overviews
    return await _ask(request, question.hosts)


async def detail_hosts(request: Request) -> Response:
    question = parts(request).overviews
    return await _ask(request, question.host_details)


async def _ask(request: Request, question: Callable[[Search], object]) -> Response:
    search = read_filters(filter_values(request), clock.now())
    return answer(await running(request).reads.run(lambda: question(search)))


ROUTES = (
    Route(
        methods=("GET",),
        path="/api/v1/overview",
        endpoint=summarise,
        permission=Permission.LOGIN,
        summary="How much there was in a span of time, and in the one before it.",
        answer=OverviewSummary,
        parameters=FILTER_PARAMETERS,
    ),
    Route(
        methods=("GET",),
        path="/api/v1/overview/rules",
        endpoint=count_rules,
        permission=Permission.LOGIN,
        summary="The rules that fired most, in their own words; evaluation rules apart.",
        answer=RuleCounts,
        parameters=(
            *FILTER_PARAMETERS,
            limit_parameter(overview.MAX_RULES, overview.DEFAULT_RULES),
        ),
    ),
    Route(
        methods=("GET",),
        path="/api/v1/overview/first-seen",
        endpoint=find_first_seen,
        permission=Permission.LOGIN,
        summary="Rules or paths of a span of time that were never seen before it.",
        answer=FirstSeen,
        parameters=(
            *FILTER_PARAMETERS,
            parameter(
                "of",
                "what may be new",
                {"type": "string", "enum": list(NewTo), "default": NewTo.RULE.value},
            ),
        ),
    ),
    Route(
        methods=("GET",),
        path="/api/v1/hosts",
        endpoint=list_hosts,
        permission=Permission.LOGIN,
        summary=f"The {MOST_HOSTS} hosts with the most transactions.",
        answer=HostList,
        parameters=FILTER_PARAMETERS,
    ),
    Route(
        methods=("GET",),
        path="/api/v1/hosts/details",
        endpoint=detail_hosts,
        permission=Permission.LOGIN,
        summary=f"Trend, engine mode and ruleset of the {MOST_DETAILED} hosts at most of `host`.",
        answer=HostDetails,
        parameters=FILTER_PARAMETERS,
    ),
)
