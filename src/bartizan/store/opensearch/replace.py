"""Stored transactions made what today's decoders and enrichers say they are.

Each document is written only if it still is what was looked at, so this may run beside workers and
beside another of its kind. Only what differs is written.
"""

import sys
from collections.abc import Iterator, Sequence
from typing import Any, Final

import msgspec

from bartizan.domain.delivery import Record, Row
from bartizan.domain.errors import Unavailable
from bartizan.kit.clock import from_us
from bartizan.store.compression import Compression
from bartizan.store.contract import FieldChange, Replaced
from bartizan.store.opensearch.cluster import Cluster
from bartizan.store.opensearch.documents import FIXED, MARKS, make_document
from bartizan.store.opensearch.entries import piece_keys, with_entry
from bartizan.store.opensearch.names import Names
from bartizan.store.opensearch.rows import make_matches, make_row
from bartizan.store.opensearch.searchable import written
from bartizan.store.opensearch.writes import CREATED, Document, Found, Write, encode

_ROUNDS: Final = 10
_AT_ONCE: Final = 100  # documents with their entries
_ROW_FIELDS: Final = tuple(
    name
    for name in Row.__struct_fields__
    if name not in ("id", "sensor", "received_at", "rule_ids")
)
# Of `bartizan`: what is of the entry or of its arrival.
_STAYS: Final = (
    "size_bytes",
    "payload_bytes",
    "has_payload",
    "is_preserved",
    "state",
    "ignored_until_us",
    "label",
    "heard",
    "entry",
)


def replace(
    cluster: Cluster, names: Names, records: Sequence[tuple[int, Record]], *, is_rehearsal: bool
) -> tuple[Replaced, ...]:
    """Each of them whole; after an error some of them may have been replaced."""
    wanted = dict(records)
    replaced: list[Replaced] = []
    ids = sorted(wanted)
    for start in range(0, len(ids), _AT_ONCE):
        some = {number: wanted[number] for number in ids[start : start + _AT_ONCE]}
        replaced += _replace_some(cluster, names, some, is_rehearsal=is_rehearsal)
    return tuple(sorted(replaced, key=lambda one: one.id))


def _replace_some(
    cluster: Cluster, names: Names, wanted: dict[int, Record], *, is_rehearsal: bool
) -> list[Replaced]:
    replaced: list[Replaced] = []
    compression = Compression()
    left = list(wanted)
    for _ in range(_ROUNDS):
        keys = [(names.of_transaction(number), str(number)) for number in left]
        changes, writes, before = [], [], []
        for number, found in zip(left, cluster.look_up(keys, fields=True), strict=True):
            if found is None:
                continue
            after = _anew(found.source, wanted[number], compression)
            if after != found.source:
                fields = tuple(_changes(found.source, after))
                changes.append(Replaced(id=number, fields=fields))
                writes.append(_write(names, number, found, after))
                before.append(found.source)
        if is_rehearsal:
            return changes
        statuses = cluster.write(writes)
        left = []
        for change, status, source in zip(changes, statuses, before, strict=True):
            if status in CREATED:
                replaced.append(change)
                _delete_pieces(cluster, names, change, source)
            else:
                left.append(change.id)
        if not left:
            return replaced
    raise Unavailable("store-unavailable", "other writers were quicker, again and again")


def _write(names: Names, number: int, found: Found, after: Document) -> Write:
    return Write(
        kind="index",
        index=names.of_transaction(number),
        id=str(number),
        source=written(after),
        if_seen=found.seen,
    )


def _delete_pieces(cluster: Cluster, names: Names, change: Replaced, before: Document) -> None:
    """Of an entry that is kept as another one since, which has none."""
    if any(field.name == "entry" for field in change.fields):
        keys = piece_keys(names, before)
        cluster.write(Write(kind="delete", index=index, id=key) for index, key in keys)


def _digest_of(document: Document) -> str:
    kept = document["bartizan"]["kept"]
    return str(kept.get("kept_digest", kept["digest"]))


def _anew(before: Document, record: Record, compression: Compression) -> Document:
    """What would be stored of the record now, where it is the same entry."""
    ours = before["bartizan"]
    same = Record(
        sensor=before["observer"]["name"],
        received_at_us=ours["received_us"],
        digest=record.digest,
        raw=record.raw,
        transaction=record.transaction,
        parts=record.parts,
    )
    # As it comes back: lists for tuples, and so on.
    after: Document = msgspec.json.decode(encode(make_document(ours["id"], same)))
    for name in _STAYS:
        _take_over(after["bartizan"], ours, name)
    for name in (*FIXED, *MARKS):
        _take_over(after["bartizan"]["kept"], ours["kept"], name)
    wanted = record.kept_digest
    if wanted is not None and ours["has_payload"] and wanted.hex() != _digest_of(before):
        # In the document however large it is: with pieces beside it, a crash could mix the two.
        after["bartizan"]["size_bytes"] = len(record.raw)
        after["bartizan"]["kept"]["kept_digest"] = wanted.hex()
        after["bartizan"]["kept"].pop("pieces", None)
        with_entry(after, compression.compress(record.raw), inline_bytes=sys.maxsize)
    return after


def _take_over(after: Document, before: Document, name: str) -> None:
    if name in before:
        after[name] = before[name]
    else:
        after.pop(name, None)


def _changes(before: Document, after: Document) -> Iterator[FieldChange]:
    old, new = _facts(before), _facts(after)
    for name, value in old.items():
        if value != new[name]:
            yield FieldChange(name=name, before=value, after=new[name])
    parts = before["bartizan"]["kept"].get("parts", {}), after["bartizan"]["kept"].get("parts", {})
    if parts[0] != parts[1]:
        letters = [one.get("letters", "") for one in parts]
        yield FieldChange(name="parts", before=letters[0], after=letters[1])
    if _digest_of(before) != _digest_of(after):
        yield FieldChange(name="entry", before=_digest_of(before), after=_digest_of(after))


def _facts(source: Document) -> dict[str, Any]:
    row, ours = make_row(source), source["bartizan"]
    kept = ours["kept"]
    occurred_us = kept.get("occurred_us")
    return {
        **{name: getattr(row, name) for name in _ROW_FIELDS},
        "occurred_at": None if occurred_us is None else from_us(occurred_us),
        "format": ours["format"],
        "engine_mode": kept.get("engine_mode"),
        "ruleset": source["rule"].get("ruleset"),
        "place_source": kept.get("place", {}).get("source"),
        "matches": make_matches(ours["matches"]),
    }
