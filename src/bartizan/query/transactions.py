"""The list of transactions, and one of them opened."""

from collections.abc import Callable, Iterable

import msgspec

from bartizan.domain.clearance import EVERYTHING, Clearance
from bartizan.domain.delivery import Row, TimeBasis
from bartizan.domain.errors import Corrupt, Refused
from bartizan.domain.search import Count, Page, Search
from bartizan.domain.transaction import (
    Anomaly,
    Category,
    Defect,
    Endpoint,
    Format,
    Request,
    Response,
    Source,
    Transaction,
)
from bartizan.query import cursors, export, neighbours
from bartizan.query.emptiness import why_empty
from bartizan.query.groups import SCANNED, GroupMembers, GroupPage, grouped, members_of
from bartizan.query.parts import view_parts
from bartizan.query.payloads import opened_without_payload
from bartizan.query.questions import Questions
from bartizan.query.rows import RowViews
from bartizan.query.scoped import scoped
from bartizan.query.scoring import notes_on, worked_out
from bartizan.query.sensors import Sensors
from bartizan.query.similar import Likeness, Similar, similar
from bartizan.query.views import (
    EntryWindow,
    Neighbours,
    OpenedTransaction,
    Totals,
    TransactionList,
)
from bartizan.store import limits
from bartizan.store.contract import Stored

DEFAULT_LIMIT = 50
MAX_LIMIT = 200
MAX_TOTAL = 100_000  # counted further only where that costs nothing
WINDOW_BYTES = 64 * 1024

Decode = Callable[[bytes], Transaction]
Parts = Callable[[bytes], Iterable[tuple[str, bytes]]]
Redact = Callable[[bytes], bytes]


class Transactions:
    """Blocking; thread-safe. `decode` and `parts` read the raw entry again when one is opened.

    What is shown of an entry went through `redact` first (default: as it is kept); only `original`
    does not. That gives an empty one for what it cannot clean.
    """

    def __init__(
        self,
        store: Questions,
        sensors: Sensors,
        rows: RowViews,
        *,
        decode: Decode,
        parts: Parts,
        redact: Redact = bytes,
        clearance: Clearance = EVERYTHING,
    ) -> None:
        self._store = store
        self._sensors = sensors
        self._rows = rows
        self._decode = decode
        self._parts = parts
        self._redact = redact
        self._clearance = clearance

    def within(self, clearance: Clearance) -> "Transactions":
        return Transactions(
            scoped(self._store, clearance),
            self._sensors.within(clearance),
            self._rows.within(clearance),
            decode=self._decode,
            parts=self._parts,
            redact=self._redact,
            clearance=clearance,
        )

    def list(
        self, search: Search, *, cursor: str | None = None, limit: int = DEFAULT_LIMIT
    ) -> TransactionList:
        """A page of the matching, newest first; if nothing matches at all, the reason."""
        before = cursors.decode(cursor) if cursor is not None else None
        page = self._store.page(search, before=before, limit=limit)
        is_whole = before is None and page.next is None
        count = _counted(page) if is_whole else self._store.count(search, limit=MAX_TOTAL)
        is_empty = not page.rows and not count.transactions
        return TransactionList(
            transactions=self._rows.view(page.rows),
            next=cursors.encode(page.next) if page.next is not None else None,
            total=Totals(
                transactions=count.transactions,
                intercepted=count.intercepted,
                is_at_least=count.is_at_least,
            ),
            empty=why_empty(self._store, self._sensors, search) if is_empty else None,
        )

    def groups(
        self, search: Search, *, cursor: str | None = None, apart: bool = False
    ) -> GroupPage:
        """The matching, nearly the same ones folded; of a bounded number from the cursor on."""
        return grouped(self.list(search, cursor=cursor, limit=SCANNED), apart=apart)

    def members(
        self, of: str, search: Search, *, cursor: str | None = None, apart: bool = False
    ) -> GroupMembers:
        """What is in a group of the page that `groups` gives for the same cursor."""
        page = self.list(search, cursor=cursor, limit=SCANNED)
        return members_of(page, of, apart=apart)

    def every(self, search: Search) -> export.Batches:
        """All of the matching, newest first, in batches that are read one by one."""
        return export.run(self._store, self._rows, search)

    def open(self, transaction_id: int) -> OpenedTransaction:
        """Everything about one transaction; `Refused` (`no-such-transaction`)."""
        stored = self._stored(transaction_id)
        kept = self._store.raw(transaction_id)
        raw = self._redact(kept) if kept else None
        raw = raw or None
        before, after = (
            neighbours.older(self._store, stored.row),
            neighbours.newer(self._store, stored.row),
        )
        decoded = self._decoded(stored, raw)
        transaction = _as_stored(stored, decoded)
        rules = notes_on(transaction)
        opened = OpenedTransaction(
            row=self._rows.view([stored.row])[0],
            transaction=transaction,
            parts=() if raw is None else view_parts(self._parts(raw)),
            variants=tuple(str(each) for each in stored.variants),
            size_bytes=stored.size_bytes,
            digest=stored.digest.hex(),
            newer=_id(after),
            older=_id(before),
            peer=decoded.client if _is_proxied(stored.row, decoded) else None,
            zone_offset_s=_zone_offset_s(stored, decoded),
            has_payload=raw is not None,
            payload_removed_at=stored.payload_removed_at,
            was_redacted=stored.kept_digest is not None,
            has_original=bool(kept) and kept != raw,
            rules=rules,
            worked_out=worked_out(rules),
        )
        return opened if self._clearance.sees_payloads else opened_without_payload(opened)

    def neighbours(self, transaction_id: int, search: Search) -> Neighbours:
        """The next newer and older one among what the search finds; `Refused` as `open`."""
        row = self._stored(transaction_id).row
        return Neighbours(
            newer=_id(neighbours.newer(self._store, row, search)),
            older=_id(neighbours.older(self._store, row, search)),
        )

    def similar(self, transaction_id: int, likeness: Likeness) -> Similar:
        """What else there is that is alike; `Refused` as `open`."""
        return similar(self._store, self._rows, self._stored(transaction_id), likeness)

    def window(self, transaction_id: int, offset: int) -> EntryWindow:
        """Some of the entry's bytes; `Refused` as `raw`, and `bad-parameter` behind its end."""
        raw = self.raw(transaction_id)
        if offset > len(raw):
            raise Refused("bad-parameter", "offset is behind the end of the entry", "offset")
        end = offset + WINDOW_BYTES
        return EntryWindow(
            size_bytes=len(raw),
            offset=offset,
            content=raw[offset:end],
            next=end if end < len(raw) else None,
        )

    def raw(self, transaction_id: int) -> bytes:
        """The entry as it is shown; `Refused` (`no-such-transaction`, `not-allowed`)."""
        raw = self._redact(self.original(transaction_id))
        if not raw:
            raise Refused("payload-removed", "the entry cannot be shown without what is secret")
        return raw

    def original(self, transaction_id: int) -> bytes:
        """The entry byte for byte as it is kept; `Refused` as `raw`."""
        if not self._clearance.sees_payloads:
            raise Refused("not-allowed", "this needs the right to see payloads")
        return self._raw(transaction_id)

    def _stored(self, transaction_id: int) -> Stored:
        stored = self._store.get(transaction_id)
        if stored is None:
            raise _missing()
        return stored

    def _raw(self, transaction_id: int) -> bytes:
        raw = self._store.raw(transaction_id)
        if not raw:
            raise _removed(self._stored(transaction_id))
        return raw

    def _decoded(self, stored: Stored, raw: bytes | None) -> Transaction:
        """The entry decoded by this version; what the store knows if that cannot be."""
        if raw is None:
            return _from_row(stored)
        try:
            return self._decode(raw)
        except Refused as reason:
            defect = Defect(code="not-decodable", where=reason.where, detail=reason.message)
            return _from_row(stored, defect)


