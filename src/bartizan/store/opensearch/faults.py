"""What does not fit together: an entry that is there twice, and what its identity says of it."""

from typing import Final

from bartizan.store.contract import Fault, FaultKind
from bartizan.store.opensearch.cluster import Cluster
from bartizan.store.opensearch.documents import identity_key
from bartizan.store.opensearch.entries import Entries
from bartizan.store.opensearch.filters import between
from bartizan.store.opensearch.names import Names
from bartizan.store.opensearch.writes import Document

_AT_ONCE: Final = 1000
_EXAMPLES: Final = 10
_FIELDS: Final = ["observer.name", "bartizan.id", "bartizan.kept.digest"]


def find_faults(
    cluster: Cluster, names: Names, entries: Entries, *, after_id: int | None, until_id: int | None
) -> tuple[Fault, ...]:
    """Transactions whose entry's identity names another one, or none at all."""
    doubled: list[int] = []
    position = -1 if after_id is None else after_id
    until = {} if until_id is None else {"lte": until_id}
    while True:
        window = {"bool": {"filter": [between("bartizan.id", gt=position, **until)]}}
        sources = [one.source for one in entries.found(window, _AT_ONCE, _FIELDS)]
        if not sources:
            break
        position = sources[-1]["bartizan"]["id"]
        keys = [(names.identities, _key(source)) for source in sources]
        for source, found in zip(sources, cluster.look_up(keys, ["id"]), strict=True):
            number = source["bartizan"]["id"]
            if found is None or found.source["id"] != number:
                doubled.append(number)
    if not doubled:
        return ()
    return (Fault(kind=FaultKind.DOUBLED, count=len(doubled), examples=tuple(doubled[:_EXAMPLES])),)


def _key(source: Document) -> str:
    digest = bytes.fromhex(source["bartizan"]["kept"]["digest"])
    return identity_key(source["observer"]["name"], digest)
