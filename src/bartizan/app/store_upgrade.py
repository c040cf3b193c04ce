"""The schemas of the two stores: what is missing from them, and applying it."""

from collections.abc import Callable

from bartizan.app.settings import Settings
from bartizan.app.store_patience import patiently
from bartizan.store.registry import (
    missing_in_control,
    missing_in_store,
    upgrade_control,
    upgrade_store,
)
from bartizan.store.sql.schema import Migration


class Schema:
    """That of one store. A store that is away is asked again for a minute or more."""

    def __init__(
        self,
        name: str,
        url: str,
        missing: Callable[[str], tuple[Migration, ...]],
        upgrade: Callable[[str, Callable[[str], None]], None],
    ) -> None:
        self.name = name
        self.url = url
        self._missing = missing
        self._upgrade = upgrade

    def missing(self) -> tuple[Migration, ...]:
        return patiently(lambda: self._missing(self.url))

    def upgrade(self, on_applied: Callable[[str], None]) -> None:
        """`on_applied` hears the revision of each migration."""
        patiently(lambda: self._upgrade(self.url, on_applied))


def schemas(settings: Settings) -> tuple[Schema, Schema]:
    return (
        Schema("transactions", settings.store_url(), missing_in_store, upgrade_store),
        Schema("control", settings.control_url(), missing_in_control, upgrade_control),
    )
