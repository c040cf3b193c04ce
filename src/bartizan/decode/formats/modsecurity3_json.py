"""ModSecurity 3's JSON: one object with everything under `transaction`. See docs/formats.md.

The dialect does not say whether the transaction was intercepted, only what was answered.
"""

from datetime import datetime
from functools import lru_cache, partial
from typing import NamedTuple

import msgspec
from msgspec import Raw, field

from bartizan.decode import json_headers, json_parts, match_words, wall_clock
from bartizan.decode import json_values as values
from bartizan.decode.contract import Decoded
from bartizan.decode.defects import DefectCode, defect
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
_ENGINE_MODES = {
    "Enabled": "On",
    "DetectionOnly": "DetectionOnly",
    "PropertyNotSet/DetectionOnly": "DetectionOnly",
    "Disabled": "Off",
}
_NO_SEVERITY = 0  # also what a rule without one is logged with
_NO_BODY = None, None
_VERSIONS = {1.1: "1.1", 2.0: "2.0", 1.0: "1.0"}  # a float is slow to be written
_PRODUCER = b',"producer":{'
_NO_YAJL = "ModSecurity was not compiled with JSON"


class _Request(msgspec.Struct, gc=False):
    method: str | None = None
    http_version: float | int | str | None = None
    uri: str | None = None
    body: str | None = None
    headers: Raw = _NOTHING


class _Response(msgspec.Struct, gc=False):
    body: str | None = None
    http_code: Number = None
    headers: Raw = _NOTHING


class _Details(msgspec.Struct, gc=False):
    match: str | None = None
    rule_id: Number = field(name="ruleId", default=None)
    file: str | None = None
    line: Number = field(name="lineNumber", default=None)
    data: str | None = None
    severity: Number = None
    ver: Number = None
    rev: Number = None
    tags: tuple[str, ...] = ()


class _Message(msgspec.Struct, gc=False):
    message: str | None = None
    details: _Details = field(default_factory=_Details)


class _Producer(msgspec.Struct, gc=False):
    modsecurity: str | None = None
    connector: str | None = None
    secrules_engine: str | None = None
    components: tuple[str, ...] = ()


class _Transaction(msgspec.Struct, gc=False):
    client_ip: str | None = None
    time_stamp: str | None = None
    client_port: Number = None
    host_ip: str | None = None
    host_port: Number = None
    unique_id: Number = None
    request: _Request = field(default_factory=_Request)
    response: _Response = field(default_factory=_Response)
    producer: Raw = _NOTHING
    messages: tuple[_Message, ...] | None = None


class _Entry(msgspec.Struct, gc=False):
    transaction: _Transaction | None = None
    error: str | None = None


class _TrailerMembers(msgspec.Struct, gc=False):
    producer: Raw = _NOTHING
    messages: Raw = _NOTHING


class _Trailer(msgspec.Struct, gc=False):
    transaction: _TrailerMembers


_entry = msgspec.json.Decoder(_Entry)
_trailer = msgspec.json.Decoder(_Trailer)
_producer = msgspec.json.Decoder(_Producer)
_TEXT, _NUMBER, _HEADERS = Kind.TEXT, Kind.NUMBER, Kind.HEADERS
_SHAPE: Shape = {
    "transaction": {
        **dict.fromkeys(("client_ip", "time_stamp", "host_ip", "unique_id"), _TEXT),
        **dict.fromkeys(("client_port", "host_port"), _NUMBER),
        "request": {
            **dict.fromkeys(("method", "http_version", "uri", "body"), _TEXT),
            "headers": _HEADERS,
        },
        "response": {"body": _TEXT, "http_code": _NUMBER, "headers": _HEADERS},
        "producer": {
            **dict.fromkeys(("modsecurity", "connector", "secrules_engine"), _TEXT),
            "components": [_TEXT],
        },
        "messages": [
            {
                "message": _TEXT,
                "details": {
                    **dict.fromkeys(
                        ("match", "reference", "ruleId", "file", "lineNumber", "data", "severity",
                         "ver", "rev", "maturity", "accuracy"),
                        _TEXT,
                    ),
                    "tags": [_TEXT],
                },
            }
        ],
    },
    "error": _TEXT,
}  # fmt: skip


class ModSecurity3Json(JsonDecoder):
    """Decodes one entry of a serial or parallel log, or as the HTTPS writer sends it."""

    def __init__(self) -> None:
        super().__init__(Format.MODSECURITY3_JSON, _build, _SHAPE)


