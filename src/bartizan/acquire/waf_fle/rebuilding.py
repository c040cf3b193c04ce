"""The entry that an event was made of.

WAF-FLE (controller/index.php) keeps each section with its boundary line, so that put together in
ModSecurity's order they are the entry byte for byte. It does not keep of part C lines after the
hundredth, nor of its lines what is beyond 4,096 bytes; and where a body or a header holds a line
that looks like a boundary, what stood there first, or what follows. That can be told by boundaries,
empty lines and lengths. Without sections an entry is written anew from the columns.
"""

import re
from enum import StrEnum
from ipaddress import IPv4Address
from typing import Final, NamedTuple

from bartizan.acquire.waf_fle.event import WafFleEvent, WafFleMessage

# As ModSecurity 2 writes them; J lies within what WAF-FLE takes for H.
_ORDER: Final = "ABCIFEHKZ"
_LISTS: Final = "BFHK"  # end with an empty line
_LENGTH: Final = re.compile(rb"^Content-Length: *(\d{1,12})\r?$", re.MULTILINE | re.IGNORECASE)
_BOUNDARY: Final = re.compile(rb"--([0-9a-f]+)-([A-Z])--\n")
_MOST_LINES: Final = 101
_LONGEST_LINE: Final = 4096
_MONTHS: Final = (
    *("Jan", "Feb", "Mar", "Apr", "May", "Jun"),
    *("Jul", "Aug", "Sep", "Oct", "Nov", "Dec"),
)
_SEVERITIES: Final = (
    *("EMERGENCY", "ALERT", "CRITICAL", "ERROR"),
    *("WARNING", "NOTICE", "INFO", "DEBUG"),
)
_CONTROL: Final = re.compile(rb"[\x00-\x1f\x7f]")
_NO_PHASE: Final = 99


class Exactness(StrEnum):
    """How much of the entry is what the sensor sent."""

    EXACT = "exact"  # every byte, as lengths prove
    UNPROVEN = "unproven"  # probably every byte: nothing tells the length of a body
    CUT = "cut"  # WAF-FLE kept only a part of a body
    FORGED = "forged"  # a body looked like sections, and stands in their place
    COLUMNS = "columns"  # written anew from the columns of the event


class Rebuilt(NamedTuple):
    raw: bytes
    exactness: Exactness


def rebuild(event: WafFleEvent) -> Rebuilt:
    if not event.sections.get("A"):
        return Rebuilt(_from_columns(event), Exactness.COLUMNS)
    sections = {letter: event.sections.get(letter, b"") for letter in _ORDER}
    return Rebuilt(b"".join(sections.values()), _exactness(sections))


def _exactness(sections: dict[str, bytes]) -> Exactness:
    boundaries = set()
    for letter, content in sections.items():
        found = _BOUNDARY.match(content)
        if found is not None and found[2] == letter.encode():
            boundaries.add(found[1])
        elif content or letter in "AZ":
            return Exactness.FORGED
    is_ended = all(sections[letter].endswith(b"\n\n") for letter in _LISTS if sections[letter])
    if len(boundaries) != 1 or not is_ended:
        return Exactness.FORGED
    if _is_as_long_as_told(sections["C"], sections["B"]):
        is_whole = not _body(sections["E"]).strip(b"\n") or _is_as_long_as_told(
            sections["E"], sections["F"]
        )
        return Exactness.EXACT if is_whole else Exactness.UNPROVEN
    return Exactness.CUT if _is_cut(sections["C"]) else Exactness.UNPROVEN


def _body(section: bytes) -> bytes:
    return section.partition(b"\n")[2]


def _is_as_long_as_told(section: bytes, headers: bytes) -> bool:
    """Whether there is none, or its Content-Length: a line of it that begins a section ends it."""
    if not section:
        return True
    told = _LENGTH.search(headers)
    return told is not None and len(_body(section)) == int(told[1]) + 1


def _is_cut(section: bytes) -> bool:
    """Whether it is as long as WAF-FLE lets it be."""
    *lines, rest = section.split(b"\n")
    is_long = any(len(line) + 1 > _LONGEST_LINE for line in lines)
    return bool(rest) or is_long or len(lines) >= _MOST_LINES


def _from_columns(event: WafFleEvent) -> bytes:
    boundary = b"%08x" % event.id
    parts = {"A": _part_a(event), "B": _part_b(event), "F": _part_f(event), "H": _part_h(event)}
    written = [
        b"--%s-%s--\n%s\n" % (boundary, letter.encode(), b"\n".join(lines))
        for letter, lines in parts.items()
        if lines
    ]
    return b"".join(written) + b"--%s-Z--\n\n" % boundary


