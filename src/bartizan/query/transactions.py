"""The list of transactions, and one of them opened."""

from collections.abc import Callable, Iterable

import msgspec

from bartizan.domain.delivery import Row
from bartizan.domain.errors import Corrupt, Refused
from bartizan.domain.search import Search
from bartizan.domain.transaction import (
    Category,
    Defect,
    Endpoint,
    Format,
    Request,
    Response,
    Transaction,
)
from bartizan.query import cursors, neighbours
from bartizan.query.emptiness import why_empty
from bartizan.query.parts import view_parts
from bartizan.query.rows import RowViews
from bartizan.query.sensors import Sensors
from bartizan.query.views import OpenedTransaction, Totals, TransactionList
from bartizan.store.contract import Store, Stored

DEFAULT_LIMIT = 50
MAX_LIMIT = 200

Decode = Callable[[bytes], Transaction]
Parts = Callable[[bytes], Iterable[tuple[str, bytes]]]


class Transactions:
    """Blocking; thread-safe. `decode` and `parts` read the raw entry again when one is opened."""

    def __init__(
        self, store: Store, sensors: Sensors, rows: RowViews, *, decode: Decode, parts: Parts
    ) -> None:
        self._store = store
        self._sensors = sensors
        self._rows = rows
        self._decode = decode
        self._parts = parts

    def list(
        self, search: Search, *, cursor: str | None = None, limit: int = DEFAULT_LIMIT
    ) -> TransactionList:
        """A page of the matching, newest first; if nothing matches at all, the reason."""
        before = cursors.decode(cursor) if cursor is not None else None
        page = self._store.page(search, before=before, limit=limit)
        count = self._store.count(search)
        is_empty = not page.rows and not count.transactions
        return TransactionList(
            transactions=self._rows.view(page.rows),
            next=cursors.encode(page.next) if page.next is not None else None,
            total=Totals(transactions=count.transactions, intercepted=count.intercepted),
            empty=why_empty(self._store, self._sensors, search) if is_empty else None,
        )

    def open(self, transaction_id: int) -> OpenedTransaction:
        """Everything about one transaction; `Refused` (`no-such-transaction`)."""
        stored = self._store.get(transaction_id)
        if stored is None:
            raise _missing()
        raw = self.raw(transaction_id)
        before, after = (
            neighbours.older(self._store, stored.row),
            neighbours.newer(self._store, stored.row),
        )
        return OpenedTransaction(
            row=self._rows.view([stored.row])[0],
            transaction=self._whole(stored, raw),
            parts=view_parts(self._parts(raw)),
            variants=tuple(str(each) for each in stored.variants),
            size_bytes=stored.size_bytes,
            digest=stored.digest.hex(),
            newer=_id(after),
            older=_id(before),
        )

    def raw(self, transaction_id: int) -> bytes:
        """The entry byte for byte; `Refused` (`no-such-transaction`)."""
        raw = self._store.raw(transaction_id)
        if raw is None:
            raise _missing()
        return raw

    def _whole(self, stored: Stored, raw: bytes) -> Transaction:
        """The entry decoded by this version, with the facts that were known when it was stored."""
        try:
            decoded = self._decode(raw)
        except Refused as reason:
            decoded = _from_row(stored, reason)
        return msgspec.structs.replace(
            decoded,
            place=stored.place,
            category=_category(stored.row),
            verdict=stored.row.verdict,
        )


def _from_row(stored: Stored, reason: Refused) -> Transaction:
    """What the store alone knows, for an entry that this version cannot decode any more."""
    row = stored.row
    try:
        entry_format = Format(stored.format)
    except ValueError:
        raise Corrupt("unknown-format", "the stored format is none of ours", str(row.id)) from None
    return Transaction(
        format=entry_format,
        unique_id=row.unique_id,
        occurred_at=None if row.is_skewed else row.at,
        client=Endpoint(address=row.client_address, port=row.client_port),
        request=Request(method=row.method, uri=row.uri),
        response=Response(status=row.status),
        matches=stored.matches,
        intercepted=row.intercepted,
        defects=(Defect(code="not-decodable", where=reason.where, detail=reason.message),),
    )


def _category(row: Row) -> Category | None:
    return Category(row.category) if row.category in set(Category) else None


def _id(row: Row | None) -> str | None:
    return str(row.id) if row is not None else None


def _missing() -> Refused:
    return Refused("no-such-transaction", "there is no transaction with this id (any more)")
