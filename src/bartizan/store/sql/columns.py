"""From a record to the values of its rows: plain tuples in the order of the tables' columns.

Runs for every entry, so it avoids everything that is not needed, and no statement is built here.
"""

from collections.abc import Iterable
from hashlib import blake2b
from typing import Any, Final

import msgspec

from bartizan.domain.delivery import Record
from bartizan.domain.transaction import RuleMatch, Zone
from bartizan.kit.text import text
from bartizan.store import limits
from bartizan.store.addresses import packed
from bartizan.store.limits import big, cut, small
from bartizan.store.sql.tables import PART_LETTERS
from bartizan.store.times import sort_time

RuleText = tuple[
    str | None,
    tuple[str, ...],
    str | None,
    int | None,
    int | None,
    str | None,
    str | None,
    str | None,
]
Values = tuple[Any, ...]
_NO_PLACE: Final = (None,) * 8


def transaction_values(number: int, record: Record) -> Values:
    """The row of `transactions`."""
    transaction = record.transaction
    request, client, anomaly = transaction.request, transaction.client, transaction.anomaly
    at_us, occurred_us, is_skewed = sort_time(transaction.occurred_at, record.received_at_us)
    host = cut(transaction.host, limits.HOST)
    uri = request.uri
    score = None
    if anomaly is not None:
        score = anomaly.outbound if anomaly.inbound is None else anomaly.inbound
    return (
        number,
        record.sensor[: limits.SENSOR],
        record.digest,
        cut(transaction.unique_id, limits.UNIQUE_ID),
        at_us,
        occurred_us,
        record.received_at_us,
        int(is_skewed),
        cut(client.address, limits.CLIENT),
        packed(client.address),
        small(client.port),
        *_place_values(record),
        cut(request.method, limits.METHOD),
        host,
        None if host is None else host.lower()[: limits.HOST],
        None if uri is None else uri.partition("?")[0][: limits.PATH],
        cut(uri, limits.URI),
        small(transaction.response.status),
        None if transaction.category is None else transaction.category.value,
        small(transaction.severity),
        small(score),
        None if transaction.intercepted is None else int(transaction.intercepted),
        cut(transaction.verdict, limits.VERDICT),
        transaction.format.value,
        cut(transaction.engine_mode, limits.ENGINE_MODE),
        cut(transaction.ruleset, limits.RULESET),
        len(transaction.defects),
        len(record.raw),
        cut(record.origin, limits.ORIGIN),
        big(record.origin_offset),
        int(transaction.zone is Zone.ASSUMED),
        cut(record.claimed_hash, limits.CLAIMED_HASH),
        record.kept_digest,
    )


def _place_values(record: Record) -> Values:
    place = record.transaction.place
    if place is None:
        return _NO_PLACE
    latitude, longitude = limits.position(place)
    return (
        place.kind.value,
        cut(place.country, limits.PLACE),
        cut(place.city, limits.PLACE),
        latitude,
        longitude,
        limits.cell(latitude),
        limits.cell(longitude),
        cut(place.source, limits.PLACE),
    )


def match_values(number: int, position: int, match: RuleMatch, key: bytes) -> Values:
    """The row of `rule_matches`."""
    return (
        number,
        position,
        big(match.rule_id),
        key,
        cut(match.data, limits.DATA),
        cut(match.target, limits.TARGET),
        small(match.phase),
        int(match.disruptive),
    )


def fired(match_rows: Iterable[Values]) -> dict[int, set[int]]:
    """The rules of each transaction, of rows of `rule_matches`."""
    found: dict[int, set[int]] = {}
    for number, _, rule_id, *_ in match_rows:
        if rule_id is not None:
            found.setdefault(number, set()).add(rule_id)
    return found


def rule_text(match: RuleMatch) -> RuleText:
    """What is the same each time the rule fires."""
    return (
        match.message,
        match.tags,
        match.file,
        match.line,
        match.severity,
        match.version,
        match.revision,
        match.operator,
    )


def rule_text_values(rule: RuleText) -> Values:
    """The row of `rule_texts`; its key is a digest of the rest."""
    message, tags, file, line, severity, version, revision, operator = rule
    kept = (
        cut(message, limits.MESSAGE),
        msgspec.json.encode(limits.cut_all(tags[: limits.TAGS], limits.TAG)).decode(),
        cut(file, limits.FILE),
        small(line),
        small(severity),
        cut(version, limits.VERSION),
        cut(revision, limits.VERSION),
        cut(operator, limits.OPERATOR),
    )
    return (blake2b(msgspec.json.encode(kept), digest_size=16).digest(), *kept)


def part_values(number: int, parts: tuple[tuple[str, bytes], ...]) -> Values:
    """The row of `transaction_parts`."""
    kept = dict(parts)
    return (
        number,
        *[
            None if (part := kept.get(letter)) is None else text(part[: limits.PART_BYTES])
            for letter in PART_LETTERS
        ],
    )
