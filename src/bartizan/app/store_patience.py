"""Stores that are away for a moment are asked again."""

import time
from collections.abc import Callable
from typing import Final, TypeVar

from bartizan.domain.errors import Unavailable
from bartizan.ingest.retry import Backoff

TOO_SLOW: Final = "search-too-slow"  # and would be again
_TRIES: Final = 20  # in a minute or more
_T = TypeVar("_T")


def patiently(work: Callable[[], _T]) -> _T:
    """Try again for a minute or more while a store is away."""
    backoff = Backoff()
    for _ in range(_TRIES):
        try:
            return work()
        except Unavailable as error:
            if error.code == TOO_SLOW:
                raise
            time.sleep(backoff.next_s())
    return work()
