"""Part H of ModSecurity 2: `Key: value` lines.

A message may contain a raw newline (yajl's errors end in one), so a line without a known key
continues the message before it, and a blank line ends nothing. `Action:` alone says that the
transaction was intercepted. `Apache-Error:` lines repeat the messages and are not read.
"""

import re
from functools import lru_cache

from bartizan.decode.apache_time import LATEST_US
from bartizan.kit.struct import Struct
from bartizan.kit.text import text

_MESSAGE = b"Message"
_LONGEST_PRODUCER = 2048
_KEYS = frozenset(
    (
        b"Message",
        b"Apache-Error",
        b"Action",
        b"Apache-Handler",
        b"Stopwatch",
        b"Stopwatch2",
        b"Response-Body-Transformed",
        b"Producer",
        b"Server",
        b"Sanitised-Args",
        b"Sanitised-Request-Headers",
        b"Sanitised-Response-Headers",
        b"WebApp-Info",
        b"Sensor-Id",
        b"Engine-Mode",
        b"Rules-Performance-Info",
    )
)
_WANTED = frozenset((b"Action", b"Stopwatch", b"Stopwatch2", b"Producer", b"Engine-Mode"))
_INTERCEPTED = re.compile(rb"Intercepted \(phase (\d)\)")
_RULESET = re.compile(r"OWASP_CRS/[0-9A-Za-z.-]*[0-9A-Za-z]")
_ENGINE_MODES = {b"ENABLED": "On", b"DETECTION_ONLY": "DetectionOnly", b"DISABLED": "Off"}


class Stopwatch(Struct, frozen=True):
    """When the request began (microseconds since the epoch), None if implausible; how long."""

    start_us: int | None
    duration_us: int


class Trailer(Struct, frozen=True):
    messages: list[bytes]
    is_intercepted: bool
    intercept_phase: int | None
    stopwatch: Stopwatch | None
    has_bad_stopwatch: bool
    producer: str | None
    ruleset: str | None
    engine_mode: str | None


def read(part: bytes) -> Trailer:
    """Total: what is not understood is passed over."""
    messages, values = _lines(part)
    action = values.get(b"Action")
    phase = _INTERCEPTED.match(action) if action else None
    watch = values.get(b"Stopwatch") or values.get(b"Stopwatch2")
    stopwatch = _stopwatch(watch) if watch else None
    producer, ruleset = _producer(values.get(b"Producer", b"")[:_LONGEST_PRODUCER])
    return Trailer(
        messages,
        phase is not None,
        int(phase[1]) if phase else None,
        stopwatch,
        watch is not None and (stopwatch is None or stopwatch.start_us is None),
        producer,
        ruleset,
        _engine_mode(values.get(b"Engine-Mode")),
    )


def _lines(part: bytes) -> tuple[list[bytes], dict[bytes, bytes]]:
    messages: list[bytes] = []
    values: dict[bytes, bytes] = {}
    continued: list[bytes] | None = None
    for line in part.split(b"\n"):
        key, colon, rest = line.partition(b": ")
        if colon and key in _KEYS:
            if continued:
                _join(messages, continued)
            continued = None
            if key == _MESSAGE:
                continued = []
                messages.append(rest)
            elif key in _WANTED:
                values.setdefault(key, rest)
        elif continued is not None:
            continued.append(line)
    if continued:
        _join(messages, continued)
    return messages, values


def _join(messages: list[bytes], continued: list[bytes]) -> None:
    messages[-1] = b"\n".join((messages[-1], *continued)).rstrip(b"\n")


def _stopwatch(value: bytes) -> Stopwatch | None:
    start, _, rest = value.partition(b" ")
    duration = rest.partition(b" ")[0].rstrip(b";")
    if not (start.isdigit() and duration.isdigit()) or max(len(start), len(duration)) > 18:
        return None
    start_us = int(start)
    return Stopwatch(start_us if 0 < start_us < LATEST_US else None, int(duration))


@lru_cache(maxsize=256)
def _producer(value: bytes) -> tuple[str | None, str | None]:
    """The same for every entry of a sensor, so remembered.

    Components are free text after the first `; `; the ruleset is the CRS's, or all of them.
    """
    if not value:
        return None, None
    producer, _, components = text(value).removesuffix(".").partition("; ")
    stated = _RULESET.findall(components)
    return producer, stated[-1] if stated else components or None


def _engine_mode(value: bytes | None) -> str | None:
    if value is None:
        return None
    mode = value.strip(b'"')
    return _ENGINE_MODES.get(mode) or text(mode) or None
