"""From documents back to domain values."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final

import msgspec

from bartizan.domain.delivery import Row, TimeBasis
from bartizan.domain.retention import Preserved
from bartizan.domain.transaction import Place, PlaceKind, RuleMatch
from bartizan.domain.triage import NOTHING, State, Triage
from bartizan.kit.clock import from_us
from bartizan.store.contract import Stored
from bartizan.store.opensearch.writes import Document

# What is large, and not asked for by lists.
ROW_FIELDS: Final[Document] = {"excludes": ["bartizan.entry", "bartizan.matches"]}
FACT_FIELDS: Final[Document] = {"excludes": ["bartizan.entry"]}
_NOTHING: Final[Document] = {}


def make_row(source: Document) -> Row:
    ours, event, client = source["bartizan"], source["event"], source["source"]
    kept, geo = ours["kept"], client.get("geo", _NOTHING)
    place, position = kept.get("place", _NOTHING), geo.get("location", _NOTHING)
    return Row(
        id=ours["id"],
        sensor=source["observer"]["name"],
        at=from_us(ours["at_us"]),
        received_at=from_us(ours["received_us"]),
        is_skewed=kept.get("is_skewed", False) and "occurred_us" in kept,
        unique_id=event.get("id"),
        client_address=client.get("address"),
        client_port=client.get("port"),
        place_kind=place.get("kind"),
        country=geo.get("country_iso_code"),
        city=geo.get("city_name"),
        latitude=_degrees(position.get("lat")),
        longitude=_degrees(position.get("lon")),
        method=source["http"].get("request", _NOTHING).get("method"),
        host=kept.get("host"),
        uri=source["url"].get("original"),
        status=source["http"].get("response", _NOTHING).get("status_code"),
        category=source["rule"].get("category"),
        severity=event.get("severity"),
        score=event.get("risk_score"),
        intercepted=ours.get("intercepted"),
        verdict=event.get("reason"),
        rule_ids=tuple(map(int, source["rule"].get("id", ()))),
        defect_count=ours["defect_count"],
        time_basis=_time_basis(kept),
        state=State(ours.get("state", State.OPEN)),
        ignored_until=_moment(ours.get("ignored_until_us")),
        labels=tuple(ours.get("label", ())),
    )


def make_stored(source: Document, variants: tuple[int, ...]) -> Stored:
    row, ours = make_row(source), source["bartizan"]
    kept = ours["kept"]
    return Stored(
        row=row,
        format=ours["format"],
        digest=bytes.fromhex(kept["digest"]),
        size_bytes=ours["size_bytes"],
        matches=make_matches(ours["matches"]),
        place=make_place(row, kept),
        variants=variants,
        origin=kept.get("origin"),
        origin_offset=kept.get("origin_offset"),
        occurred_at=_moment(kept.get("occurred_us")),
        claimed_hash=kept.get("claimed_hash"),
        kept_digest=bytes.fromhex(kept["kept_digest"]) if "kept_digest" in kept else None,
        preserved=_preserved(kept.get("preserved")),
        payload_removed_at=_moment(kept.get("payload_removed_us")),
        triage=make_triage(kept),
        engine_mode=kept.get("engine_mode"),
        ruleset=source["rule"].get("ruleset"),
    )


def make_triage(kept: Document) -> Triage:
    """Of what a document keeps."""
    return msgspec.convert(kept["triage"], Triage) if "triage" in kept else NOTHING


def make_matches(kept: Sequence[Document]) -> tuple[RuleMatch, ...]:
    return msgspec.convert(kept, tuple[RuleMatch, ...])


def make_place(row: Row, kept: Document) -> Place | None:
    place = kept.get("place")
    if place is None:
        return None
    return Place(
        kind=PlaceKind(place["kind"]),
        country=row.country,
        city=row.city,
        latitude=row.latitude,
        longitude=row.longitude,
        source=place.get("source"),
    )


def _preserved(mark: Document | None) -> Preserved | None:
    if mark is None:
        return None
    return Preserved(at=from_us(mark["at_us"]), by=mark["by"], reason=mark["reason"])


def _time_basis(kept: Document) -> TimeBasis:
    if "occurred_us" not in kept:
        return TimeBasis.UNKNOWN
    return TimeBasis.ASSUMED if kept.get("zone_assumed") else TimeBasis.STATED


def _moment(microseconds: int | None) -> datetime | None:
    return None if microseconds is None else from_us(microseconds)


def _degrees(value: Any) -> float | None:
    return None if value is None else float(value)
