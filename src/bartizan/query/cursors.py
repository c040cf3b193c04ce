"""Cursors as clients see them: opaque text, refused unless we could have made it.

Nothing in a cursor grants anything, it is a place in the order of rows; so it is checked for shape
and range and not signed.
"""

import base64
import binascii
import struct

from bartizan.domain.errors import Refused
from bartizan.domain.search import Cursor
from bartizan.kit.clock import from_us

_LAYOUT = struct.Struct(">BqQ")
_VERSION = 1
_GREATEST_ID = 2**63 - 1


def encode(cursor: Cursor) -> str:
    """At most 32 characters that need no quoting in a URL."""
    packed = _LAYOUT.pack(_VERSION, cursor.at_us, cursor.id)
    return base64.urlsafe_b64encode(packed).rstrip(b"=").decode()


def decode(text: str) -> Cursor:
    """The reverse of `encode`; anything else is `Refused`."""
    try:
        packed = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
        version, at_us, row_id = _LAYOUT.unpack(packed)
        from_us(at_us)
    except (binascii.Error, ValueError, struct.error, OverflowError):
        raise _refused() from None
    cursor = Cursor(at_us=at_us, id=row_id)
    if version != _VERSION or row_id > _GREATEST_ID or encode(cursor) != text:
        raise _refused()
    return cursor


def _refused() -> Refused:
    return Refused("bad-cursor", "this is not a cursor of this service; start again", "cursor")
