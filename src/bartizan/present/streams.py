"""How many streams of one kind (live feeds, exports) each session has open."""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

from bartizan.domain.errors import Refused

MOST_PER_SESSION = 12


class Streams:
    """For one event loop."""

    def __init__(self, most: int = MOST_PER_SESSION, *, kind: str = "live feeds") -> None:
        self._most = most
        self._kind = kind
        self._open: Counter[str] = Counter()

    @contextmanager
    def place(self, session: str) -> Iterator[None]:
        """Hold a place for one stream; `Refused` (`too-many-streams`) when all are taken."""
        if self._open[session] >= self._most:
            raise Refused(
                "too-many-streams", f"a session may have {self._most} {self._kind} open at once"
            )
        self._open[session] += 1
        try:
            yield
        finally:
            self._open[session] -= 1
            if not self._open[session]:
                del self._open[session]
