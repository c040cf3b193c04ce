"""What the indexes are called, and which of them a transaction is in.

Transactions are in one index per month (or day) of their id, which says when it was taken. So the
index follows from the id alone, whoever asks and whenever, and indexes roll over by themselves.
"""

from typing import Final

from bartizan.kit.clock import from_us
from bartizan.kit.ids import taken_at_us
from bartizan.store import limits
from bartizan.store.opensearch.address import Span

_FORMS: Final = {Span.DAY: "%Y.%m.%d", Span.MONTH: "%Y.%m"}
_LAST_US: Final = 253_402_300_799_000_000  # the year 9999


class Names:
    def __init__(self, prefix: str, span: Span) -> None:
        self._form = _FORMS[span]
        self.prefix = prefix
        self.transactions = f"{prefix}-transactions-*"
        self.pieces = f"{prefix}-pieces-*"
        self.identities = identities(prefix)
        self.sensors = sensors(prefix)

    def of_transaction(self, number: int) -> str:
        return f"{self.prefix}-transactions-{self._slice(number)}"

    def of_pieces(self, number: int) -> str:
        return f"{self.prefix}-pieces-{self._slice(number)}"

    def _slice(self, number: int) -> str:
        moment = from_us(min(taken_at_us(max(0, min(number, limits.BIG))), _LAST_US))
        return moment.strftime(self._form)


def identities(prefix: str) -> str:
    return f"{prefix}-identities"


def sensors(prefix: str) -> str:
    return f"{prefix}-sensors"


def state(prefix: str) -> str:
    return f"{prefix}-state"
