"""Basic credentials (RFC 7617), as strict as needed to never guess."""

import binascii

_LONGEST = 4096


def parse_basic(value: bytes) -> tuple[bytes, bytes] | None:
    """User name and password from an `Authorization` header's value, or None if it is not Basic.

    The scheme's case does not matter; the name ends at the first colon, the password may hold more.
    """
    scheme, _, token = value.partition(b" ")
    if scheme.lower() != b"basic" or len(token) > _LONGEST:
        return None
    try:
        pair = binascii.a2b_base64(token.strip(), strict_mode=True)
    except binascii.Error:
        return None
    name, colon, password = pair.partition(b":")
    return (name, password) if colon else None
