"""When a unique id was made, where its kind tells."""

import re
from datetime import UTC, datetime
from typing import Final

# mod_unique_id.c: the first four bytes are the second, in a Base64 of its own. Of its two last
# signs Apache 2.4 has `@-`, and since 2.4.43 `-_`.
_APACHE: Final = re.compile(r"[A-Za-z0-9@_-]{24}(?:[A-Za-z0-9@_-]{3})?")
_OLD: Final = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789@-"
_NEW: Final = _OLD[:62] + "-_"
# transaction.cc of libmodsecurity: seconds, more digits, a dot, a random number.
_LIBMODSECURITY: Final = re.compile(r"([0-9]{10})[0-9]{0,6}\.[0-9]{1,12}")
_EARLIEST_S, _LATEST_S = 1_104_537_600, 4_102_444_800  # 2005 and 2100: other digits are no time


def made_at(unique_id: str) -> datetime | None:
    """To the second. A guess: nothing keeps a sensor from writing other ids that look alike."""
    native = _LIBMODSECURITY.fullmatch(unique_id)
    if native is not None:
        return _moment(int(native[1]))
    if _APACHE.fullmatch(unique_id):
        signs = _OLD if "@" in unique_id else _NEW
        bits = 0
        for sign in unique_id[:6]:
            if sign not in signs:
                return None
            bits = bits << 6 | signs.index(sign)
        return _moment(bits >> 4)
    return None


def _moment(seconds: int) -> datetime | None:
    if not _EARLIEST_S <= seconds < _LATEST_S:
        return None
    return datetime.fromtimestamp(seconds, UTC)
