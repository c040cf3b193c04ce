"""What a dialect says about its sender: a new one is one file and one line in `registry.py`.

A dialect is data and one pure function. It never reads the body, never decides by content, and
must not raise, whatever the headers hold: authentication, limits, deadlines and the spool are the
collector's (`app.py`).
"""

from collections.abc import Callable, Mapping, Sequence

from bartizan.domain.delivery import AuditLogEntry, Verdict
from bartizan.kit.struct import Struct

Headers = Sequence[tuple[bytes, bytes]]
MakeEntry = Callable[[Headers, str, int, bytes], AuditLogEntry]


def bare_entry(_headers: Headers, sensor: str, received_at_us: int, body: bytes) -> AuditLogEntry:
    """The entry of a sender whose headers say nothing about it."""
    return AuditLogEntry(sensor=sensor, received_at_us=received_at_us, raw=body)


class Dialect(Struct, frozen=True, kw_only=True):
    """How one kind of sender delivers, and what it understands.

    `make_entry(headers, sensor, received_at_us, body)` makes the entry of a delivery; None if a
    delivery is a batch of them. Header names are lower case. `answers` has a status for every
    verdict; `unreadable_status` is for a head that is not HTTP or too long, whose sender is
    unknown. `takes_secret_in_path` says that a path may go on with `/<secret>`, for senders that
    can be given nothing but a URL. `keeps_refused` says that what is refused stays on the sensor.
    """

    name: str
    paths: frozenset[str]
    methods: frozenset[str]
    answers: Mapping[Verdict, int]
    unreadable_status: int
    make_entry: MakeEntry | None
    takes_secret_in_path: bool = False
    keeps_refused: bool = False
