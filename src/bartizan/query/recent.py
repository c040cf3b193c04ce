"""The last rows of the live feed in the order in which they went out."""

from collections import deque
from collections.abc import Sequence

from bartizan.query.views import RowView


class RecentRows:
    """Finds what went out after a given row, while that row is among the last `most`."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._rows: deque[RowView] = deque()
        self._places: dict[str, int] = {}
        self._gone = 0

    def add(self, rows: Sequence[RowView]) -> None:
        for row in rows:
            self._places[row.id] = self._gone + len(self._rows)
            self._rows.append(row)
            if len(self._rows) > self._most:
                del self._places[self._rows.popleft().id]
                self._gone += 1

    def after(self, row_id: str) -> list[RowView] | None:
        """What went out after this row; None if it is not known here (any more)."""
        place = self._places.get(row_id)
        if place is None:
            return None
        count = len(self._rows) - (place - self._gone) - 1
        return [self._rows[-back] for back in range(count, 0, -1)]

    def clear(self) -> None:
        self._gone += len(self._rows)
        self._rows.clear()
        self._places.clear()
