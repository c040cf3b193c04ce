"""What of the transactions somebody may see."""

from typing import Final

from bartizan.domain.search import Search
from bartizan.kit.struct import Struct


class Clearance(Struct, frozen=True, kw_only=True):
    """Only what matches all of `scopes`; what the requests carried only if `sees_payloads`.

    Times in the scopes are relative to whenever they are asked.
    """

    scopes: tuple[Search, ...] = ()
    sees_payloads: bool = True

    @property
    def is_full(self) -> bool:
        return not self.scopes and self.sees_payloads


EVERYTHING: Final = Clearance()
