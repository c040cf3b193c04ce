"""How long the shipper waits before it tries again: exponential backoff with jitter.

| failure in a row | wait at most | if somebody must do something first |
| --- | --- | --- |
| 1st | 0.5 s | 30 s |
| 2nd | 1 s | 60 s |
| 3rd | 2 s | 120 s |
| 4th | 4 s | 240 s |
| 5th | 8 s | 300 s |
| 6th | 16 s | 300 s |
| 7th | 32 s | 300 s |
| 8th and later | 60 s | 300 s |

At least half of that is waited, so that many sensors do not all ask at once.
"""

import random
from typing import Final

_BASE_S: Final = 0.5
_CAP_S: Final = 60.0
_LONG_BASE_S: Final = 30.0
_LONG_CAP_S: Final = 300.0
_LAST_DOUBLING: Final = 7


class Patience:
    """Counts the failures in a row."""

    def __init__(self) -> None:
        self.failures = 0

    def next_s(self, *, is_long: bool = False) -> float:
        """The wait after one more failure."""
        base_s, cap_s = (_LONG_BASE_S, _LONG_CAP_S) if is_long else (_BASE_S, _CAP_S)
        longest = min(cap_s, base_s * 2 ** min(self.failures, _LAST_DOUBLING))
        self.failures += 1
        return random.uniform(longest / 2, longest)

    def reset(self) -> None:
        self.failures = 0
