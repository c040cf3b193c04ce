"""What people make of transactions, changed: documents are written anew, as they hold all of it.

Each is written only if it still is what was looked at, so that no change of another one is lost.
"""

from collections.abc import Callable, Sequence
from typing import Final

from bartizan.domain.errors import Unavailable
from bartizan.domain.triage import Triage
from bartizan.store import limits
from bartizan.store.contract import Triaged
from bartizan.store.opensearch.cluster import Cluster
from bartizan.store.opensearch.documents import put_triage
from bartizan.store.opensearch.names import Names
from bartizan.store.opensearch.rows import make_triage
from bartizan.store.opensearch.searchable import written
from bartizan.store.opensearch.writes import CREATED, Write

_ROUNDS: Final = 10
_AT_ONCE: Final = 100  # documents with their entries


def change_triage(
    cluster: Cluster, names: Names, ids: Sequence[int], change: Callable[[Triage], Triage]
) -> Triaged:
    """Each of them whole; after an error some of them may have been changed."""
    there = changed = 0
    known = sorted({number for number in ids if 0 < number <= limits.BIG})
    for start in range(0, len(known), _AT_ONCE):
        told = _change_some(cluster, names, known[start : start + _AT_ONCE], change)
        there, changed = there + told.there, changed + told.changed
    return Triaged(there=there, changed=changed)


def _change_some(
    cluster: Cluster, names: Names, ids: Sequence[int], change: Callable[[Triage], Triage]
) -> Triaged:
    left = list(ids)
    there = changed = 0
    for _ in range(_ROUNDS):
        keys = [(names.of_transaction(number), str(number)) for number in left]
        asked, writes = [], []
        for number, found in zip(left, cluster.look_up(keys, fields=True), strict=True):
            if found is None:
                continue
            before = make_triage(found.source["bartizan"]["kept"])
            after = change(before)
            if after == before:
                there += 1
                continue
            put_triage(found.source, after)
            asked.append(number)
            writes.append(
                Write(
                    kind="index",
                    index=names.of_transaction(number),
                    id=str(number),
                    source=written(found.source),
                    if_seen=found.seen,
                )
            )
        statuses = cluster.write(writes)
        left = [n for n, status in zip(asked, statuses, strict=True) if status not in CREATED]
        there, changed = there + len(asked) - len(left), changed + len(asked) - len(left)
        if not left:
            return Triaged(there=there, changed=changed)
    raise Unavailable("store-unavailable", "other writers were quicker, again and again")
