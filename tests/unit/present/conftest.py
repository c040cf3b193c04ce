"""A whole console on a store in memory, with an administrator and a viewer."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pytest
from starlette.testclient import TestClient
from starlette.types import ASGIApp

from bartizan.accounts.invitations import Invitations
from bartizan.accounts.login import LoginDesk
from bartizan.accounts.people import PeopleDesk
from bartizan.accounts.sensors import SensorBook
from bartizan.accounts.sessions import Sessions
from bartizan.accounts.setup import SetupDesk
from bartizan.accounts.throttle import Throttle
from bartizan.accounts.tokens import TokenBook
from bartizan.accounts.trail import Trail
from bartizan.app.sensor_configuration import configurations
from bartizan.decode import registry
from bartizan.domain.attribution import Attribution
from bartizan.domain.person import Person, Role
from bartizan.domain.redaction import Kind, Rules
from bartizan.domain.sensor import SecretKind, Sensor
from bartizan.domain.transaction import Format, Request, Transaction
from bartizan.ingest.redaction.redactor import Redactor
from bartizan.ingest.redaction.settings import settings_lines
from bartizan.ingest.redaction.trial import try_rules
from bartizan.ingest.retention.preview import preview
from bartizan.ingest.retention.settings import RetentionSettings
from bartizan.kit.clock import now
from bartizan.present.app import console
from bartizan.present.assets import Assets
from bartizan.present.parts import ConsoleParts
from bartizan.present.settings import ConsoleSettings
from bartizan.query.dead_letters import DeadLetterDesk
from bartizan.query.demo import Demo
from bartizan.query.facets import Facets
from bartizan.query.health import Health
from bartizan.query.histogram import Histograms
from bartizan.query.live import LiveFeed
from bartizan.query.lookup import Lookup
from bartizan.query.map import Map
from bartizan.query.overview import Overviews
from bartizan.query.redaction import RedactionDesk, RuleCount
from bartizan.query.retention import RetentionDesk
from bartizan.query.rows import RowViews
from bartizan.query.saved_views import SavedViews
from bartizan.query.searches import Searches
from bartizan.query.sensor_checklist import Checklists
from bartizan.query.sensor_health import SensorsHealth
from bartizan.query.sensor_views import Configurations
from bartizan.query.sensors import Sensors
from bartizan.query.transactions import Transactions
from bartizan.query.triage import TriageDesk
from bartizan.spool.contract import SpoolLevel
from bartizan.spool.dead_letters import DeadLetters
from bartizan.store.contract import Store
from bartizan.store.control import ControlStore
from bartizan.store.memory import MemoryStore
from bartizan.store.registry import open_control
from tests.migrated import empty_control

PASSWORD = "a long enough sentence"


def _decode(raw: bytes) -> Transaction:
    return Transaction(
        format=Format.MODSECURITY2_NATIVE, request=Request(method="GET", uri=raw.decode("latin-1"))
    )


@dataclass
class House:
    """What stands behind the console under test."""

    store: Store
    control: ControlStore
    people: PeopleDesk
    sessions: Sessions
    setup: SetupDesk
    parts: ConsoleParts
    settings: ConsoleSettings
    letters: DeadLetters

    def app(self, **settings: object) -> ASGIApp:
        return console(ConsoleSettings(**settings) if settings else self.settings, self.parts)

    def add_sensor(self, name: str, **facts: object) -> None:
        self.control.add_sensor(
            Sensor(
                name=name,
                secret_kind=SecretKind.SHA256,
                secret_hash="00",
                created_at=datetime(2026, 11, 1, tzinfo=UTC),
                **facts,
            )
        )

    def cookie_of(self, person: Person) -> str:
        return self.sessions.open(person, peer_address="203.0.113.7", user_agent="Browser/1")


def make_parts(
    store: Store,
    control: ControlStore,
    people: PeopleDesk,
    sessions: Sessions,
    letters: DeadLetters,
) -> ConsoleParts:
    sensors = Sensors(control, store, home=(50.1, 8.7))
    rows = RowViews(sensors)
    setup = SetupDesk(control, people)
    invitations, trail = Invitations(control), Trail(control, keep_days=365)
    told = {"sightings": lambda: None, "letters": lambda: None, "now": now}
    attribution = Attribution(text="IP geolocation by DB-IP", url="https://db-ip.com")
    return ConsoleParts(
        transactions=Transactions(
            store, sensors, rows, decode=_decode, parts=lambda raw: [("A", raw)]
        ),
        facets=Facets(store, sensors),
        histograms=Histograms(store),
        searches=Searches(store),
        saved_views=SavedViews(control, ()),
        lookup=Lookup(store, sensors, rows, kept=RetentionSettings().limits(), waiting=lambda: 3),
        map=Map(store, sensors, rows, attribution=lambda: attribution),
        overviews=Overviews(store, sensors),
        sensors=sensors,
        sensor_health=SensorsHealth(sensors, store, **told),
        checklists=Checklists(sensors, store, **told),
        sensor_book=SensorBook(control, now),
        tell_of_sensors=sensors.forget,
        configurations=lambda name, address: Configurations(
            collector=address or "http://127.0.0.1:8888",
            placeholder="HERE",
            configurations=configurations(address or "http://127.0.0.1:8888", name, "HERE"),
        ),
        demo=Demo(control, store, sensors, publish=lambda: None, pause=lambda _seconds: None),
        health=Health(control, store),
        live=LiveFeed(store, rows),
        sessions=sessions,
        setup=setup,
        login=LoginDesk(
            people,
            sessions,
            setup,
            Throttle(lambda: 1000.0),  # time stands still
            invitations=invitations,
            trail=trail,
        ),
        assets=Assets(),
        attribution=lambda: attribution,
        spool_level=lambda: SpoolLevel(
            entries=3, size_bytes=4096, oldest_received_at_us=None, dead_letters=1
        ),
        dead_letters=DeadLetterDesk(letters, room_bytes=1024**3),
        triage=TriageDesk(store, now=now),
        people=people,
        invitations=invitations,
        tokens=TokenBook(control),
        trail=trail,
        redaction=RedactionDesk(
            Rules(),
            lambda: ([RuleCount(kind=Kind.HEADER, rule="Cookie", replaced=7)], 1),
            write=settings_lines,
            attempt=lambda raw, rules: try_rules(
                raw, Redactor(rules, registry.read), read=registry.read, enrich=lambda one: one
            ),
        ),
        retention=RetentionDesk(
            store,
            control,
            RetentionSettings().limits(),
            preview=lambda: preview(store, control, RetentionSettings(), now=now(), limit_s=5.0),
            now=now,
        ),
    )


@pytest.fixture
def transaction_store() -> Store:
    return MemoryStore()


@pytest.fixture
def house(tmp_path: Path, transaction_store: Store) -> Iterator[House]:
    control = open_control(empty_control(tmp_path / "control.sqlite"))
    people = PeopleDesk(control)
    sessions = Sessions(control, idle_s=1800, lifetime_s=12 * 3600)
    letters = DeadLetters(tmp_path / "spool")
    parts = make_parts(transaction_store, control, people, sessions, letters)
    settings = ConsoleSettings(port=8080)
    yield House(transaction_store, control, people, sessions, parts.setup, parts, settings, letters)
    letters.close()
    control.close()


@pytest.fixture
def visit(house: House) -> Iterator[Callable[..., TestClient]]:
    """A browser: anonymous, or logged in as a new person of this role."""
    opened: list[TestClient] = []
    app = house.app()

    def make(role: Role | None = None) -> TestClient:
        client = TestClient(
            app, headers={"Sec-Fetch-Site": "same-origin"}, raise_server_exceptions=False
        )
        client.__enter__() if not opened else None
        opened.append(client)
        if role is not None:
            person = house.control.add_person(
                f"{role.value}-{len(opened)}", "no hash", role, datetime(2026, 11, 1, tzinfo=UTC)
            )
            client.cookies.set("bartizan", house.cookie_of(person))
        return client

    yield make
    if opened:
        opened[0].__exit__(None, None, None)


@pytest.fixture
def admin(visit: Callable[..., TestClient]) -> TestClient:
    return visit(Role.ADMIN)


@pytest.fixture
def analyst(visit: Callable[..., TestClient]) -> TestClient:
    return visit(Role.ANALYST)


@pytest.fixture
def viewer(visit: Callable[..., TestClient]) -> TestClient:
    return visit(Role.VIEWER)
