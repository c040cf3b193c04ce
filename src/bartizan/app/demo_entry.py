"""Makes a recorded audit log entry look as if it happened now. Pure.

What changes: the time (part A, Stopwatch, the answer's Date), the unique id and the boundary, so
that nothing is a duplicate, and the client's address. All that was matched stays as recorded.
"""

import hashlib
import re
from collections.abc import Mapping
from datetime import datetime, timedelta
from random import Random

from bartizan.kit.clock import to_us

_ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-"
_MARK_LENGTH = len(b"--44a9a375-")
_ID_LENGTH = 27  # as mod_unique_id of Apache 2.4 writes it
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_STOPWATCH = re.compile(rb"^(Stopwatch2?: )\d+ (\d+)", re.MULTILINE)
_DATE = re.compile(rb"^Date: [^\n]*$", re.MULTILINE)
_LOOPBACK = (b"::1", b"127.0.0.1")
_ESCAPED = re.compile(rb'[\x00-\x1f\x7f-\xff"\\]')


def freshen(entry: bytes, *, now: datetime, rng: Random, address: str) -> bytes:
    """The entry (ModSecurity 2, native) as if `address` had begun the request at `now` (UTC)."""
    parts = cut(entry)
    _, unique_id, client, client_port, *server = _part_a(parts[b"A"])
    watch = _STOPWATCH.search(parts.get(b"H", b""))
    logged_at = now + timedelta(microseconds=int(watch[2]) if watch else 0)
    fresh_id = "".join(rng.choices(_ALPHABET, k=_ID_LENGTH)).encode()
    fresh_client = address.encode()
    mark = b"--" + rng.randbytes(4).hex().encode() + b"-"
    head = b"[%s] %s" % (
        _log_time(logged_at),
        b" ".join((fresh_id, fresh_client, client_port, *server)),
    )
    parts[b"A"] = head
    for letter in parts.keys() - {b"A"}:
        parts[letter] = parts[letter].replace(unique_id, fresh_id)
    for letter in parts.keys() & {b"B", b"F", b"H"}:
        parts[letter] = _spoken_of(client).sub(fresh_client, parts[letter])
    if b"H" in parts:
        parts[b"H"] = _STOPWATCH.sub(rb"\g<1>%d \g<2>" % to_us(now), parts[b"H"])
    if b"F" in parts:
        parts[b"F"] = _DATE.sub(b"Date: " + _http_date(logged_at), parts[b"F"])
    return joined(parts, mark)


def cut(entry: bytes) -> dict[bytes, bytes]:
    """The parts of a whole entry by letter, in the order written, without Z."""
    marker = rb"\n" + re.escape(entry[:_MARK_LENGTH]) + rb"([A-Z])--\n"
    _, *pieces = re.split(marker, b"\n" + entry)
    parts = dict(zip(pieces[::2], pieces[1::2], strict=True))
    del parts[b"Z"]
    return parts


def joined(parts: Mapping[bytes, bytes], mark: bytes) -> bytes:
    """The entry of these parts; `mark` is how its markers begin: `--44a9a375-`."""
    body = b"".join(b"%s%s--\n%s\n" % (mark, letter, part) for letter, part in parts.items())
    return body + mark + b"Z--\n"


def summary(entry: bytes) -> bytes:
    """The index line that mlogc sends along as X-ForensicLog-Summary, its last space included."""
    parts = cut(entry)
    time, unique_id, client, *_ = _part_a(parts[b"A"])
    request_line, _, headers = parts.get(b"B", b"").partition(b"\n")
    host = re.search(rb"^host: *([^\s]+)", headers, re.IGNORECASE | re.MULTILINE)
    status = re.match(rb"\S+ (\d{3})", parts.get(b"F", b""))
    path = b"/demo/%s" % unique_id
    return b'%s %s - - [%s] "%s" %s 0 "-" "-" %s "-" %s 0 %d %s ' % (
        _escaped(host[1]) if host else b"-",
        client,
        time,
        _escaped(request_line),
        status[1] if status else b"0",
        unique_id,
        path,
        len(entry),
        content_hash(entry),
    )


def content_hash(entry: bytes) -> bytes:
    return b"md5:" + hashlib.md5(entry, usedforsecurity=False).hexdigest().encode()


def _part_a(content: bytes) -> tuple[bytes, ...]:
    """Time, unique id, client, client's port, server, server's port."""
    time, _, rest = content.removeprefix(b"[").partition(b"] ")
    return (time, *rest.split())


def _spoken_of(client: bytes) -> re.Pattern[bytes]:
    """Where a text speaks of the client's address, and not of one that contains it."""
    if client in _LOOPBACK:  # that is also what the server is called
        return re.compile(rb"(?<=\[client )" + re.escape(client) + rb"(?=[\]:])")
    return re.compile(
        rb"(?<![0-9A-Fa-f.:])" + re.escape(client) + rb"(?![0-9A-Fa-f]|[.:][0-9A-Fa-f]{1,4}[.:])"
    )


def _log_time(moment: datetime) -> bytes:
    month = _MONTHS[moment.month - 1]
    return f"{moment:%d}/{month}/{moment:%Y:%H:%M:%S.%f} +0000".encode()


def _http_date(moment: datetime) -> bytes:
    day, month = _DAYS[moment.weekday()], _MONTHS[moment.month - 1]
    return f"{day}, {moment:%d} {month} {moment:%Y %H:%M:%S} GMT".encode()


def _escaped(value: bytes) -> bytes:
    """As the index line writes it: bytes that are not plain become hexadecimal escapes."""
    return _ESCAPED.sub(
        lambda found: b"\\" + found[0] if found[0] in b'"\\' else b"\\x%02x" % ord(found[0]), value
    )
