"""Transactions that are nearly the same, folded; and what is in one of the folds."""

from fastapi import Request
from starlette.responses import Response

from bartizan.domain.errors import Refused
from bartizan.kit import clock
from bartizan.present.answers import answer
from bartizan.present.api.parameters import FILTER_PARAMETERS, filter_values, parameter, read_one
from bartizan.present.api.transactions import transaction_number
from bartizan.present.parts import parts, running
from bartizan.present.route import Permission, Route
from bartizan.query.filters import read_filters
from bartizan.query.groups import GroupMembers, GroupPage

_CLIENTS = ("together", "apart")


async def list_groups(request: Request) -> Response:
    search = read_filters(filter_values(request), clock.now())
    cursor, apart = read_one(request, "cursor"), _is_apart(request)
    question = parts(request).transactions
    return answer(
        await running(request).reads.run(
            lambda: question.groups(search, cursor=cursor, apart=apart)
        )
    )


async def open_group(request: Request, transaction_id: str) -> Response:
    of = str(transaction_number(transaction_id))
    search = read_filters(filter_values(request), clock.now())
    cursor, apart = read_one(request, "cursor"), _is_apart(request)
    question = parts(request).transactions
    return answer(
        await running(request).reads.run(
            lambda: question.members(of, search, cursor=cursor, apart=apart)
        )
    )


def _is_apart(request: Request) -> bool:
    value = read_one(request, "clients") or _CLIENTS[0]
    if value not in _CLIENTS:
        raise Refused("bad-parameter", "clients must be together or apart", "clients")
    return value == "apart"


_PARAMETERS = (
    *FILTER_PARAMETERS,
    parameter(
        "clients",
        "whether clients of different networks are told apart",
        {"type": "string", "enum": list(_CLIENTS), "default": _CLIENTS[0]},
    ),
    parameter("cursor", "`next` of the page before", {"type": "string"}),
)
ROUTES = (
    Route(
        methods=("GET",),
        path="/api/v1/groups",
        endpoint=list_groups,
        permission=Permission.LOGIN,
        summary="Transactions that are nearly the same, folded, newest first.",
        answer=GroupPage,
        parameters=_PARAMETERS,
    ),
    Route(
        methods=("GET",),
        path="/api/v1/groups/{transaction_id}",
        endpoint=open_group,
        permission=Permission.LOGIN,
        summary="What is in the group of this transaction, on the same page.",
        answer=GroupMembers,
        parameters=_PARAMETERS,
    ),
)
