"""What the registry of stores needs: a cluster by its URL, upgraded or opened."""

from collections.abc import Callable
from typing import Final

from bartizan.store.opensearch import schema
from bartizan.store.opensearch.address import SCHEMES, SHAPE, parse
from bartizan.store.opensearch.transactions import OpenSearchStore

KNOWN: Final = SHAPE
_KEY: Final = "store.url"


def is_cluster(url: str) -> bool:
    scheme, separator, _ = url.partition("://")
    return bool(separator) and scheme in SCHEMES


def upgrade_cluster(url: str, on_applied: Callable[[str], None]) -> None:
    """Safe when two processes do it at once."""
    schema.upgrade(parse(url, _KEY), on_applied)


def missing_in_cluster(url: str) -> tuple[schema.Step, ...]:
    """What `upgrade_cluster` would apply."""
    return schema.missing(parse(url, _KEY))


def open_cluster(url: str) -> OpenSearchStore:
    """A store whose schema is current."""
    return OpenSearchStore(parse(url, _KEY))
