"""Coraza's JSON: `transaction` and `messages` beside each other. See docs/formats.md."""

from datetime import datetime
from functools import lru_cache, partial

import msgspec
from msgspec import Raw

from bartizan.decode import coraza_rules, json_headers, json_parts, wall_clock
from bartizan.decode import json_values as values
from bartizan.decode.apache_time import LATEST_US
from bartizan.decode.contract import Decoded
from bartizan.decode.coraza_rules import Message
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
    RuleMatch,
    Transaction,
    Upload,
    Zone,
)
from bartizan.kit.clock import from_us

_NOTHING = Raw()
_LONGEST_TIME = 19
_MESSAGES = b'},"messages":[{"actionset":'
_LONGEST_SIZE = 18


class _File(msgspec.Struct, gc=False):
    name: str | None = None
    size: Number = None
    mime: str | None = None


class _Request(msgspec.Struct, gc=False):
    method: str | None = None
    protocol: str | None = None
    uri: str | None = None
    http_version: Number = None
    headers: dict[str, list[str] | None] | None = None
    body: str | None = None
    files: Raw = _NOTHING


class _Response(msgspec.Struct, gc=False):
    protocol: str | None = None
    status: Number = None
    headers: dict[str, list[str] | None] | None = None
    body: str | None = None


class _Producer(msgspec.Struct, gc=False):
    connector: str | None = None
    version: Number = None
    server: str | None = None
    rule_engine: str | None = None
    rulesets: tuple[str, ...] | None = None


class _Transaction(msgspec.Struct, gc=False):
    timestamp: str | None = None
    unix_timestamp: Number = None
    id: Number = None
    client_ip: str | None = None
    client_port: Number = None
    host_ip: str | None = None
    host_port: Number = None
    request: _Request | None = None
    response: _Response | None = None
    producer: Raw = _NOTHING
    is_interrupted: bool | None = None


class _Entry(msgspec.Struct, gc=False):
    transaction: _Transaction | None = None
    messages: tuple[Message, ...] | None = None


class _Messages(msgspec.Struct, gc=False):
    messages: Raw = _NOTHING


_entry = msgspec.json.Decoder(_Entry)
_messages = msgspec.json.Decoder(_Messages)
_producer = msgspec.json.Decoder(_Producer | None)
_files = msgspec.json.Decoder(tuple[_File, ...] | None)
_TEXT, _NUMBER = Kind.TEXT, Kind.NUMBER
_SHAPE: Shape = {
    "transaction": {
        **dict.fromkeys(("timestamp", "id", "client_ip", "host_ip"), _TEXT),
        **dict.fromkeys(("unix_timestamp", "client_port", "host_port"), _NUMBER),
        "request": {
            **dict.fromkeys(("method", "protocol", "uri", "http_version", "body"), _TEXT),
            "headers": Kind.ARRAYS,
            "files": [{"name": _TEXT, "size": _NUMBER, "mime": _TEXT}],
        },
        "response": {
            **dict.fromkeys(("protocol", "body"), _TEXT),
            "status": _NUMBER,
            "headers": Kind.ARRAYS,
        },
        "producer": {
            **dict.fromkeys(("connector", "version", "server", "rule_engine", "stopwatch"), _TEXT),
            "rulesets": [_TEXT],
        },
        "is_interrupted": Kind.FLAG,
    },
    "messages": [coraza_rules.MESSAGE_SHAPE],
}


class CorazaJson(JsonDecoder):
    """Decodes one entry of a serial or concurrent log, or as the https writer sends it."""

    def __init__(self) -> None:
        super().__init__(Format.CORAZA_JSON, _build, _SHAPE)


