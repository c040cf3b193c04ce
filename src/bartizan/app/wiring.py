"""The only place that calls the constructors of mechanisms, for roles and commands alike."""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial

from bartizan.accounts.login import LoginDesk
from bartizan.accounts.people import PeopleDesk
from bartizan.accounts.sensors import SensorBook
from bartizan.accounts.sessions import Sessions
from bartizan.accounts.setup import SetupDesk
from bartizan.accounts.snapshot import publish
from bartizan.accounts.throttle import Throttle
from bartizan.app.settings import Settings
from bartizan.app.whereabouts import home, sensor_snapshot, spool_directory
from bartizan.decode import registry as formats
from bartizan.enrich.registry import enrichers, places, ruleset_facts
from bartizan.ingest.pipeline import Pipeline
from bartizan.kit.clock import now
from bartizan.present.assets import load_assets
from bartizan.present.parts import ConsoleParts
from bartizan.query.demo import Demo
from bartizan.query.facets import Facets
from bartizan.query.health import Health
from bartizan.query.live import LiveFeed
from bartizan.query.map import Map
from bartizan.query.rows import RowViews
from bartizan.query.sensors import Sensors
from bartizan.query.transactions import Transactions
from bartizan.spool.contract import Share
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


def outlet(settings: Settings, share: Share | None = None) -> Outlet:
    return Outlet(spool_directory(settings), share=share)


def pipeline(settings: Settings, store: Store) -> Pipeline:
    """Decode, enrich and store: the one chain of the worker, `import` and reprocessing."""
    return Pipeline(read=formats.read, enrichers=enrichers(settings.enrich), store=store)


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


def demo_removal(
    settings: Settings, control_store: ControlStore, store: Store, sensors: Sensors
) -> Demo:
    tell_collector = partial(publish, control_store, sensor_snapshot(settings))
    return Demo(control_store, store, sensors, publish=tell_collector)


def console_parts(settings: Settings) -> tuple[ConsoleParts, str | None]:
    """Everything behind the console, and the set-up code to print while nobody exists."""
    people_and_sensors = control(settings)
    store = transactions(settings)
    spool = outlet(settings)
    people = PeopleDesk(people_and_sensors, now)
    setup = SetupDesk(people_and_sensors, people)
    sessions = Sessions(
        people_and_sensors,
        idle_s=settings.console.session_idle_s,
        lifetime_s=settings.console.session_lifetime_s,
    )
    sensors = Sensors(people_and_sensors, store, home=home(settings))
    rows = RowViews(sensors)
    attribution = places(settings.enrich).attribution
    facts = ruleset_facts()
    parts = ConsoleParts(
        transactions=Transactions(
            store,
            sensors,
            rows,
            decode=lambda raw: facts.enrich(formats.decode(raw)),
            parts=formats.parts,
        ),
        facets=Facets(store, sensors),
        map=Map(store, sensors, rows, attribution=attribution),
        sensors=sensors,
        demo=demo_removal(settings, people_and_sensors, store, sensors),
        health=Health(people_and_sensors, store),
        live=LiveFeed(store, rows),
        sessions=sessions,
        setup=setup,
        login=LoginDesk(people, sessions, setup, Throttle()),
        assets=load_assets(),
        attribution=attribution,
        spool_level=spool.level,
    )
    return parts, setup.code_for_printing()
