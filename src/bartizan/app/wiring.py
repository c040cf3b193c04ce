"""The only place that calls the constructors of mechanisms, for roles and commands alike."""

from collections.abc import Iterator
from contextlib import contextmanager

from bartizan.accounts.credentials import publish
from bartizan.accounts.people import PeopleDesk
from bartizan.accounts.sensors import SensorBook
from bartizan.app.settings import Settings
from bartizan.app.whereabouts import sensor_snapshot, spool_directory
from bartizan.decode import registry as formats
from bartizan.enrich.registry import enrichers
from bartizan.ingest.pipeline import Pipeline
from bartizan.kit.clock import now
from bartizan.spool.outlet import Outlet
from bartizan.store.contract import Store
from bartizan.store.control import ControlStore
from bartizan.store.registry import open_control, open_store, upgrade_control, upgrade_store


def control(settings: Settings) -> ControlStore:
    """The control store, upgraded to this program's schema."""
    upgrade_control(settings.control_url())
    return open_control(settings.control_url())


def transactions(settings: Settings) -> Store:
    """The transaction store, upgraded to this program's schema."""
    upgrade_store(settings.store_url())
    return open_store(settings.store_url(), sql_parts=settings.store.sql_parts)


def outlet(settings: Settings) -> Outlet:
    return Outlet(spool_directory(settings))


def pipeline(settings: Settings, store: Store) -> Pipeline:
    """Decode, enrich and store: the one chain of the worker, `import` and reprocessing."""
    return Pipeline(
        decode=formats.decode,
        enrichers=enrichers(settings.enrich),
        store=store,
        parts=formats.parts if settings.store.sql_parts else None,
    )


@contextmanager
def sensor_desk(settings: Settings) -> Iterator[SensorBook]:
    """The sensors, to be changed; this node's collector knows of it within a second."""
    store = control(settings)
    try:
        yield SensorBook(store, now)
        publish(store, sensor_snapshot(settings))
    finally:
        store.close()


@contextmanager
def people_desk(settings: Settings) -> Iterator[PeopleDesk]:
    store = control(settings)
    try:
        yield PeopleDesk(store, now)
    finally:
        store.close()
