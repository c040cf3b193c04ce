"""The formats that can be decoded, one line each, and how to tell which an entry is in."""

from bartizan.decode import json_dialect
from bartizan.decode.contract import Decoded, Decoder, Parts
from bartizan.decode.formats.coraza_json import CorazaJson
from bartizan.decode.formats.coraza_jsonlegacy import CorazaJsonLegacy
from bartizan.decode.formats.coraza_native import CorazaNative
from bartizan.decode.formats.coraza_ocsf import CorazaOcsf
from bartizan.decode.formats.error_log import ErrorLog
from bartizan.decode.formats.modsecurity2_json import ModSecurity2Json
from bartizan.decode.formats.modsecurity2_native import ModSecurity2Native
from bartizan.decode.formats.modsecurity3_json import ModSecurity3Json
from bartizan.decode.formats.modsecurity3_native import ModSecurity3Native
from bartizan.domain.errors import Refused
from bartizan.domain.transaction import Transaction

HEAD_BYTES = 4096

# What is asked first is told apart fastest; the order decides nothing else.
DECODERS: tuple[Decoder, ...] = (
    ModSecurity2Native(),
    ModSecurity3Json(),
    CorazaJson(),
    ModSecurity3Native(),
    CorazaNative(),
    ModSecurity2Json(),
    CorazaJsonLegacy(),
    CorazaOcsf(),
    ErrorLog(),
)
_BY_FORMAT = {decoder.format: decoder for decoder in DECODERS}


def detect(head: bytes) -> Decoder | None:
    """The decoder for an entry that begins with `head` (4 KiB of it are enough), or None."""
    if head.startswith((b"{", b"[")):  # as the decoders of JSON ask, one after the other
        dialect = json_dialect.of(head, json_dialect.first(head))
        if dialect is not None:
            return _BY_FORMAT[dialect]
    for decoder in DECODERS:
        if decoder.recognises(head):
            return decoder
    return None


def read(raw: bytes) -> Decoded:
    """Decode exactly one entry and cut it into its parts, both in one go.

    Raises `Refused` and nothing else: `empty` (nothing in it), `unknown-format`, or the code with
    which the format's decoder refuses it (`not-an-entry`).
    """
    if not raw:
        raise Refused("empty", "the entry has no bytes")
    decoder = detect(raw[:HEAD_BYTES])
    if decoder is None:
        raise Refused("unknown-format", "no known format begins like this entry")
    return decoder.read(raw)


def decode(raw: bytes) -> Transaction:
    """The transaction of exactly one entry. Raises as `read` does."""
    return read(raw).transaction


def parts(raw: bytes) -> Parts:
    """The parts of an entry, letter and bytes, each letter once, in order; () if it has none."""
    decoder = detect(raw[:HEAD_BYTES])
    return decoder.parts(raw) if decoder else ()