def _counted(page: Page) -> Count:
    """Of a page that has everything."""
    intercepted = sum(1 for row in page.rows if row.intercepted)
    return Count(value="", transactions=len(page.rows), intercepted=intercepted)


def _as_stored(stored: Stored, decoded: Transaction) -> Transaction:
    """The entry as decoded, with the facts that were known when it was stored."""
    row = stored.row
    client = decoded.client
    if client.address is None or _is_proxied(row, decoded):
        client = Endpoint(address=row.client_address, port=row.client_port)
    return msgspec.structs.replace(
        decoded,
        client=client,
        occurred_at=stored.occurred_at,
        place=stored.place,
        category=_category(row),
        verdict=row.verdict,
        source=_source(stored),
        defects=(*decoded.defects, *_hash_defect(stored)),
    )


def _hash_defect(stored: Stored) -> tuple[Defect, ...]:
    """What decoding the entry again cannot find: the sensor had told another hash of it."""
    if stored.claimed_hash is None:
        return ()
    return (Defect(code="hash-differs", where="X-Content-Hash", detail=stored.claimed_hash),)


def _is_proxied(row: Row, decoded: Transaction) -> bool:
    """Whether the client that was stored is another one than the one that the sensor logged."""
    logged = decoded.client.address
    return logged is not None and logged[: limits.CLIENT] != row.client_address


def _zone_offset_s(stored: Stored, decoded: Transaction) -> int | None:
    """A decoder tells a time without a zone as if it were UTC."""
    if stored.occurred_at is None or decoded.occurred_at is None:
        return None
    if stored.row.time_basis is not TimeBasis.ASSUMED:
        return None
    return round((decoded.occurred_at - stored.occurred_at).total_seconds())


def _from_row(stored: Stored, *defects: Defect) -> Transaction:
    """What the store alone knows, for an entry that is gone, or cannot be decoded any more."""
    row = stored.row
    try:
        entry_format = Format(stored.format)
    except ValueError:
        raise Corrupt("unknown-format", "the stored format is none of ours", str(row.id)) from None
    return Transaction(
        format=entry_format,
        unique_id=row.unique_id,
        occurred_at=stored.occurred_at,
        client=Endpoint(address=row.client_address, port=row.client_port),
        request=Request(method=row.method, uri=row.uri),
        response=Response(status=row.status),
        matches=stored.matches,
        intercepted=row.intercepted,
        anomaly=None if row.score is None else Anomaly(inbound=row.score),
        defects=defects,
    )


def _source(stored: Stored) -> Source | None:
    if stored.origin is None:
        return None
    offset = stored.origin_offset or 0
    return Source(path=stored.origin, offset=offset, length=stored.size_bytes)


def _category(row: Row) -> Category | None:
    return Category(row.category) if row.category in set(Category) else None


def _id(row: Row | None) -> str | None:
    return str(row.id) if row is not None else None


def _missing() -> Refused:
    return Refused("no-such-transaction", "there is no transaction with this id (any more)")


def _removed(stored: Stored) -> Refused:
    at = stored.payload_removed_at
    if at is None and stored.kept_digest is not None:
        return Refused("payload-removed", "the entry was not kept: redaction took all of it")
    when = f" on {at:%Y-%m-%d}" if at is not None else ""
    return Refused("payload-removed", f"the entry was removed by retention{when}")
