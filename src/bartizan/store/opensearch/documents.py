"""From a record to its document. Runs for every entry."""

from base64 import b64encode
from hashlib import blake2b
from typing import Any, Final

import msgspec

from bartizan.domain.delivery import Record
from bartizan.domain.retention import Preserved
from bartizan.domain.sensor_health import Trait
from bartizan.domain.transaction import Place, RuleMatch, Transaction, Zone
from bartizan.domain.triage import NOTHING, State, Triage
from bartizan.kit.clock import from_us, to_us
from bartizan.kit.text import text
from bartizan.store import limits
from bartizan.store.addresses import packed
from bartizan.store.contract import KeptRecord
from bartizan.store.limits import big, cut, small
from bartizan.store.opensearch.cells import cell_of
from bartizan.store.opensearch.writes import Document
from bartizan.store.times import lag_ms, sort_time

_PART_LETTERS: Final = "ABCEFHIJK"
_MINUTE_US: Final = 60_000_000
_CATEGORIES: Final = ("intrusion_detection", "web")
# What is of the entry or of its arrival; the rest is what was made of it.
FIXED: Final = ("digest", "kept_digest", "origin", "origin_offset", "claimed_hash", "pieces")
MARKS: Final = ("preserved", "payload_removed_us", "triage")


def identity_key(sensor: str, digest: bytes) -> str:
    """The id of the document that says who has this entry: 24 letters of any sensor and entry."""
    told = digest + sensor[: limits.SENSOR].encode("utf-8", "surrogatepass")
    return b64encode(blake2b(told, digest_size=18).digest(), altchars=b"-_").decode()


def make_document(number: int, record: Record) -> Document:
    """What is stored of a record under the id `number`, but for the entry itself."""
    transaction = record.transaction
    at_us, occurred_us, is_skewed = sort_time(transaction.occurred_at, record.received_at_us)
    kept: Document = {
        "digest": record.digest.hex(),
        "kept_digest": None if record.kept_digest is None else record.kept_digest.hex(),
        "occurred_us": occurred_us,
        "is_skewed": is_skewed or None,
        "zone_assumed": transaction.zone is Zone.ASSUMED or None,
        "host": cut(transaction.host, limits.HOST),
        "engine_mode": cut(transaction.engine_mode, limits.ENGINE_MODE),
        "origin": cut(record.origin, limits.ORIGIN),
        "origin_offset": big(record.origin_offset),
        "claimed_hash": cut(record.claimed_hash, limits.CLAIMED_HASH),
        "parts": _parts(record.parts),
        "place": _place(transaction.place),
    }
    sensor = record.sensor[: limits.SENSOR]
    return {
        "@timestamp": _iso(at_us),
        "event": _event(transaction, record.received_at_us),
        "observer": {"name": sensor, "type": "waf"},
        "source": _source(transaction),
        "http": _without_none(
            request=_without_none(method=cut(transaction.request.method, limits.METHOD)) or None,
            response=_without_none(status_code=small(transaction.response.status)) or None,
        ),
        "url": _url(transaction, kept["host"]),
        "rule": _rule(transaction),
        "bartizan": {
            "id": number,
            "at_us": at_us,
            "received_us": record.received_at_us,
            "format": transaction.format.value,
            "defect_count": len(transaction.defects),
            "size_bytes": len(record.raw),
            "has_payload": True,
            "is_preserved": False,
            "kept": _without_none(**kept),
            "matches": [kept_match(match) for match in transaction.matches],
            **_without_none(
                intercepted=transaction.intercepted,
                cell=cell_of(transaction, sensor),
                place_kind=None if transaction.place is None else transaction.place.kind.value,
            ),
            **_of_matches(transaction.matches),
        },
    }


def heard(record: Record) -> Document:
    """What its sensor showed of itself. Stays as it was, whatever the entry is decoded to later."""
    transaction, received_us = record.transaction, record.received_at_us
    return {
        "is_counted": True,
        "has_defects": bool(transaction.defects),
        "minute_us": received_us - received_us % _MINUTE_US,
        "defects": sorted({defect.code[: limits.DEFECT_CODE] for defect in transaction.defects}),
        Trait.FORMAT.value: transaction.format.value,
        **_without_none(
            lag_ms=lag_ms(transaction.occurred_at, received_us),
            producer=(transaction.producer or "")[: limits.TRAIT] or None,
            ruleset=(transaction.ruleset or "")[: limits.TRAIT] or None,
        ),
    }


def mark_as_kept(document: Document, kept: KeptRecord) -> None:
    """What another store had besides the record."""
    ours = document["bartizan"]
    ours["size_bytes"], ours["has_payload"] = kept.size_bytes, kept.has_payload
    if kept.payload_removed_at is not None:
        ours["kept"]["payload_removed_us"] = to_us(kept.payload_removed_at)
    put_mark(document, kept.preserved)
    put_triage(document, kept.triage)


def put_mark(document: Document, mark: Preserved | None) -> None:
    ours = document["bartizan"]
    ours["is_preserved"] = mark is not None
    ours["kept"].pop("preserved", None)
    if mark is not None:
        by = mark.by[: limits.PERSON]
        ours["kept"]["preserved"] = {"at_us": to_us(mark.at), "by": by, "reason": mark.reason}


