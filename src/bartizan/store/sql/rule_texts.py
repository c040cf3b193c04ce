"""The texts of rules, stored once each; bounded memory of what is in the table already."""

from typing import Any, Final

from bartizan.store.sql.columns import RuleText, Values, rule_text_values

_REMEMBERED: Final = 20_000
_REMEMBERED_LENGTH: Final = 4_000


class RuleTexts:
    """Keys of texts. Only what was committed is remembered: else it must be sent again."""

    def __init__(self) -> None:
        self._keys: dict[RuleText, bytes] = {}

    def key(self, rule: RuleText, new: dict[RuleText, Values]) -> bytes:
        """The key of `rule`; its row is put into `new` unless it is known to be in the table."""
        known = self._keys.get(rule)
        if known is not None:
            return known
        values = new.get(rule)
        if values is None:
            values = new[rule] = rule_text_values(rule)
        key: bytes = values[0]
        return key

    def remember(self, committed: dict[Any, Values]) -> None:
        """Call after the commit. When full, everything is forgotten: rows are sent once more."""
        if len(self._keys) + len(committed) > _REMEMBERED:
            self._keys.clear()
        for rule, values in committed.items():
            if _length(rule) <= _REMEMBERED_LENGTH and len(self._keys) < _REMEMBERED:
                self._keys[rule] = values[0]


def _length(rule: RuleText) -> int:
    """Characters: a text may be as long as an entry, and hostile ones are."""
    message, tags, file, _, _, version, revision, operator = rule
    texts = (message, file, version, revision, operator, *tags)
    return sum(len(text) for text in texts if text is not None) + len(tags)