def _part_a(event: WafFleEvent) -> list[bytes]:
    at = re.fullmatch(
        rb"(\d{4})-(\d{2})-(\d{2}) (\d{2}:\d{2}:\d{2})(?:\.\d+)?", _text(event, "a_timestamp")
    )
    if at is None:
        moment = b"-"
    else:
        month = _MONTHS[(int(at[2]) - 1) % 12].encode()
        zone = _text(event, "a_timezone") or b"+0000"
        moment = b"[%s/%s/%s:%s %s]" % (at[3], month, at[1], at[4], zone)
    ends = [
        b"%s %d" % (_address(event, f"a_{end}_ip"), _number(event, f"a_{end}_port"))
        for end in ("client", "server")
    ]
    return [b" ".join((moment, _text(event, "a_uniqid") or b"-", *ends))]


def _part_b(event: WafFleEvent) -> list[bytes]:
    method = _text(event, "b_method")
    if not method:
        return []
    query = _text(event, "b_path_parameter")
    path = _text(event, "b_path") + (b"?" + query if query else b"")
    lines = [b" ".join((method, path or b"-", _text(event, "b_protocol")))]
    headers = {b"Host": "hostname", b"User-Agent": "b_user_agent", b"Referer": "b_referer"}
    return [*lines, *_headers(event, headers), b""]


def _part_f(event: WafFleEvent) -> list[bytes]:
    status = _number(event, "f_status")
    if not status:
        return []
    protocol = _text(event, "f_protocol") or b"HTTP/1.1"
    lines = [b"%s %d %s" % (protocol, status, _text(event, "f_msg"))]
    headers = {b"Connection": "f_connection", b"Content-Type": "f_content_type"}
    return [*lines, *_headers(event, headers), b""]


def _part_h(event: WafFleEvent) -> list[bytes]:
    lines = [_message(message) for message in event.messages]
    phase = _number(event, "h_Interception_phase")
    if 0 < phase < _NO_PHASE:
        lines.append(b"Action: Intercepted (phase %d)" % phase)
    if stopwatch := _number(event, "h_stopwatch_timestamp"):
        duration = _number(event, "h_stopwatch_duration")
        lines.append(b"Stopwatch: %d %d (- - -)" % (stopwatch, duration))
    producer, ruleset = _text(event, "h_producer"), _text(event, "h_producer_ruleset")
    if producer:
        lines.append(b"Producer: %s%s." % (producer, b"; " + ruleset if ruleset else b""))
    if server := _text(event, "h_server"):
        lines.append(b"Server: " + server)
    if mode := _text(event, "h_engine_mode"):
        lines.append(b'Engine-Mode: "%s"' % mode)
    return [*lines, b""]


def _message(message: WafFleMessage) -> bytes:
    known: list[tuple[bytes, bytes]] = [
        (b"file", message.file),
        (b"line", b"%d" % message.line if message.line > 0 else b""),
        (b"id", b"%d" % message.rule_id if message.rule_id else b""),
        (b"msg", message.message),
        (b"data", message.data),
        (b"severity", _severity(message.severity)),
        *((b"tag", tag) for tag in message.tags),
    ]
    facts = b" ".join(b'[%s "%s"]' % (name, _quoted(value)) for name, value in known if value)
    action = message.action or b"Warning"
    return b"Message: %s. %s. %s" % (_quoted(action), _quoted(message.pattern), facts)


def _severity(number: int) -> bytes:
    return _SEVERITIES[number].encode() if 0 <= number < len(_SEVERITIES) else b""


def _headers(event: WafFleEvent, names: dict[bytes, str]) -> list[bytes]:
    values = {name: _text(event, column) for name, column in names.items()}
    return [b"%s: %s" % (name, value) for name, value in values.items() if value]


def _text(event: WafFleEvent, column: str) -> bytes:
    value = event.columns.get(column)
    return _line(value) if isinstance(value, bytes) else b""


def _number(event: WafFleEvent, column: str) -> int:
    value = event.columns.get(column)
    return value if isinstance(value, int) else 0


def _address(event: WafFleEvent, column: str) -> bytes:
    number = _number(event, column)
    return str(IPv4Address(number)).encode() if 0 <= number < 2**32 else b"-"


def _line(value: bytes) -> bytes:
    """What was once a line, or in one, makes no second."""
    return value.replace(b"\r", b" ").replace(b"\n", b" ").strip()


def _quoted(value: bytes) -> bytes:
    """WAF-FLE kept what stood in the log, escaped as it is there; what is not so would end it."""
    escaped = _CONTROL.sub(lambda found: b"\\x%02x" % found[0][0], _line(value))
    return re.sub(rb'((?:\\.)*)(\\$|")?', _escape_end, escaped)


def _escape_end(found: re.Match[bytes]) -> bytes:
    return found[1] + (b"\\" + found[2] if found[2] else b"")
