"""The index line of a concurrent audit log, which is also mlogc's X-ForensicLog-Summary.

    HOST CLIENT - USER [TIME] "REQUEST LINE" STATUS BYTES "-" "-" UNIQUE_ID "SESSION" /FILE 0 SIZE
    md5:HASH (all in one line)

Host, user and request line are the attacker's, so the line is read from the right: behind the
session id nothing is his. ` L` at the end says that the request line was shortened.
"""

import re
from collections import deque
from datetime import datetime

from bartizan.decode import apache_time
from bartizan.decode.escapes import unescaped
from bartizan.kit.clock import from_us
from bartizan.kit.struct import Struct
from bartizan.kit.text import text

_LONGEST = 80 * 1024
# Searched from the right: the last `" UNIQUE_ID "SESSION" /FILE` that fits to the end of the line.
_TAIL = re.compile(
    rb'" (?P<uid>[A-Za-z0-9@_-]{1,128}) "(?P<session>[^"\\]*+(?:\\.[^"\\]*+)*+)" (?P<file>/\S*+)'
    rb" (?P<offset>\d{1,18}) (?P<size>\d{1,18}) (?P<hash>md5:(?:[0-9a-fA-F]{32}|-))"
    rb"(?P<rest> L| )?\n?"
)
_HEAD = re.compile(rb"(?P<host>\S+) (?P<client>\S+) \S+ ")
_TIME = re.compile(rb"\[(\d\d/[A-Z][a-z]{2}/\d{4}:[^\]]{1,40})\] \"")
_UID = re.compile(rb'" [A-Za-z0-9@_-]{1,128} "')


class IndexLine(Struct, frozen=True, kw_only=True):
    """What of an index line can be believed.

    `file` is relative to the storage directory and unsafe: it may hold `..`. `logged_at` is None if
    the time cannot be read.
    """

    host: str
    client: str
    logged_at: datetime | None
    unique_id: str | None
    session: str | None
    file: str
    size: int
    hash: str
    is_shortened: bool


def read(line: bytes) -> IndexLine | None:
    """Read one line; None if it is not an index line of ModSecurity 2. Linear, total."""
    if len(line) > _LONGEST:
        return None
    head = _HEAD.match(line)
    tail = _tail(line)
    if head is None or tail is None:
        return None
    # A user name may forge one, but the quotes in a request line are escaped: the last is real.
    stamps = deque(_TIME.finditer(line, head.end(), tail.start()), maxlen=1)
    logged = apache_time.read(stamps[0][1]) if stamps else None
    session = unescaped(tail["session"])
    return IndexLine(
        host=text(head["host"]),
        client=text(head["client"]),
        logged_at=from_us(logged.at_us) if logged else None,
        unique_id=None if tail["uid"] == b"-" else text(tail["uid"]),
        session=None if session == "-" else session,
        file=text(tail["file"]),
        size=int(tail["size"]),
        hash=text(tail["hash"]).lower(),
        is_shortened=tail["rest"] == b" L",
    )


def _tail(line: bytes) -> "re.Match[bytes] | None":
    """The session id is escaped, so the first place from which all fits to the end is the real one
    unless the request line forges it; a forged one does not reach the end.
    """
    for start in _UID.finditer(line):
        found = _TAIL.fullmatch(line, start.start())
        if found is not None:
            return found
    return None
