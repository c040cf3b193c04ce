"""What is left of a transaction for somebody who may not see payloads.

Who, when, where to, which rules and what became of it stay: enough to answer "customer got 403, id
...". What the request and the answer carried goes: query string, headers, bodies, the data that
rules matched, uploads, and the entry itself.
"""

from collections.abc import Iterable

import msgspec

from bartizan.domain.transaction import RuleMatch, Transaction
from bartizan.query.views import OpenedTransaction, RowView


def without_query(uri: str | None) -> str | None:
    """The path alone: what stands behind it is the payload of most attacks, and of log-ins."""
    return None if uri is None else uri.partition("?")[0].partition("#")[0]


def row_without_payload(row: RowView) -> RowView:
    return msgspec.structs.replace(row, uri=without_query(row.uri))


def rows_without_payload(rows: Iterable[RowView]) -> tuple[RowView, ...]:
    return tuple(map(row_without_payload, rows))


def opened_without_payload(opened: OpenedTransaction) -> OpenedTransaction:
    return msgspec.structs.replace(
        opened,
        row=row_without_payload(opened.row),
        transaction=_transaction(opened.transaction),
        parts=(),
        may_see_payload=False,
    )


def _transaction(whole: Transaction) -> Transaction:
    replace = msgspec.structs.replace
    return replace(
        whole,
        request=replace(whole.request, uri=without_query(whole.request.uri), headers=(), body=None),
        response=replace(whole.response, headers=(), body=None),
        matches=tuple(map(_match, whole.matches)),
        uploads=(),
        defects=tuple(replace(defect, detail="") for defect in whole.defects),
    )


def _match(match: RuleMatch) -> RuleMatch:
    return msgspec.structs.replace(match, data=None, operator=None)
