"""Headers of a JSON entry: an object in which a name may stand twice, as two `Set-Cookie` do.

A dictionary keeps only the last of them. Each member has the bytes `":"` at least once, where its
colon is, so if they stand there as often as the dictionary has members, then none was lost.
"""

import msgspec

from bartizan.decode import json_repair

Headers = tuple[tuple[str, str], ...]
_once = msgspec.json.Decoder(dict[str, str])
_COLON = b'":"'


def pairs(headers: bytes) -> Headers:
    """Names and values in the order written; () for none. Raises as the strict decoder does."""
    if len(headers) <= len("null"):
        return ()
    if not headers.startswith(b"{"):
        raise msgspec.ValidationError("headers that are no object")
    try:
        once = _once.decode(headers)
    except msgspec.ValidationError:  # arrays and the like
        return _one_by_one(headers)
    if len(once) == headers.count(_COLON):
        return tuple(once.items())
    return _one_by_one(headers)


def _one_by_one(headers: bytes) -> Headers:
    found = []
    for name, value in json_repair.members(headers.decode("utf-8")):
        values = value if isinstance(value, list) else [value]
        found += [(name, str(one)) for one in values if isinstance(one, str)]
    return tuple(found)


def arrays(headers: dict[str, list[str] | None] | None) -> Headers:
    """Coraza's: each name has an array of values."""
    if not headers:
        return ()
    return tuple([(name, value) for name, values in headers.items() for value in values or ()])
