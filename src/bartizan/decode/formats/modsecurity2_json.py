"""ModSecurity 2's JSON: `transaction`, `request`, `response`, `audit_data`. See docs/formats.md.

Messages are the texts of the native format, escaped for the log and then for JSON; the cut at 1,023
bytes and what can be forged in them are the same, and so is how they are read.
"""

from collections.abc import Sequence
from datetime import datetime
from functools import lru_cache

import msgspec
from msgspec import Raw, field
from msgspec.structs import replace

from bartizan.decode import apache_time, json_headers, json_parts, message
from bartizan.decode import json_values as values
from bartizan.decode.contract import Decoded
from bartizan.decode.defects import DefectCode, defect
from bartizan.decode.http_head import request_line
from bartizan.decode.json_decoder import JsonDecoder
from bartizan.decode.json_repair import Kind, Shape
from bartizan.decode.json_values import Number
from bartizan.decode.matched_rules import MatchedRules
from bartizan.decode.message import Message
from bartizan.domain.errors import Refused
from bartizan.domain.transaction import (
    Defect,
    Format,
    Intercept,
    Request,
    Response,
    Transaction,
    Upload,
    Zone,
)
from bartizan.kit.clock import from_us

_NOTHING = Raw()
_ENGINE_MODES = {"ENABLED": "On", "DETECTION_ONLY": "DetectionOnly", "DISABLED": "Off"}
_LONGEST_SIZE = 18


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
    body: tuple[str, ...] = ()
    fake_body: str | None = None


class _Response(msgspec.Struct, gc=False):
    protocol: str | None = None
    status: Number = None
    headers: Raw = _NOTHING
    body: str | None = None


class _Action(msgspec.Struct, gc=False):
    intercepted: bool = False
    phase: Number = None


class _AuditData(msgspec.Struct, gc=False):
    messages: tuple[str, ...] | None = None
    action: _Action | None = None
    producer: tuple[str, ...] | str | None = None
    engine_mode: str | None = None


class _Upload(msgspec.Struct, gc=False):
    file_size: Number = None
    file_name: str | None = None
    content_type: str | None = None


class _Uploads(msgspec.Struct, gc=False):
    info: tuple[_Upload, ...] = ()


class _Entry(msgspec.Struct, gc=False):
    transaction: _Transaction | None = None
    request: _Request = field(default_factory=_Request)
    response: _Response = field(default_factory=_Response)
    audit_data: Raw = _NOTHING
    uploads: Raw = _NOTHING
    matched_rules: Raw = _NOTHING


_entry = msgspec.json.Decoder(_Entry)
_audit_data = msgspec.json.Decoder(_AuditData)
_uploads = msgspec.json.Decoder(_Uploads)
_TEXT, _NUMBER, _HEADERS = Kind.TEXT, Kind.NUMBER, Kind.HEADERS
_SHAPE: Shape = {
    "transaction": {
        **dict.fromkeys(("time", "transaction_id", "remote_address", "local_address"), _TEXT),
        **dict.fromkeys(("remote_port", "local_port"), _NUMBER),
    },
    "request": {
        **dict.fromkeys(("request_line", "fake_body"), _TEXT),
        "headers": _HEADERS,
        "body": [_TEXT],
    },
    "response": {"protocol": _TEXT, "status": _NUMBER, "headers": _HEADERS, "body": _TEXT},
    "audit_data": {
        **dict.fromkeys(("handler", "server", "sensor_id", "engine_mode"), _TEXT),
        "messages": [_TEXT],
        "error_messages": [_TEXT],
        "action": {"intercepted": Kind.FLAG, "phase": _NUMBER, "message": _TEXT},
        "producer": [_TEXT],
        **dict.fromkeys(
            ("stopwatch", "response_body_dechunked", "sanitized", "webapp_info",
             "rules_performance_info"),
            Kind.ANY,
        ),
    },
    "uploads": {
        "info": [{"file_size": _NUMBER, "file_name": _TEXT, "content_type": _TEXT}],
        "total": _NUMBER,
    },
    "matched_rules": Kind.ANY,
}  # fmt: skip


class ModSecurity2Json(JsonDecoder):
    """Decodes one entry as mlogc sends it, or as it stands in a serial or concurrent log."""

    def __init__(self) -> None:
        super().__init__(Format.MODSECURITY2_JSON, _build, _SHAPE)