def _build(raw: bytes) -> Decoded:
    entry = _entry.decode(raw)
    stated = entry.transaction
    if stated is None:
        raise _refusal(entry)
    by = _produced(bytes(stated.producer)) if stated.producer else _UNSTATED
    unique_id = None if stated.unique_id in (None, "") else str(stated.unique_id)
    request, sent = _request(stated.request)
    response, answered = _response(stated.response)
    defects: list[Defect] = []
    ends = stated.client_ip, stated.client_port, stated.host_ip, stated.host_port
    parts = json_parts.begun(stated.time_stamp, unique_id, *ends)
    parts += json_parts.exchange(request, sent, response, answered)
    if stated.producer or stated.messages is not None:
        parts.append(("H", partial(_part_h, raw)))
    transaction = Transaction(
        format=Format.MODSECURITY3_JSON,
        unique_id=unique_id,
        occurred_at=_occurred(stated.time_stamp, defects),
        zone=Zone.ASSUMED,
        client=values.endpoint(stated.client_ip, stated.client_port),
        server=values.endpoint(stated.host_ip, stated.host_port),
        request=request,
        response=response,
        matches=tuple([_match(one) for one in stated.messages or ()]),
        intercepted=by.intercepted,
        engine_mode=by.engine_mode,
        producer=by.name,
        ruleset=by.ruleset,
        parts="".join([letter for letter, _ in parts]),
        defects=tuple(defects),
    )
    return Decoded(transaction, parts)


def _part_h(raw: bytes) -> bytes:
    """Producer and messages as written: as the sensor puts them, the end of the entry.

    Nothing else has an object for a `producer`: a header of this name has a string.
    """
    begin = raw.find(_PRODUCER)
    end = len(raw) - raw.endswith(b"\n")
    if begin >= 0 and raw.endswith(b"]}}", begin, end):
        return b"{" + raw[begin + 1 : end - 1]
    stated = _trailer.decode(raw).transaction
    return json_parts.members(
        ("producer", bytes(stated.producer)), ("messages", bytes(stated.messages))
    )


def _refusal(entry: _Entry) -> Refused:
    if entry.error and entry.error.startswith(_NO_YAJL):
        return Refused(
            "sensor-without-json",
            "the sensor logs no transactions: its libmodsecurity was built without YAJL; log in"
            " the native format or install a build with JSON support",
        )
    return Refused("not-an-entry", "a JSON object without a transaction")


def _occurred(stamp: str | None, defects: list[Defect]) -> datetime | None:
    """As if the sensor's clock were UTC: the entry does not say in which zone it is."""
    occurred_at = _moment(stamp) if stamp else None
    if occurred_at is None:
        defects.append(defect(DefectCode.TIME_MALFORMED, "time_stamp"))
    return occurred_at


@lru_cache(maxsize=256)
def _moment(stamp: str) -> datetime | None:
    at_us = wall_clock.ctime(stamp.encode())
    return None if at_us is None else from_us(at_us)


def _request(stated: _Request) -> tuple[Request, bytes | None]:
    body, sent = values.body(stated.body) if stated.body else _NO_BODY
    request = Request(
        method=None if stated.method in ("", "-") else stated.method,
        uri=stated.uri,
        protocol=_protocol(stated.http_version),
        headers=json_headers.pairs(bytes(stated.headers)),
        body=body,
    )
    return request, sent


def _protocol(version: float | str | None) -> str | None:
    word = _VERSIONS.get(version) if isinstance(version, float) else None
    word = word or values.word(version)
    return word if word is None or word.startswith("HTTP") else f"HTTP/{word}"


def _response(stated: _Response) -> tuple[Response, bytes | None]:
    body, answered = values.body(stated.body) if stated.body else _NO_BODY
    headers = json_headers.pairs(bytes(stated.headers))
    return Response(status=values.status(stated.http_code), headers=headers, body=body), answered


def _match(stated: _Message) -> RuleMatch:
    details = stated.details
    operator, target = match_words.read(details.match or "")
    rule_id, line, severity, revision, version = values.rule_facts(
        details.rule_id,
        details.line,
        details.severity,
        details.rev,
        details.ver,
        unset=_NO_SEVERITY,
    )
    return RuleMatch(
        rule_id=rule_id,
        message=stated.message or None,
        data=details.data or None,
        severity=severity,
        tags=details.tags,
        file=details.file or None,
        line=line,
        revision=revision,
        version=version,
        target=target,
        operator=operator,
    )


class _By(NamedTuple):
    """What the entry says of the engine."""

    name: str | None = None
    engine_mode: str | None = None
    ruleset: str | None = None
    intercepted: bool | None = None


_UNSTATED = _By()


@lru_cache(maxsize=256)
def _produced(producer: bytes) -> _By:
    """The same for every entry of a sensor, so remembered."""
    stated = _producer.decode(producer)
    mode = _ENGINE_MODES.get(stated.secrules_engine or "", stated.secrules_engine) or None
    return _By(
        "; ".join(filter(None, (stated.modsecurity, stated.connector))) or None,
        mode,
        # Version 3.0 leaves the closing quote of the signature behind.
        values.ruleset(tuple([one.removesuffix('"') for one in stated.components])),
        values.intercepted_by_mode(mode),
    )
