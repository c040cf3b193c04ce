"""Writes as a bulk request has them, and documents as they come back."""

from collections.abc import Iterable, Iterator
from typing import Any, Final

import msgspec

from bartizan.domain.errors import Refused
from bartizan.kit.struct import Struct

Document = dict[str, Any]
_BULK_BYTES: Final = 4 * 1024 * 1024
# What may become of a write.
CREATED: Final = (200, 201)
THERE: Final = 409
GONE: Final = 404


class Write(Struct, frozen=True, kw_only=True):
    """One action of a bulk request. `if_seen` is the (seq_no, primary_term) it may change."""

    kind: str  # create, index, delete
    index: str
    id: str
    source: bytes = b""
    if_seen: tuple[int, int] | None = None


class Found(Struct, frozen=True, kw_only=True):
    """A document as a look-up by id gave it, and the version that it is."""

    source: Document
    seen: tuple[int, int] | None


def encode(document: Any) -> bytes:
    """As the cluster takes it; `Refused` for what is no text."""
    try:
        return msgspec.json.encode(document)
    except UnicodeEncodeError as error:
        raise Refused("store-refused", "a text cannot be written as UTF-8") from error


def in_batches(writes: Iterable[Write]) -> Iterator[list[Write]]:
    some: list[Write] = []
    size = 0
    for write in writes:
        if some and size + len(write.source) > _BULK_BYTES:
            yield some
            some, size = [], 0
        some.append(write)
        size += len(write.source) + 100
    if some:
        yield some


def lines(write: Write) -> bytes:
    meta: Document = {"_index": write.index, "_id": write.id}
    if write.if_seen is not None:
        meta["if_seq_no"], meta["if_primary_term"] = write.if_seen
    action = msgspec.json.encode({write.kind: meta})
    return action + b"\n" + (write.source + b"\n" if write.kind != "delete" else b"")
