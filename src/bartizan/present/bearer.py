"""The token of a program: `Authorization: Bearer bzt_...`.

No browser sends it by itself, so a request with one needs no proof of where it comes from. Its
cookies are then not looked at: a request is one thing or the other.
"""

from collections.abc import Iterable

from bartizan.accounts.tokens import PREFIX

_SCHEME = b"bearer "


def bearer_token(headers: Iterable[tuple[bytes, bytes]]) -> str | None:
    """None where there is none of ours; other credentials are for whoever stands in front."""
    values = [value for name, value in headers if name.lower() == b"authorization"]
    if len(values) != 1 or values[0][: len(_SCHEME)].lower() != _SCHEME:
        return None
    secret = values[0][len(_SCHEME) :].strip().decode("latin-1")
    return secret if secret.startswith(PREFIX) else None
