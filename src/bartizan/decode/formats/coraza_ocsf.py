"""Coraza's OCSF 1.2.0 records of class 6001, Web Resources Activity. See docs/formats.md.

Keys come in random order, and what is empty is left out. Each enrichment is a datum that a rule
matched, as JSON in a string.
"""

from datetime import datetime
from functools import partial

import msgspec
from msgspec import Raw

from bartizan.decode import coraza_rules, json_parts
from bartizan.decode import json_values as values
from bartizan.decode.apache_time import LATEST_US
from bartizan.decode.contract import Decoded
from bartizan.decode.coraza_rules import Data, Message
from bartizan.decode.defects import DefectCode, defect
from bartizan.decode.json_decoder import JsonDecoder
from bartizan.decode.json_repair import Kind, Shape
from bartizan.decode.json_values import Number
from bartizan.domain.errors import Refused
from bartizan.domain.transaction import (
    Defect,
    Format,
    Intercept,
    Request,
    Response,
    Transaction,
    Zone,
)
from bartizan.kit.clock import from_us

_NOTHING = Raw()
_CLASS = 6001
_ALLOWED, _DENIED = 1, 2
_LONGEST_TIME = 19
_NANOSECONDS_SINCE = 10**16  # April 1970; in milliseconds it would be the year 318857


class _Header(msgspec.Struct, gc=False):
    name: str | None = None
    value: str | None = None


class _Url(msgspec.Struct, gc=False):
    url_string: str | None = None


class _Request(msgspec.Struct, gc=False):
    uid: Number = None
    http_method: str | None = None
    version: Number = None
    url: _Url | None = None
    http_headers: tuple[_Header, ...] | None = None


class _Response(msgspec.Struct, gc=False):
    code: Number = None
    http_headers: tuple[_Header, ...] | None = None


class _End(msgspec.Struct, gc=False):
    ip: str | None = None
    port: Number = None


class _Enrichment(msgspec.Struct, gc=False):
    name: str | None = None
    value: str | None = None
    data: str | None = None


class _Product(msgspec.Struct, gc=False):
    vendor_name: str | None = None
    name: str | None = None
    version: Number = None


class _Metadata(msgspec.Struct, gc=False):
    product: _Product | None = None


class _Entry(msgspec.Struct, gc=False):
    class_uid: Number = None
    class_name: str | None = None
    action_id: Number = None
    time: Number = None
    start_time: Number = None
    metadata: _Metadata | None = None
    enrichments: Raw = _NOTHING
    http_request: _Request | None = None
    http_response: _Response | None = None
    src_endpoint: _End | None = None
    dst_endpoint: _End | None = None


_entry = msgspec.json.Decoder(_Entry)
_enrichments = msgspec.json.Decoder(tuple[_Enrichment, ...] | None)
_data = msgspec.json.Decoder(Data)
_TEXT, _NUMBER = Kind.TEXT, Kind.NUMBER
_HEADERS_SHAPE: Shape = [{"name": _TEXT, "value": _TEXT}]
_END_SHAPE: Shape = {"ip": _TEXT, "port": _NUMBER}
_SHAPE: Shape = {
    **dict.fromkeys(("class_uid", "action_id", "time", "start_time"), _NUMBER),
    "class_name": _TEXT,
    "metadata": {"product": dict.fromkeys(("vendor_name", "name", "version"), _TEXT)},
    "enrichments": [{"name": _TEXT, "value": _TEXT, "data": _TEXT}],
    "http_request": {
        **dict.fromkeys(("uid", "http_method", "version"), _TEXT),
        "url": {"url_string": _TEXT},
        "http_headers": _HEADERS_SHAPE,
    },
    "http_response": {"code": _NUMBER, "http_headers": _HEADERS_SHAPE},
    "src_endpoint": _END_SHAPE,
    "dst_endpoint": _END_SHAPE,
}


class CorazaOcsf(JsonDecoder):
    """Decodes one record."""

    def __init__(self) -> None:
        super().__init__(Format.CORAZA_OCSF, _build, _SHAPE)


def _build(raw: bytes) -> Decoded:
    entry = _entry.decode(raw)
    class_uid = values.number(entry.class_uid)
    is_empty = entry.http_request is None and entry.src_endpoint is None and not entry.enrichments
    if class_uid != _CLASS and (class_uid is not None or is_empty):
        raise Refused("not-an-entry", "an OCSF record that is no Web Resources Activity (6001)")
    defects: list[Defect] = []
    asked, source, target = (
        entry.http_request or _Request(),
        entry.src_endpoint or _End(),
        entry.dst_endpoint or _End(),
    )
    unique_id = values.word(asked.uid)
    request = Request(
        method=asked.http_method or None,
        uri=(asked.url.url_string if asked.url else None) or None,
        protocol=values.word(asked.version),
        headers=_headers(asked.http_headers),
    )
    answered = entry.http_response or _Response()
    response = Response(
        status=values.status(answered.code), headers=_headers(answered.http_headers)
    )
    enrichments = bytes(entry.enrichments)
    messages = _messages(enrichments, defects) if enrichments else []
    matches = coraza_rules.matches(messages, defects)
    intercepted = {_ALLOWED: False, _DENIED: True}.get(values.number(entry.action_id) or 0)
    time = entry.start_time if entry.start_time is not None else entry.time
    ends = source.ip, source.port, target.ip, target.port
    parts = json_parts.begun(time, unique_id, *ends)
    parts += json_parts.exchange(request, None, response, None)
    if enrichments:
        parts.append(("H", partial(json_parts.members, ("enrichments", enrichments))))
    product = (entry.metadata.product if entry.metadata else None) or _Product()
    transaction = Transaction(
        format=Format.CORAZA_OCSF,
        unique_id=unique_id,
        occurred_at=_occurred(time, defects),
        zone=Zone.STATED,
        client=values.endpoint(source.ip, source.port),
        server=values.endpoint(target.ip, target.port),
        request=request,
        response=response,
        matches=matches,
        intercepted=intercepted,
        intercept=Intercept(status=response.status) if intercepted else None,
        producer=" ".join(str(one) for one in (product.vendor_name, product.version) if one)
        or None,
        parts="".join([letter for letter, _ in parts]),
        defects=tuple(defects),
    )
    return Decoded(transaction, parts)


def _occurred(stated: Number, defects: list[Defect]) -> datetime | None:
    """Nanoseconds since the epoch, although OCSF says milliseconds: told apart by their size."""
    since_epoch = values.number(stated, _LONGEST_TIME) or 0
    at_us = since_epoch // 1000 if since_epoch >= _NANOSECONDS_SINCE else since_epoch * 1000
    if not 0 < at_us < LATEST_US:
        defects.append(defect(DefectCode.TIME_MALFORMED, "time"))
        return None
    return from_us(at_us)


def _headers(stated: tuple[_Header, ...] | None) -> tuple[tuple[str, str], ...]:
    return tuple([(one.name, one.value or "") for one in stated or () if one.name])


def _messages(enrichments: bytes, defects: list[Defect]) -> list[Message]:
    messages = []
    for number, one in enumerate(_enrichments.decode(enrichments) or (), start=1):
        try:
            data = _data.decode(one.data or "")
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            defects.append(defect(DefectCode.VALUE_MALFORMED, f"enrichments {number}"))
            data = Data(msg=one.name, data=one.value)
        messages.append(Message(message=one.name, data=data))
    return messages
