"""How long to wait before trying again: exponential backoff with full jitter.

| failure | wait at most |
| --- | --- |
| 1st | 0.1 s |
| 2nd | 0.2 s |
| 3rd | 0.4 s |
| 4th | 0.8 s |
| 5th | 1.6 s |
| 6th | 3.2 s |
| 7th and later | 5 s |

At least half of that is waited, so that a server that comes back is not asked without a pause.
"""

import random
from typing import Final

_BASE_S: Final = 0.1
_CAP_S: Final = 5.0
_LAST_DOUBLING: Final = 6


class Backoff:
    """Counts the failures in a row."""

    def __init__(self) -> None:
        self._failures = 0

    def next_s(self) -> float:
        """The wait after one more failure."""
        longest = min(_CAP_S, _BASE_S * 2 ** min(self._failures, _LAST_DOUBLING))
        self._failures += 1
        return random.uniform(longest / 2, longest)

    def reset(self) -> None:
        self._failures = 0
