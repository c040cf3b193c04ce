"""Makes the indexes that transactions go to, when they are first needed."""

from collections.abc import Iterable

from bartizan.store.opensearch.cluster import Cluster


class Slices:
    """Remembers which are there. One that somebody removes meanwhile is made again."""

    def __init__(self, cluster: Cluster) -> None:
        self._cluster = cluster
        self._known: set[str] = set()

    def ensure(self, names: Iterable[str]) -> None:
        """By its template, and not by the first document: that would need rights to guess."""
        for name in set(names) - self._known:
            self._cluster.make_index(name)
            self._known.add(name)

    def forget(self) -> None:
        self._known.clear()
