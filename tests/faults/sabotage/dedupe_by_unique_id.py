"""R3 broken on purpose: a unique id that was seen is a duplicate, whatever the bytes are."""

from bartizan.store.contract import Appended
from bartizan.store.memory import MemoryStore


class UniqueIdStore(MemoryStore):
    def append(self, records):
        with self._lock:
            seen = {kept.row.unique_id for kept in self._kept.values()}
            first = {record.transaction.unique_id: record for record in reversed(records)}
            fresh = [record for unique_id, record in first.items() if unique_id not in seen]
            appended = super().append(fresh)
            return Appended(ids=appended.ids, duplicates=len(records) - len(appended.ids))
