"""What the console is made of; `app/wiring.py` puts it together."""

from collections.abc import Callable
from dataclasses import dataclass, fields, replace
from typing import Any, Protocol

from starlette.requests import Request

from bartizan.accounts.invitations import Invitations
from bartizan.accounts.login import LoginDesk
from bartizan.accounts.oidc.flow import OidcLogin
from bartizan.accounts.people import PeopleDesk
from bartizan.accounts.sensors import SensorBook
from bartizan.accounts.sessions import Sessions
from bartizan.accounts.setup import SetupDesk
from bartizan.accounts.tokens import TokenBook
from bartizan.accounts.trail import Trail
from bartizan.accounts.trusted_header import TrustedHeader
from bartizan.accounts.vouched import VouchedPeople
from bartizan.domain.attribution import Attribution
from bartizan.domain.clearance import Clearance
from bartizan.present.assets import Assets
from bartizan.present.cookies import Cookie
from bartizan.present.streams import Streams
from bartizan.query.dead_letters import DeadLetterDesk
from bartizan.query.demo import Demo
from bartizan.query.facets import Facets
from bartizan.query.health import Health
from bartizan.query.histogram import Histograms
from bartizan.query.live import LiveFeed
from bartizan.query.lookup import Lookup
from bartizan.query.map import Map
from bartizan.query.overview import Overviews
from bartizan.query.redaction import RedactionDesk
from bartizan.query.retention import RetentionDesk
from bartizan.query.saved_views import SavedViews
from bartizan.query.searches import Searches
from bartizan.query.sensor_checklist import Checklists
from bartizan.query.sensor_health import SensorsHealth
from bartizan.query.sensor_views import Configurations
from bartizan.query.sensors import Sensors
from bartizan.query.threads import BoundedThreads
from bartizan.query.transactions import Transactions
from bartizan.query.triage import TriageDesk


class Level(Protocol):
    """How full the spool is."""

    @property
    def entries(self) -> int: ...
    @property
    def size_bytes(self) -> int: ...
    @property
    def dead_letters(self) -> int: ...


@dataclass(frozen=True, kw_only=True)
class ConsoleParts:
    """Everything behind the console. `spool_level` may block; None = not known here.

    `tell_of_sensors` is called after a change of the register. `configurations` are for a sensor of
    that name, and an address of the collector as its web server sees it; `Refused` for a bad one.
    """

    transactions: Transactions
    facets: Facets
    histograms: Histograms
    searches: Searches
    saved_views: SavedViews
    lookup: Lookup
    map: Map
    overviews: Overviews
    sensors: Sensors
    sensor_health: SensorsHealth
    checklists: Checklists
    sensor_book: SensorBook
    tell_of_sensors: Callable[[], None]
    configurations: Callable[[str, str | None], Configurations]
    demo: Demo
    health: Health
    live: LiveFeed
    sessions: Sessions
    setup: SetupDesk
    login: LoginDesk
    assets: Assets
    attribution: Callable[[], Attribution]
    spool_level: Callable[[], Level | None]
    dead_letters: DeadLetterDesk
    redaction: RedactionDesk
    retention: RetentionDesk
    triage: TriageDesk
    people: PeopleDesk
    invitations: Invitations
    tokens: TokenBook
    trail: Trail
    oidc: OidcLogin | None = None
    oidc_people: VouchedPeople | None = None
    trusted_header: TrustedHeader | None = None

    def within(self, clearance: Clearance) -> "ConsoleParts":
        """The same parts, each of which answers with no more than this clearance allows.

        Those that show transactions or sensors have a `within` of their own.
        """
        if clearance.is_full:
            return self
        every = ((each.name, getattr(self, each.name)) for each in fields(self))
        narrow: dict[str, Any] = {
            name: part.within(clearance) for name, part in every if hasattr(part, "within")
        }
        if clearance.scopes:
            narrow["spool_level"] = _unseen
        return replace(self, **narrow)


def _unseen() -> None:
    """How full the spool is tells of everybody's entries."""


@dataclass(frozen=True, kw_only=True)
class Running:
    """The parts together with what one running console adds: threads, cookie, open streams."""

    parts: ConsoleParts
    cookie: Cookie
    streams: Streams
    reads: BoundedThreads
    accounts: BoundedThreads
    passwords: BoundedThreads
    changes: BoundedThreads
    marks: BoundedThreads  # short changes, which need not wait for a long one
    health: BoundedThreads  # asked by anybody, so apart from what people wait for
    provider: BoundedThreads  # waits for somebody else's server
    exports: BoundedThreads  # long runs, apart from the questions of people who wait
    exporting: Streams
    attempt_cookie: Cookie

    def threads(self) -> tuple[BoundedThreads, ...]:
        return (
            self.reads,
            self.accounts,
            self.passwords,
            self.changes,
            self.marks,
            self.health,
            self.provider,
            self.exports,
        )


def running(request: Request) -> Running:
    found: Running = request.app.state.running
    return found


def parts(request: Request) -> ConsoleParts:
    """The parts as far as whoever asks may see; all of them on routes that need no login."""
    found: ConsoleParts = getattr(request.state, "parts", None) or running(request).parts
    return found
