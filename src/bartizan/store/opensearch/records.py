"""Whole transactions in the order of their ids, as another store can keep them."""

from bartizan.domain.delivery import Record
from bartizan.domain.errors import Corrupt
from bartizan.domain.transaction import (
    Anomaly,
    Category,
    Defect,
    Endpoint,
    Format,
    Request,
    Response,
    Transaction,
    Zone,
)
from bartizan.kit.clock import to_us
from bartizan.store import limits
from bartizan.store.contract import KeptRecord, RecordPage, Stored
from bartizan.store.opensearch.entries import Entries
from bartizan.store.opensearch.filters import between
from bartizan.store.opensearch.rows import make_stored
from bartizan.store.opensearch.writes import Document


def fetch_records(
    entries: Entries, *, after_id: int, until_id: int | None, limit: int
) -> RecordPage:
    if after_id >= limits.BIG:
        return RecordPage(records=(), damaged=(), position=after_id)
    last_id = limits.BIG if until_id is None else min(until_id, limits.BIG)
    asked = between("bartizan.id", gt=after_id, lte=last_id)
    position, looked_at = entries.window(asked, after_id, limit)
    records: list[KeptRecord] = []
    damaged: list[int] = []
    inside = {"bool": {"filter": [between("bartizan.id", gt=after_id, lte=position)]}}
    for source in entries.sources(inside, looked_at) if looked_at else ():
        try:
            raw = entries.raw(source)
        except Corrupt:
            raw = None
            damaged.append(source["bartizan"]["id"])
        records.append(_kept(source, raw))
    return RecordPage(records=tuple(records), damaged=tuple(damaged), position=position)


def _kept(source: Document, raw: bytes | None) -> KeptRecord:
    stored = make_stored(source, ())
    row = stored.row
    return KeptRecord(
        id=row.id,
        record=Record(
            sensor=row.sensor,
            received_at_us=to_us(row.received_at),
            digest=stored.digest,
            raw=raw or b"",
            transaction=_transaction(stored, source),
            origin=stored.origin,
            origin_offset=stored.origin_offset,
            claimed_hash=stored.claimed_hash,
            kept_digest=stored.kept_digest,
        ),
        size_bytes=stored.size_bytes,
        has_payload=raw is not None,
        payload_removed_at=stored.payload_removed_at,
        preserved=stored.preserved,
        triage=stored.triage,
    )


def _transaction(stored: Stored, source: Document) -> Transaction:
    row, kept = stored.row, source["bartizan"]["kept"]
    return Transaction(
        format=Format(stored.format),
        unique_id=row.unique_id,
        occurred_at=stored.occurred_at,
        zone=Zone.ASSUMED if kept.get("zone_assumed") else Zone.STATED,
        client=Endpoint(address=row.client_address, port=row.client_port),
        request=Request(
            method=row.method,
            uri=row.uri,
            headers=() if row.host is None else (("Host", row.host),),
        ),
        response=Response(status=row.status),
        matches=stored.matches,
        intercepted=row.intercepted,
        engine_mode=kept.get("engine_mode"),
        ruleset=source["rule"].get("ruleset"),
        anomaly=None if row.score is None else Anomaly(inbound=row.score),
        defects=(Defect(code=""),) * row.defect_count,
        place=stored.place,
        category=None if row.category is None else Category(row.category),
        severity=row.severity,
        verdict=row.verdict,
    )
