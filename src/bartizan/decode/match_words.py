r"""Which operator matched which target, from ModSecurity 3's words before its metadata.

    Matched "Operator `Rx' with parameter `P' against variable `ARGS:q' (Value: `V' )

Operator and parameter are the rule's; the target's name and the value are the attacker's. The
sentence is read from the left, so what they forge can only shorten the name.
"""

from functools import lru_cache

_OPENING = 'Matched "Operator `'
_PARAMETER = "' with parameter `"
_VARIABLE = "' against variable `"
_VALUE = "' (Value: `"
_WITHOUT_TARGET = (
    ("detected SQLi using libinjection", "detectSQLi"),
    ("detected XSS using libinjection", "detectXSS"),
)
_COMPARISONS = frozenset(("eq", "ge", "gt", "le", "lt"))
_LONGEST_LIMIT = 40

Words = tuple[str | None, str | None]


def read(words: str) -> Words:
    """Operator (`rx`, `ge 5`, `detectSQLi`) and target (`ARGS:q`); None for what is not told."""
    end = words.find(_VARIABLE)
    if end < 0:
        return next((name for said, name in _WITHOUT_TARGET if words.startswith(said)), None), None
    begin = end + len(_VARIABLE)
    stop = words.find(_VALUE, begin)
    return _operator(words[:end]), (words[begin:stop] if stop >= 0 else words[begin:]) or None


@lru_cache(maxsize=4096)
def _operator(words: str) -> str | None:
    if not words.startswith(_OPENING):
        return None
    name, _, parameter = words.removeprefix(_OPENING).partition(_PARAMETER)
    name = name[:1].lower() + name[1:]
    if name in _COMPARISONS and len(parameter) <= _LONGEST_LIMIT:
        return f"{name} {parameter}"
    return name or None
