"""Transactions: the list, one of them, its raw entry, and counts by field."""

from fastapi import Request
from starlette.responses import Response

from bartizan.domain.errors import Refused
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
from bartizan.present.guard import clearance
from bartizan.present.parts import parts, running
from bartizan.present.route import Permission, Route
from bartizan.present.traced import no_deed
from bartizan.query import facets, transactions
from bartizan.query.filters import read_filters
from bartizan.query.views import FacetCounts, OpenedTransaction, TransactionList

_LONGEST_ID = 19  # digits of 2^63


async def list_transactions(request: Request) -> Response:
    search = read_filters(filter_values(request), clock.now())
    cursor = read_one(request, "cursor")
    limit = read_limit(request, most=transactions.MAX_LIMIT, default=transactions.DEFAULT_LIMIT)
    question = parts(request).transactions
    return answer(
        await running(request).reads.run(lambda: question.list(search, cursor=cursor, limit=limit))
    )


async def open_transaction(request: Request, transaction_id: str) -> Response:
    number = transaction_number(transaction_id)
    question = parts(request).transactions
    if not clearance(request).sees_payloads:
        no_deed(request)
    return answer(await running(request).reads.run(lambda: question.open(number)))


async def download_raw(request: Request, transaction_id: str) -> Response:
    """Never shown, only saved: whoever opens it anyway gets a document that may do nothing."""
    number = transaction_number(transaction_id)
    question = parts(request).transactions
    raw = await running(request).reads.run(lambda: question.raw(number))
    headers = {
        "Content-Disposition": f'attachment; filename="audit-log-entry-{number}.log"',
        "Content-Security-Policy": "sandbox",
        "Cache-Control": "no-store",
    }
    return Response(raw, headers=headers, media_type="application/octet-stream")


async def count_facet(request: Request, facet: str) -> Response:
    search = read_filters(filter_values(request), clock.now())
    limit = read_limit(request, most=facets.MAX_LIMIT, default=facets.DEFAULT_LIMIT)
    question = parts(request).facets
    return answer(
        await running(request).reads.run(lambda: question.count(facet, search, limit=limit))
    )


def transaction_number(transaction_id: str) -> int:
    is_number = transaction_id.isascii() and transaction_id.isdigit()
    if not is_number or len(transaction_id) > _LONGEST_ID or int(transaction_id) >= 2**63:
        raise Refused("no-such-transaction", "an id is a number")
    return int(transaction_id)


ROUTES = (
    Route(
        methods=("GET",),
        path="/api/v1/transactions",
        endpoint=list_transactions,
        permission=Permission.LOGIN,
        summary="Transactions, newest first.",
        answer=TransactionList,
        parameters=(
            *FILTER_PARAMETERS,
            limit_parameter(transactions.MAX_LIMIT, transactions.DEFAULT_LIMIT),
            parameter("cursor", "`next` of the page before", {"type": "string"}),
        ),
    ),
    Route(
        methods=("GET",),
        path="/api/v1/transactions/{transaction_id}",
        endpoint=open_transaction,
        permission=Permission.LOGIN,
        summary="One transaction with everything known about it that the caller may see.",
        action="payload.opened",
        answer=OpenedTransaction,
    ),
    Route(
        methods=("GET",),
        path="/api/v1/transactions/{transaction_id}/raw",
        endpoint=download_raw,
        permission=Permission.PAYLOADS,
        summary="The entry byte for byte.",
        action="payload.downloaded",
        content_type="application/octet-stream",
    ),
    Route(
        methods=("GET",),
        path="/api/v1/facets/{facet}",
        endpoint=count_facet,
        permission=Permission.LOGIN,
        summary="How often each value of a field occurs; its own filter does not narrow it.",
        answer=FacetCounts,
        parameters=(
            *FILTER_PARAMETERS,
            limit_parameter(facets.MAX_LIMIT, facets.DEFAULT_LIMIT),
        ),
    ),
)