def put_triage(document: Document, triage: Triage) -> None:
    """As a whole, and what is searched of it once more. Nothing where nobody touched it."""
    ours = document["bartizan"]
    for name in ("state", "ignored_until_us", "label"):
        ours.pop(name, None)
    ours["kept"].pop("triage", None)
    if triage == NOTHING:
        return
    until = triage.ignored_until
    is_judged = triage.state is not State.OPEN
    ours |= _without_none(
        state=triage.state.value if is_judged else None,
        ignored_until_us=None if until is None else to_us(until),
        label=limits.cut_all(triage.labels, limits.LABEL) or None,
    )
    ours["kept"]["triage"] = msgspec.to_builtins(triage)


def kept_match(match: RuleMatch) -> Document:
    """As it comes back; what is empty or false is left out."""
    kept: Document = msgspec.to_builtins(limits.kept_match(match))
    return {
        name: value
        for name, value in kept.items()
        if value is not None and value is not False and value != []
    }


def _event(transaction: Transaction, received_us: int) -> Document:
    anomaly, score = transaction.anomaly, None
    if anomaly is not None:
        score = anomaly.outbound if anomaly.inbound is None else anomaly.inbound
    is_blocked = transaction.intercepted
    return {
        "kind": "alert" if transaction.matches else "event",
        "category": _CATEGORIES,
        "ingested": _iso(received_us),
        **_without_none(
            id=cut(transaction.unique_id, limits.UNIQUE_ID),
            type=None if is_blocked is None else "denied" if is_blocked else "allowed",
            action=None if is_blocked is None else "blocked" if is_blocked else "passed",
            reason=cut(transaction.verdict, limits.VERDICT),
            severity=small(transaction.severity),
            risk_score=small(score),
        ),
    }


def _source(transaction: Transaction) -> Document:
    client, place = transaction.client, transaction.place
    geo: Document = {}
    if place is not None:
        latitude, longitude = limits.position(place)
        geo = _without_none(
            country_iso_code=cut(place.country, limits.PLACE),
            city_name=cut(place.city, limits.PLACE),
            location=None if latitude is None else {"lat": latitude, "lon": longitude},
        )
    return _without_none(
        address=cut(client.address, limits.CLIENT),
        ip=address_text(packed(client.address)),
        port=small(client.port),
        geo=geo or None,
    )


def address_text(address: bytes | None) -> str | None:
    """Eight groups, also of an IPv4 address: what a cluster reads the same way we do."""
    return None if address is None else ":".join(address[n : n + 2].hex() for n in range(0, 16, 2))


def _url(transaction: Transaction, host: str | None) -> Document:
    uri = transaction.request.uri
    return _without_none(
        original=cut(uri, limits.URI),
        path=None if uri is None else uri.partition("?")[0][: limits.PATH],
        domain=None if host is None else host.lower()[: limits.HOST],
    )


def _rule(transaction: Transaction) -> Document:
    ids = dict.fromkeys(big(match.rule_id) for match in transaction.matches)
    messages = dict.fromkeys(cut(match.message, limits.MESSAGE) for match in transaction.matches)
    category = transaction.category
    return _without_none(
        id=[str(number) for number in ids if number is not None] or None,
        name=[message for message in messages if message] or None,
        category=None if category is None else category.value,
        ruleset=cut(transaction.ruleset, limits.RULESET),
    )


def _of_matches(matches: tuple[RuleMatch, ...]) -> Document:
    """What is searched of rule matches, each value once."""
    data = dict.fromkeys(cut(match.data, limits.DATA) for match in matches)
    targets = dict.fromkeys(cut(match.target, limits.TARGET) for match in matches)
    tags = dict.fromkeys(tag for match in matches for tag in match.tags[: limits.TAGS])
    return _without_none(
        data=[value for value in data if value is not None] or None,
        target=[value for value in targets if value is not None] or None,
        tag=limits.cut_all(tags, limits.TAG) or None,
    )


def _place(place: Place | None) -> Document | None:
    if place is None:
        return None
    return _without_none(kind=place.kind.value, source=cut(place.source, limits.PLACE))


def _parts(parts: tuple[tuple[str, bytes], ...]) -> Document | None:
    """Which there are, and what tells whether one has changed: the entry itself has the rest."""
    given = {letter: content for letter, content in parts if letter in _PART_LETTERS}
    if not given:
        return None
    told = blake2b(digest_size=16)
    for letter in sorted(given):
        content = text(given[letter][: limits.PART_BYTES]).encode()
        told.update(letter.encode() + len(content).to_bytes(4, "big") + content)
    return {"letters": "".join(sorted(given)), "digest": told.hexdigest()}


def _iso(microseconds: int) -> str:
    return from_us(microseconds).isoformat(timespec="milliseconds").removesuffix("+00:00") + "Z"


def _without_none(**values: Any) -> Document:
    return {name: value for name, value in values.items() if value is not None}
