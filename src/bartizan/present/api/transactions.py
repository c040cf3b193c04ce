"""Transactions: the list, one of them, its raw entry, and counts by field."""

from fastapi import Request
from starlette.responses import Response

from bartizan.domain.errors import Refused
from bartizan.kit import clock
from bartizan.present.answers import answer
from bartizan.present.api.parameters import (
    FILTER_PARAMETERS,
    REMOVED_PARAMETER,
    SAMPLED_PARAMETER,
    filter_values,
    limit_parameter,
    parameter,
    read_limit,
    read_one,
    read_removed,
    read_sampled,
)
from bartizan.present.guard import clearance
from bartizan.present.parts import parts, running
from bartizan.present.route import Permission, Route
from bartizan.present.traced import no_deed
from bartizan.query import facets, transactions
from bartizan.query.filters import read_filters
from bartizan.query.similar import Similar, read_likeness
from bartizan.query.views import (
    EntryWindow,
    FacetCounts,
    Neighbours,
    OpenedTransaction,
    TransactionList,
)

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
    return _saved(raw, f"audit-log-entry-{number}.log")


async def download_original(request: Request, transaction_id: str) -> Response:
    number = transaction_number(transaction_id)
    question = parts(request).transactions
    raw = await running(request).reads.run(lambda: question.original(number))
    return _saved(raw, f"audit-log-entry-{number}-original.log")


async def show_window(request: Request, transaction_id: str) -> Response:
    number, offset = transaction_number(transaction_id), _offset(request)
    question = parts(request).transactions
    return answer(await running(request).reads.run(lambda: question.window(number, offset)))


async def show_neighbours(request: Request, transaction_id: str) -> Response:
    number = transaction_number(transaction_id)
    search = read_filters(filter_values(request), clock.now())
    question = parts(request).transactions
    return answer(await running(request).reads.run(lambda: question.neighbours(number, search)))


async def show_similar(request: Request, transaction_id: str, likeness: str) -> Response:
    number, alike = transaction_number(transaction_id), read_likeness(likeness)
    question = parts(request).transactions
    return answer(await running(request).reads.run(lambda: question.similar(number, alike)))


def _saved(raw: bytes, name: str) -> Response:
    headers = {
        "Content-Disposition": f'attachment; filename="{name}"',
        "Content-Security-Policy": "sandbox",
        "Cache-Control": "no-store",
    }
    return Response(raw, headers=headers, media_type="application/octet-stream")


def _offset(request: Request) -> int:
    value = read_one(request, "offset") or "0"
    if not (value.isascii() and value.isdigit() and len(value) <= _LONGEST_ID):
        raise Refused("bad-parameter", "offset must be a number of bytes", "offset")
    return int(value)


async def count_facet(request: Request, facet: str) -> Response:
    search = read_filters(filter_values(request), clock.now())
    limit = read_limit(request, most=facets.MAX_LIMIT, default=facets.DEFAULT_LIMIT)
    with_removed, is_sampled = read_removed(request), read_sampled(request)
    question = parts(request).facets
    return answer(
        await running(request).reads.run(
            lambda: question.count(
                facet, search, limit=limit, with_removed=with_removed, is_sampled=is_sampled
            )
        )
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
        summary="The entry as it is shown: without what the rules of redaction name.",
        action="payload.downloaded",
        content_type="application/octet-stream",
    ),
    Route(
        methods=("GET",),
        path="/api/v1/transactions/{transaction_id}/original",
        endpoint=download_original,
        permission=Permission.ORIGINALS,
        summary="The entry byte for byte as it is kept.",
        action="payload.original-downloaded",
        content_type="application/octet-stream",
    ),
    Route(
        methods=("GET",),
        path="/api/v1/transactions/{transaction_id}/entry",
        endpoint=show_window,
        permission=Permission.PAYLOADS,
        summary="64 KiB of the entry from a byte on.",
        action="payload.opened",
        answer=EntryWindow,
        parameters=(
            parameter("offset", "the first byte; default: 0", {"type": "integer", "minimum": 0}),
        ),
    ),
    Route(
        methods=("GET",),
        path="/api/v1/transactions/{transaction_id}/neighbours",
        endpoint=show_neighbours,
        permission=Permission.LOGIN,
        summary="The next newer and older transaction among those that fit the filters.",
        answer=Neighbours,
        parameters=FILTER_PARAMETERS,
    ),
    Route(
        methods=("GET",),
        path="/api/v1/transactions/{transaction_id}/similar/{likeness}",
        endpoint=show_similar,
        permission=Permission.LOGIN,
        summary="How many are alike: in client, path, rule or fingerprint; and the newest few.",
        answer=Similar,
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
            REMOVED_PARAMETER,
            SAMPLED_PARAMETER,
        ),
    ),
)
