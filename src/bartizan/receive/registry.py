"""The dialects this collector understands, one line each."""

from bartizan.receive.mlogc import MLOGC_DIALECT

DIALECTS = (MLOGC_DIALECT,)

_BAD_REQUEST = 400


def unreadable_status(target: bytes) -> int:
    """What to answer to a request whose head cannot be read, by what is known of its target."""
    path = target.partition(b"?")[0].decode("latin-1")
    for dialect in DIALECTS:
        if path in dialect.paths:
            return dialect.unreadable_status
    return _BAD_REQUEST
