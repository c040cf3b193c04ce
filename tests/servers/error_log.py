"""What a server's own error log says of a transaction: written apart from the audit log, so a witness.

Only for attacks without brackets of their own; a hostile one can forge what is read here.
"""

import re
from dataclasses import dataclass

_RULE_ID = re.compile(r'\[id "(\d+)"\]')


@dataclass(frozen=True)
class Witness:
    """`rule_ids` in the order in which the rules fired; `is_denied` if one of them denied access."""

    unique_id: str
    rule_ids: tuple[int, ...]
    is_denied: bool


def witness(log: str, unique_id: str) -> Witness:
    """What the log says of one transaction."""
    lines = [line for line in log.splitlines() if f'[unique_id "{unique_id}"]' in line]
    found = [_RULE_ID.search(line) for line in lines]
    return Witness(
        unique_id=unique_id,
        rule_ids=tuple(int(one[1]) for one in found if one),
        is_denied=any("Access denied" in line for line in lines),
    )


def unique_id_of(log: str, mark: str) -> str:
    """The unique id of the transaction whose request has `mark` in it; `AssertionError` if none."""
    for line in log.splitlines():
        if mark in line and (found := re.search(r'\[unique_id "([^"]+)"\]', line)):
            return found[1]
    raise AssertionError(f"no line with {mark} in the error log")