def _build(raw: bytes) -> Decoded:
    entry = _entry.decode(raw)
    stated = entry.transaction
    if stated is None:
        raise Refused("not-an-entry", "a JSON object without a transaction")
    defects: list[Defect] = []
    occurred_at, zone = _occurred(stated.time, defects)
    unique_id = values.word(stated.transaction_id)
    request, sent = _request(entry.request, defects)
    response, answered = _response(entry.response)
    trailer = bytes(entry.audit_data)
    ending = _audit_data.decode(trailer) if trailer else _AuditData()
    messages = _messages(ending, entry.matched_rules, defects)
    uploads = bytes(entry.uploads)
    ends = stated.remote_address, stated.remote_port, stated.local_address, stated.local_port
    parts = json_parts.begun(stated.time, unique_id, *ends)
    parts += json_parts.exchange(request, sent, response, answered)
    # Without part H it is there and empty.
    is_trailer = len(trailer) > len(b"{}")
    if is_trailer:
        parts.append(("H", trailer))
    if uploads:
        parts.append(("J", uploads))
    if entry.matched_rules:
        parts.append(("K", bytes(entry.matched_rules)))
    producer, ruleset = _produced(ending.producer)
    mode = ending.engine_mode
    is_intercepted = ending.action is not None and ending.action.intercepted
    transaction = Transaction(
        format=Format.MODSECURITY2_JSON,
        unique_id=unique_id,
        occurred_at=occurred_at,
        zone=zone,
        client=values.endpoint(stated.remote_address, stated.remote_port),
        server=values.endpoint(stated.local_address, stated.local_port),
        request=request,
        response=response,
        matches=tuple([one.match for one in messages]),
        intercepted=is_intercepted if is_trailer else None,
        intercept=_intercept(ending.action, messages) if is_intercepted else None,
        engine_mode=_ENGINE_MODES.get(mode, mode) if mode else None,
        producer=producer,
        ruleset=ruleset,
        uploads=_uploaded(uploads) if uploads else (),
        parts="".join([letter for letter, _ in parts]),
        defects=tuple(defects),
    )
    return Decoded(transaction, parts)


def _occurred(stamp: str | None, defects: list[Defect]) -> tuple[datetime | None, Zone]:
    """When the entry was logged; neither the request's start nor its duration is stated."""
    logged = apache_time.read(stamp.encode()) if stamp else None
    if logged is None:
        defects.append(defect(DefectCode.TIME_MALFORMED, "time"))
        return None, Zone.ASSUMED
    if not logged.has_zone:
        defects.append(defect(DefectCode.ZONE_MALFORMED, "time"))
        return from_us(logged.at_us), Zone.ASSUMED
    return from_us(logged.at_us), Zone.STATED


def _request(stated: _Request, defects: list[Defect]) -> tuple[Request, bytes | None]:
    body, sent = values.body("".join(stated.body) or stated.fake_body)
    method, uri, protocol, is_malformed = request_line(stated.request_line or "")
    if is_malformed and stated.request_line is not None:
        defects.append(defect(DefectCode.REQUEST_LINE_MALFORMED, "request_line"))
    request = Request(
        method=method,
        uri=uri,
        protocol=protocol,
        headers=json_headers.pairs(bytes(stated.headers)),
        body=body,
    )
    return request, sent


def _response(stated: _Response) -> tuple[Response, bytes | None]:
    body, answered = values.body(stated.body)
    response = Response(
        status=values.status(stated.status),
        protocol=stated.protocol or None,
        headers=json_headers.pairs(bytes(stated.headers)),
        body=body,
    )
    return response, answered


def _messages(ending: _AuditData, matched: Raw, defects: list[Defect]) -> list[Message]:
    messages = [message.read(one.encode()) for one in ending.messages or ()]
    for number, one in enumerate(messages, start=1):
        if one.defect is not None:
            defects.append(defect(one.defect, f"H message {number}", one.detail))
    if matched and any(one.words for one in messages):
        rules = MatchedRules(bytes(matched))
        messages = [
            replace(one, match=rules.restored(one.match, one.words)) if one.words else one
            for one in messages
        ]
    return messages


def _intercept(action: _Action | None, messages: Sequence[Message]) -> Intercept:
    """`action` says that and in which phase; the rule is the first that denied in that phase."""
    phase = values.number(action.phase, 1) if action else None
    denials = [one for one in messages if one.match.disruptive]
    same_phase = [one for one in denials if one.match.phase == phase]
    denial = next(iter(same_phase or denials), None)
    return Intercept(
        status=denial.status if denial else None,
        phase=phase,
        rule_id=denial.match.rule_id if denial else None,
    )


@lru_cache(maxsize=256)
def _produced(stated: tuple[str, ...] | str | None) -> tuple[str | None, str | None]:
    """Producer and rule set: a text, or an array whose first is the producer."""
    named = (stated,) if isinstance(stated, str) else stated or ("",)
    return named[0] or None, values.ruleset(named[1:])


def _uploaded(uploads: bytes) -> tuple[Upload, ...]:
    return tuple(
        Upload(
            name=one.file_name or "",
            size=values.number(one.file_size, _LONGEST_SIZE) or 0,
            content_type=_type(one.content_type),
        )
        for one in _uploads.decode(uploads).info
    )


def _type(stated: str | None) -> str | None:
    return None if stated is None or stated.startswith("<Unknown") else stated
