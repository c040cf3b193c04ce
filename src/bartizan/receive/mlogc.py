"""mlogc, the log collector of ModSecurity 2, and senders that look like it (formats.md 1).

One entry is one `PUT` (some look-alikes `POST`). Headers seen on the wire:

* `X-Content-Hash: md5:<hex>` and then whatever followed it on the index line, a space or ` L`
  (a bug of mlogc): the first token counts. mlogc-ng and curl leave the header out.
* `X-ForensicLog-Summary`: the index line, up to 64 KiB, any bytes.

Both are the sender's claims: kept with the entry, never believed here.
"""

from bartizan.domain.delivery import AuditLogEntry
from bartizan.receive.contract import Dialect, Headers
from bartizan.receive.verdict import MLOGC

_LONGEST_HASH = 128


def make_entry(headers: Headers, sensor: str, received_at_us: int, body: bytes) -> AuditLogEntry:
    claimed_hash: str | None = None
    summary: bytes | None = None
    for name, value in headers:
        if name == b"x-content-hash":
            token = value.split(maxsplit=1)[:1]
            claimed_hash = token[0][:_LONGEST_HASH].decode("latin-1") if token else None
        elif name == b"x-forensiclog-summary":
            summary = value
    return AuditLogEntry(
        sensor=sensor,
        received_at_us=received_at_us,
        raw=body,
        claimed_hash=claimed_hash,
        summary=summary,
    )


MLOGC_DIALECT = Dialect(
    name="mlogc",
    paths=frozenset({"/rpc/auditLogReceiver", "/rpc/auditLogReceiver.php"}),
    methods=frozenset({"PUT", "POST"}),
    answers=MLOGC,
    # The summary repeats what a visitor sent. A head that can never be read must not stop the
    # sensor for ever, so its entry stays there.
    unreadable_status=409,
    make_entry=make_entry,
    keeps_refused=True,
)
