"""Two stores compared, whatever ids they give."""

from typing import Any

import msgspec

from bartizan.domain.delivery import Record, Row
from bartizan.domain.search import Search
from bartizan.store.contract import Store


class Numbered:
    """A store whose ids are shown as the how-manieth they are, so that two stores compare."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self._numbers: dict[int, int] = {}

    def append(self, batch: list[Record]) -> tuple[list[int], int]:
        appended = self.store.append(batch)
        for number in appended.ids:
            self._numbers[number] = len(self._numbers)
        return [self._numbers[number] for number in appended.ids], appended.duplicates

    def replace(self, new: dict[int, Record], *, is_rehearsal: bool) -> list[Any]:
        """Replace the transactions of these numbers."""
        ids = {number: key for key, number in self._numbers.items()}
        records = [(ids[number], record) for number, record in new.items()]
        found = self.store.replace(records, is_rehearsal=is_rehearsal)
        return sorted((self._numbers[one.id], one.fields) for one in found)

    def entries(self, search: Search, limit: int) -> list[Any]:
        found: list[Any] = []
        after = 0
        while (page := self.store.entries(search, after_id=after, limit=limit)).looked_at:
            found += [(self._numbers[one.id], one.entry) for one in page.entries]
            after = page.position
        return found

    def pages(self, search: Search, limit: int) -> list[Row]:
        rows: list[Row] = []
        cursor = None
        while True:
            page = self.store.page(search, before=cursor, limit=limit)
            rows += page.rows
            cursor = page.next
            if cursor is None:
                return [self._shown(row) for row in rows]

    def everything(self) -> list[Any]:
        """Each transaction in full, in the order of ids."""
        found: list[Any] = []
        for row in self.store.newer(0, limit=10_000):
            stored = self.store.get(row.id)
            assert stored is not None
            assert stored.row == row
            variants = sorted(self._numbers[number] for number in stored.variants)
            plain = msgspec.structs.replace(stored, row=self._shown(row), variants=())
            found.append((plain, variants, self.store.raw(row.id)))
        return found

    def _shown(self, row: Row) -> Row:
        return msgspec.structs.replace(row, id=self._numbers[row.id])


def empty(store: Store) -> None:
    """For the next example of a property, which gets the same store."""
    for sensor in store.last_seen():
        store.remove_sensor(sensor)