def _build(raw: bytes) -> Decoded:
    entry = _entry.decode(raw)
    stated = entry.transaction
    if stated is None:
        raise Refused("not-an-entry", "a JSON object without a transaction")
    defects: list[Defect] = []
    producer = bytes(stated.producer)
    occurred_at, zone = _occurred(stated, defects)
    unique_id = values.word(stated.id)
    asked = stated.request or _Request()
    request, sent = _request(asked)
    response, answered = _response(stated.response or _Response())
    files = bytes(asked.files)
    uploads = _uploads(files) if len(files) > len("null") else ()
    matches = coraza_rules.matches(entry.messages or (), defects)
    by = (_producer.decode(producer) if producer else None) or _Producer()
    name, ruleset = _produced(by.connector, by.version, by.rulesets)
    ends = stated.client_ip, stated.client_port, stated.host_ip, stated.host_port
    parts = json_parts.begun(stated.timestamp, unique_id, *ends)
    parts += json_parts.exchange(request, sent, response, answered)
    if producer or entry.messages:
        has_messages = bool(entry.messages)
        parts.append(("H", partial(_part_h, raw, producer, has_messages=has_messages)))
    if uploads:
        parts.append(("J", files))
    transaction = Transaction(
        format=Format.CORAZA_JSON,
        unique_id=unique_id,
        occurred_at=occurred_at,
        zone=zone,
        client=values.endpoint(stated.client_ip, stated.client_port),
        server=values.endpoint(stated.host_ip, stated.host_port),
        request=request,
        response=response,
        matches=matches,
        intercepted=stated.is_interrupted,
        intercept=_intercept(response, matches) if stated.is_interrupted else None,
        engine_mode=by.rule_engine or None,
        producer=name,
        ruleset=ruleset,
        uploads=uploads,
        parts="".join([letter for letter, _ in parts]),
        defects=tuple(defects),
    )
    return Decoded(transaction, parts)


def _part_h(raw: bytes, producer: bytes, *, has_messages: bool) -> bytes:
    """Producer and messages as written: the latter, as the sensor puts them, end the entry."""
    begin = raw.find(_MESSAGES) if has_messages else -1
    end = len(raw) - raw.endswith(b"\n")
    if producer and begin >= 0 and raw.endswith(b"]}", begin, end):
        return b'{"producer":%b,%b' % (producer, raw[begin + 2 : end])
    messages = bytes(_messages.decode(raw).messages) if has_messages else b""
    return json_parts.members(("producer", producer), ("messages", messages))


def _occurred(stated: _Transaction, defects: list[Defect]) -> tuple[datetime | None, Zone]:
    """By the nanoseconds since the epoch; else by the wall clock, as if it were UTC."""
    since_us = (values.number(stated.unix_timestamp, _LONGEST_TIME) or 0) // 1000
    if 0 < since_us < LATEST_US:
        return from_us(since_us), Zone.STATED
    at_us = wall_clock.slashed((stated.timestamp or "").encode())
    if at_us is None or stated.unix_timestamp is not None:
        defects.append(defect(DefectCode.TIME_MALFORMED, "unix_timestamp"))
    return None if at_us is None else from_us(at_us), Zone.ASSUMED


def _request(stated: _Request) -> tuple[Request, bytes | None]:
    body, sent = values.body(stated.body)
    request = Request(
        method=stated.method or None,
        uri=stated.uri or None,
        protocol=stated.protocol
        or (f"HTTP/{stated.http_version}" if stated.http_version else None),
        headers=json_headers.arrays(stated.headers),
        body=body,
    )
    return request, sent


def _response(stated: _Response) -> tuple[Response, bytes | None]:
    body, answered = values.body(stated.body)
    response = Response(
        status=values.status(stated.status),
        protocol=stated.protocol or None,
        headers=json_headers.arrays(stated.headers),
        body=body,
    )
    return response, answered


@lru_cache(maxsize=256)
def _produced(
    connector: str | None, version: Number, rulesets: tuple[str, ...] | None
) -> tuple[str | None, str | None]:
    """Producer and rule set: the same for every entry of a sensor, so remembered."""
    name = " ".join([str(one) for one in (connector, version) if one]) or None
    return name, values.ruleset(rulesets or ())


def _uploads(files: bytes) -> tuple[Upload, ...]:
    return tuple(
        Upload(
            name=one.name or "",
            size=values.number(one.size, _LONGEST_SIZE) or 0,
            content_type=one.mime or None,
        )
        for one in _files.decode(files) or ()
    )


def _intercept(response: Response, matches: tuple[RuleMatch, ...]) -> Intercept:
    """The rule is the first that says it denied, where a message is there to say so."""
    denial = next((one for one in matches if one.disruptive), None)
    return Intercept(
        status=response.status,
        phase=denial.phase if denial else None,
        rule_id=denial.rule_id if denial else None,
    )
