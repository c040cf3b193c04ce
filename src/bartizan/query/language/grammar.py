"""The grammar of the search text. What a value means is in `values.py`; this is what holds them.

Side by side is AND, in the parentheses of a field OR. AND binds tighter than OR. The lexer is
contextual: behind `field:` a colon belongs to the value (an address, a time). `item` is a `value`
by another name, so that this holds behind the first of a list too.
"""

from functools import cache
from typing import Final

from lark import Lark

_GRAMMAR: Final = r"""
start: either?
either: both (OR both)*
both: negation (AND? negation)*
?negation: (NOT | MINUS) negation -> negated
    | LPAR either RPAR -> group
    | FIELD value -> condition
    | FIELD LPAR any_of RPAR -> listed
    | value -> free
any_of: all_of (OR? all_of)*
all_of: one (AND one)*
?one: NOT one -> negated
    | LPAR any_of RPAR -> group
    | item -> free
?value: WORD | STRING
?item: WORD | STRING

OR.3: /OR(?=[\s()"]|$)/
AND.3: /AND(?=[\s()"]|$)/
NOT.3: /NOT(?=[\s()"]|$)/
FIELD.2: /@?[A-Za-z_][A-Za-z0-9_.\-]*:/
MINUS.2: /-(?=[@A-Za-z_("])/
LPAR: "("
RPAR: ")"
STRING: /"(?:[^"\\]|\\.)*"/s
WORD: /(?:[^\s()"\\]|\\.?)+/
%ignore /\s+/
"""


@cache
def parser() -> Lark:
    """Made when the first text is read: it takes some 20 ms."""
    return Lark(_GRAMMAR, parser="lalr", lexer="contextual", maybe_placeholders=False)
