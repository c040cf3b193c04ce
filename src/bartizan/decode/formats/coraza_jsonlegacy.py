"""Coraza's JsonLegacy, which has the shape of ModSecurity 2's JSON. See docs/formats.md.

Of the rules that matched it states their messages only: no ids, no severities, nothing about a
block. So no match has a rule id, and an entry with matches carries a defect that says so.
"""

from datetime import datetime
from functools import lru_cache

import msgspec
from msgspec import Raw

from bartizan.decode import json_headers, json_parts, wall_clock
from bartizan.decode import json_values as values
from bartizan.decode.contract import Decoded
from bartizan.decode.defects import DefectCode, defect
from bartizan.decode.http_head import request_line
from bartizan.decode.json_decoder import JsonDecoder
from bartizan.decode.json_repair import Kind, Shape
from bartizan.decode.json_values import Number
from bartizan.domain.errors import Refused
from bartizan.domain.transaction import (
    Defect,
    Format,
    Request,
    Response,
    RuleMatch,
    Transaction,
    Zone,
)
from bartizan.kit.clock import from_us

_NOTHING = Raw()


class _Transaction(msgspec.Struct, gc=False):
    time: str | None = None
    transaction_id: Number = None
    remote_address: str | None = None
    remote_port: Number = None
    local_address: str | None = None
    local_port: Number = None


class _Request(msgspec.Struct, gc=False):
    request_line: str | None = None
    headers: Raw = _NOTHING


class _Response(msgspec.Struct, gc=False):
    status: Number = None
    protocol: str | None = None
    headers: Raw = _NOTHING


class _AuditData(msgspec.Struct, gc=False):
    messages: tuple[str, ...] | None = None
    producer: tuple[str, ...] | None = None
    engine_mode: str | None = None


class _Entry(msgspec.Struct, gc=False):
    transaction: _Transaction | None = None
    request: _Request | None = None
    response: _Response | None = None
    audit_data: Raw = _NOTHING


_entry = msgspec.json.Decoder(_Entry)
_audit_data = msgspec.json.Decoder(_AuditData)
_TEXT, _NUMBER = Kind.TEXT, Kind.NUMBER
_SHAPE: Shape = {
    "transaction": {
        **dict.fromkeys(("time", "transaction_id", "remote_address", "local_address"), _TEXT),
        **dict.fromkeys(("remote_port", "local_port"), _NUMBER),
    },
    "request": {"request_line": _TEXT, "headers": Kind.HEADERS},
    "response": {"status": _NUMBER, "protocol": _TEXT, "headers": Kind.HEADERS},
    "audit_data": {
        **dict.fromkeys(("handler", "server", "engine_mode"), _TEXT),
        "messages": [_TEXT],
        "error_messages": [_TEXT],
        "producer": [_TEXT],
        "stopwatch": Kind.ANY,
        "response_body_dechunked": Kind.FLAG,
    },
}


class CorazaJsonLegacy(JsonDecoder):
    """Decodes one entry."""

    def __init__(self) -> None:
        super().__init__(Format.CORAZA_JSONLEGACY, _build, _SHAPE)


def _build(raw: bytes) -> Decoded:
    entry = _entry.decode(raw)
    stated = entry.transaction
    if stated is None:
        raise Refused("not-an-entry", "a JSON object without a transaction")
    defects: list[Defect] = []
    unique_id = values.word(stated.transaction_id)
    request = _request(entry.request or _Request(), defects)
    response = _response(entry.response or _Response())
    trailer = bytes(entry.audit_data)
    ending = _audit_data.decode(trailer) if trailer else _AuditData()
    messages = ending.messages or ()
    if messages:
        count = f"{len(messages)} messages, ids are not logged"
        defects.append(defect(DefectCode.METADATA_MISSING, "audit_data.messages", count))
    ends = stated.remote_address, stated.remote_port, stated.local_address, stated.local_port
    parts = json_parts.begun(stated.time, unique_id, *ends)
    parts += json_parts.exchange(request, None, response, None)
    if trailer:
        parts.append(("H", trailer))
    mode = ending.engine_mode or None
    transaction = Transaction(
        format=Format.CORAZA_JSONLEGACY,
        unique_id=unique_id,
        occurred_at=_occurred(stated.time, defects),
        zone=Zone.ASSUMED,
        client=values.endpoint(stated.remote_address, stated.remote_port),
        server=values.endpoint(stated.local_address, stated.local_port),
        request=request,
        response=response,
        matches=tuple([RuleMatch(message=one or None) for one in messages]),
        intercepted=values.intercepted_by_mode(mode),
        engine_mode=mode,
        ruleset=values.ruleset(ending.producer or ()),
        parts="".join([letter for letter, _ in parts]),
        defects=tuple(defects),
    )
    return Decoded(transaction, parts)


def _occurred(stamp: str | None, defects: list[Defect]) -> datetime | None:
    """As if the sensor's clock were UTC: the entry does not say in which zone it is."""
    occurred_at = _moment(stamp) if stamp else None
    if occurred_at is None:
        defects.append(defect(DefectCode.TIME_MALFORMED, "time"))
    return occurred_at


@lru_cache(maxsize=256)
def _moment(stamp: str) -> datetime | None:
    at_us = wall_clock.slashed(stamp.encode())
    return None if at_us is None else from_us(at_us)


def _request(stated: _Request, defects: list[Defect]) -> Request:
    """The line ends in a space: Coraza knows no protocol there."""
    line = (stated.request_line or "").removesuffix(" ")
    method, uri, protocol, is_malformed = request_line(line)
    if is_malformed and stated.request_line is not None:
        defects.append(defect(DefectCode.REQUEST_LINE_MALFORMED, "request_line"))
    headers = json_headers.pairs(bytes(stated.headers))
    return Request(method=method, uri=uri, protocol=protocol, headers=headers)


def _response(stated: _Response) -> Response:
    return Response(
        status=values.status(stated.status),
        protocol=stated.protocol or None,
        headers=json_headers.pairs(bytes(stated.headers)),
    )
