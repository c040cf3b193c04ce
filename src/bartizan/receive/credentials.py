"""Credentials as senders state them, read as strictly as needed to never guess.

`Authorization: Basic` (RFC 7617; what libcurl and Go make of a URL with user and password too),
`Authorization: Bearer` (RFC 6750), or the last segment of the path.
"""

import binascii
from typing import NamedTuple

from bartizan.receive.contract import Headers

_LONGEST = 4096


class Stated(NamedTuple):
    """A sensor's name and its secret; a generated secret says by itself whose it is."""

    name: bytes | None
    secret: bytes


def stated_credentials(headers: Headers, path_secret: bytes | None) -> Stated | None:
    """What the sender says of itself, or None. A secret in the path counts before a header."""
    if path_secret is not None:
        return Stated(None, path_secret)
    for name, value in headers:
        if name == b"authorization":
            return parse_authorization(value)
    return None


def parse_authorization(value: bytes) -> Stated | None:
    """An `Authorization` header's value; None if it is neither Basic nor Bearer.

    The scheme's case does not matter; the name ends at the first colon, the password may hold more.
    """
    scheme, _, token = value.partition(b" ")
    if len(token) > _LONGEST:
        return None
    scheme = scheme.lower()
    if scheme == b"bearer":
        return Stated(None, token.strip())
    if scheme != b"basic":
        return None
    try:
        pair = binascii.a2b_base64(token.strip(), strict_mode=True)
    except binascii.Error:
        return None
    name, colon, password = pair.partition(b":")
    return Stated(name, password) if colon else None
