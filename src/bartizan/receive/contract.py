"""What a dialect says about its sender: a new one is one file and one line in `registry.py`.

A dialect is data and one pure function. It never reads the body, never decides by content, and
must not raise, whatever the headers hold: authentication, limits, deadlines and the spool are the
collector's (`app.py`).
"""

from collections.abc import Callable, Mapping, Sequence

from bartizan.domain.delivery import AuditLogEntry, Verdict
from bartizan.kit.struct import Struct

Headers = Sequence[tuple[bytes, bytes]]


class Dialect(Struct, frozen=True, kw_only=True):
    """How one kind of sender delivers, and what it understands.

    `make_entry(headers, sensor, received_at_us, body)` makes the entry of a delivery. Header names
    are lower case. `answers` has a status for every verdict; `unreadable_status` is for a head
    that is not HTTP or too long, whose sender is unknown.
    """

    name: str
    paths: frozenset[str]
    methods: frozenset[str]
    answers: Mapping[Verdict, int]
    unreadable_status: int
    make_entry: Callable[[Headers, str, int, bytes], AuditLogEntry]
