"""The only place that calls the constructors of mechanisms, for roles and commands alike."""

import hashlib
import os
import secrets
import socket
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from functools import partial
from typing import Final

from bartizan import __version__
from bartizan.accounts.invitations import Invitations
from bartizan.accounts.login import LoginDesk
from bartizan.accounts.people import PeopleDesk
from bartizan.accounts.sensors import SensorBook
from bartizan.accounts.sessions import Sessions
from bartizan.accounts.setup import SetupDesk
from bartizan.accounts.snapshot import SnapshotWatch, publish
from bartizan.accounts.throttle import Throttle
from bartizan.accounts.tokens import TokenBook
from bartizan.acquire.checkpoint import Checkpoint
from bartizan.acquire.loading import Loader
from bartizan.app import accounts_wiring
from bartizan.app.sensor_configuration import (
    PLACEHOLDER,
    collector_address,
    configurations,
)
from bartizan.app.settings import Settings
from bartizan.app.whereabouts import home, sensor_snapshot, sightings, spool_directory
from bartizan.decode import registry as formats
from bartizan.domain.errors import BartizanError, Misconfigured, Unavailable
from bartizan.domain.redaction import AddressPolicy, Kind, Rules, Trial
from bartizan.enrich.client import ClientAddress
from bartizan.enrich.registry import enrichers, places, ruleset_facts
from bartizan.enrich.verdict import Verdict
from bartizan.ingest.pipeline import Pipeline
from bartizan.ingest.redaction import key as redaction_key
from bartizan.ingest.redaction.pseudonyms import Pseudonyms
from bartizan.ingest.redaction.redactor import Redactor
from bartizan.ingest.redaction.settings import settings_lines
from bartizan.ingest.redaction.trial import try_rules
from bartizan.ingest.retention.keeper import Keeper
from bartizan.ingest.retention.preview import preview
from bartizan.ingest.sensor_rules import SensorRules
from bartizan.kit import log, metrics
from bartizan.kit.clock import now
from bartizan.present.assets import load_assets
from bartizan.present.parts import ConsoleParts
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
from bartizan.query.sensor_health import Letters, SensorsHealth
from bartizan.query.sensor_views import Configurations
from bartizan.query.sensors import Sensors
from bartizan.query.transactions import Transactions
from bartizan.query.triage import TriageDesk
from bartizan.receive.sightings import read_sightings
from bartizan.spool.contract import DeadLetterBox, LetterKind, Share
from bartizan.spool.dead_letters import DeadLetters
from bartizan.spool.outlet import Outlet
from bartizan.store.contract import Store
from bartizan.store.control import ControlStore
from bartizan.store.memory import MemoryStore
from bartizan.store.registry import (
    open_control,
    open_store,
    sqlite_file,
    upgrade_control,
    upgrade_store,
)

_log = log.get("wiring")
_PREVIEW_S: Final = 6.0


def control(settings: Settings) -> ControlStore:
    """The control store, upgraded to this program's schema."""
    upgrade_control(settings.control_url())
    return open_control(settings.control_url())


def transactions(settings: Settings) -> Store:
    """The transaction store, upgraded to this program's schema."""
    upgrade_store(settings.store_url())
    return open_store(settings.store_url(), sql_parts=settings.store.sql_parts)


@contextmanager
def questions(settings: Settings) -> Iterator[tuple[Store, Facets, RowViews]]:
    """What a search is asked of, and what shows the rows as the API does."""
    with closing(control(settings)) as people_and_sensors:
        store = transactions(settings)
        try:
            sensors = Sensors(people_and_sensors, store, home=home(settings))
            yield store, Facets(store, sensors), RowViews(sensors)
        finally:
            store.close()


def saved_query(settings: Settings, name: str) -> str:
    """The query of a saved view; `Refused` (`no-such-saved-view`)."""
    with closing(control(settings)) as store:
        return SavedViews(store, accounts_wiring.scopes_of_groups(settings), now).query_called(name)


def existing_store(url: str) -> Store:
    """A transaction store to be read, as it is; one that is not there is not made."""
    file = sqlite_file(url)
    if file is not None and not file.exists():
        raise Misconfigured("no-such-store", "there is no such file", str(file))
    return open_store(url)


def store_to_fill(url: str, *, sql_parts: bool) -> Store:
    """A transaction store at any URL, made or upgraded where that is needed."""
    upgrade_store(url)
    return open_store(url, sql_parts=sql_parts)


def outlet(settings: Settings, share: Share | None = None) -> Outlet:
    return Outlet(spool_directory(settings), share=share, program=__version__)


def loader(settings: Settings, store: Store | None) -> Loader:
    """What an import stores with; without a store it is a dry run."""
    return Loader(pipeline(settings, store or MemoryStore()), is_dry_run=store is None)


def letters_of_import(settings: Settings) -> Outlet:
    """Where an import sets aside, on disk before it goes on: it may never read the file again."""
    return Outlet(spool_directory(settings), program=__version__, synchronous="FULL")


def checkpoint(
    settings: Settings, sensor: str, store: Store, *, from_start: bool = False
) -> Checkpoint:
    """How far the files of a sensor were imported into this store."""
    settings.data_directory.mkdir(mode=0o700, parents=True, exist_ok=True)
    url = hashlib.sha256(settings.store_url().encode()).hexdigest()[:16]
    known = ",".join(decoder.format for decoder in formats.DECODERS)
    return Checkpoint(
        settings.data_directory / "import.sqlite",
        f"{sensor} {url}",
        reader=f"{__version__} {known}",
        last_id=store.last_id,
        from_start=from_start,
    )


def dead_letters(settings: Settings) -> DeadLetters:
    """What could not be decoded, beside a running collector and workers."""
    return DeadLetters(spool_directory(settings))


def dead_letter_desk(settings: Settings, box: DeadLetterBox) -> DeadLetterDesk:
    return DeadLetterDesk(box, settings.spool.max_dead_letter_bytes)


def pipeline(settings: Settings, store: Store) -> Pipeline:
    """Decode, enrich, redact and store: the one chain of worker, `import` and reprocessing."""
    return Pipeline(
        read=formats.read,
        enrichers=enrichers(settings.enrich),
        store=store,
        rules=sensor_rules(settings),
        redactor=None if settings.redaction.rules().takes_nothing else redactor(settings),
    )


def redactor(settings: Settings) -> Redactor:
    """What takes out of entries what the settings name."""
    rules, names = settings.redaction.rules(), None
    if rules.addresses is AddressPolicy.PSEUDONYMS:
        names = Pseudonyms(_redaction_key(settings))
    return Redactor(rules, formats.read, names)


def redacted_at_reading(settings: Settings) -> Callable[[bytes], bytes]:
    """What is shown of an entry: also those that were stored before there were rules."""
    if settings.redaction.rules().takes_nothing:
        return bytes
    made = redactor(settings)
    return lambda raw: made.entry(raw)[0]


def redaction_trial(raw: bytes, rules: Rules, settings: Settings) -> Trial:
    """What the rules make of one entry; pseudonyms with a key of the moment where there is none."""
    names = None
    if rules.addresses is AddressPolicy.PSEUDONYMS:
        in_force = settings.redaction.addresses is AddressPolicy.PSEUDONYMS
        names = Pseudonyms(_redaction_key(settings) if in_force else secrets.token_bytes(32))
    facts, spelling, verdict = ruleset_facts(), ClientAddress(), Verdict()
    return try_rules(
        raw,
        Redactor(rules, formats.read, names),
        read=formats.read,
        enrich=lambda one: verdict.enrich(facts.enrich(spelling.enrich(one))),
    )


def redaction_desk(settings: Settings) -> RedactionDesk:
    return RedactionDesk(
        settings.redaction.rules(),
        _redaction_counts,
        write=settings_lines,
        attempt=lambda raw, rules: redaction_trial(raw, rules, settings),
    )


def _redaction_counts() -> tuple[list[RuleCount], int]:
    counts = [
        RuleCount(kind=Kind(kind), rule=rule, replaced=count)
        for (kind, rule), count in metrics.counted(metrics.REDACTED)
    ]
    withheld = sum(count for _, count in metrics.counted(metrics.REDACTION_WITHHELD))
    return counts, withheld


def _redaction_key(settings: Settings) -> bytes:
    file = settings.redaction.key_file or settings.data_directory / "redaction.key"
    return redaction_key.read_or_make(file)


def keeper(settings: Settings, store: Store, control_store: ControlStore) -> Keeper:
    """What removes what is too old or too much, beside a worker."""
    node = socket.gethostname()
    return Keeper(
        store,
        control_store,
        settings.retention,
        holder=f"{node} {os.getpid()} {secrets.token_hex(4)}",
        node=node,
    )


def retention_desk(
    settings: Settings, control_store: ControlStore, store: Store, *, limit_s: float
) -> RetentionDesk:
    """`limit_s` is how long a preview may take."""
    return RetentionDesk(
        store,
        control_store,
        settings.retention.limits(),
        preview=lambda: preview(
            store, control_store, settings.retention, now=now(), limit_s=limit_s
        ),
        now=now,
    )


def triage_desk(store: Store) -> TriageDesk:
    return TriageDesk(store, now=now)


def sensor_rules(settings: Settings) -> SensorRules:
    """What is known of each sensor's clock and proxies, kept up to date by the local snapshot.

    The snapshot is renewed first: where no collector runs, nobody else does. If the control store
    is away, an older one will do.
    """
    try:
        with closing(control(settings)) as store:
            publish(store, sensor_snapshot(settings))
    except Unavailable as error:
        _log.warning("snapshot.stale", code=error.code, reason=error.message)
    return SensorRules(SnapshotWatch(sensor_snapshot(settings)).look)


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


@contextmanager
def accounts(settings: Settings) -> Iterator[accounts_wiring.Accounts]:
    """People and tokens, to be changed by a command."""
    with closing(control(settings)) as store:
        yield accounts_wiring.accounts(settings, store)


def demo_removal(
    settings: Settings, control_store: ControlStore, store: Store, sensors: Sensors
) -> Demo:
    tell_collector = partial(publish, control_store, sensor_snapshot(settings))
    return Demo(control_store, store, sensors, publish=tell_collector)


def console_parts(settings: Settings) -> tuple[ConsoleParts, str | None]:
    """Everything behind the console, and the set-up code to print while nobody exists."""
    people_and_sensors = control(settings)
    store = transactions(settings)
    letters = dead_letters(settings)
    people = PeopleDesk(people_and_sensors, now)
    setup = SetupDesk(people_and_sensors, people)
    sessions = Sessions(
        people_and_sensors,
        idle_s=settings.console.session_idle_s,
        lifetime_s=settings.console.session_lifetime_s,
    )
    invitations = Invitations(people_and_sensors, now)
    trail = accounts_wiring.trail(settings, people_and_sensors)
    oidc, oidc_people = accounts_wiring.oidc(settings, people_and_sensors, people)
    sensors = Sensors(people_and_sensors, store, home=home(settings))
    rows = RowViews(sensors)
    attribution = places(settings.enrich).attribution
    seen = partial(read_sightings, sightings(settings))
    facts, spelling = ruleset_facts(), ClientAddress()
    parts = ConsoleParts(
        transactions=Transactions(
            store,
            sensors,
            rows,
            decode=lambda raw: facts.enrich(spelling.enrich(formats.decode(raw))),
            parts=formats.parts,
            redact=redacted_at_reading(settings),
        ),
        facets=Facets(store, sensors),
        histograms=Histograms(store),
        searches=Searches(store),
        saved_views=SavedViews(
            people_and_sensors, accounts_wiring.scopes_of_groups(settings), now=now
        ),
        lookup=Lookup(
            store,
            sensors,
            rows,
            kept=settings.retention.limits(),
            waiting=entries_waiting(letters),
            has_addresses=settings.redaction.addresses is AddressPolicy.CLEAR,
        ),
        map=Map(store, sensors, rows, attribution=attribution),
        overviews=Overviews(store, sensors),
        sensors=sensors,
        sensor_health=SensorsHealth(
            sensors, store, sightings=seen, letters=letter_kinds(letters), now=now
        ),
        checklists=Checklists(
            sensors, store, sightings=seen, letters=letter_kinds(letters), now=now
        ),
        sensor_book=SensorBook(people_and_sensors, now),
        tell_of_sensors=partial(_tell_of_sensors, settings, people_and_sensors, sensors),
        configurations=partial(_configurations, settings),
        demo=demo_removal(settings, people_and_sensors, store, sensors),
        health=Health(people_and_sensors, store),
        live=LiveFeed(store, rows),
        sessions=sessions,
        setup=setup,
        login=LoginDesk(people, sessions, setup, Throttle(), invitations=invitations, trail=trail),
        assets=load_assets(),
        attribution=attribution,
        spool_level=letters.level,
        dead_letters=dead_letter_desk(settings, letters),
        redaction=redaction_desk(settings),
        retention=retention_desk(settings, people_and_sensors, store, limit_s=_PREVIEW_S),
        triage=triage_desk(store),
        people=people,
        invitations=invitations,
        tokens=TokenBook(people_and_sensors, now),
        trail=trail,
        oidc=oidc,
        oidc_people=oidc_people,
        trusted_header=accounts_wiring.trusted_header(settings, people_and_sensors, people),
    )
    return parts, setup.code_for_printing()


def letter_kinds(letters: DeadLetters) -> Letters:
    """The counts of dead letters; None while the spool cannot be seen."""

    def kinds() -> Sequence[LetterKind] | None:
        try:
            return letters.kinds()
        except BartizanError:
            return None

    return kinds


def entries_waiting(letters: DeadLetters) -> Callable[[], int | None]:
    """How many entries the spool holds; None while it cannot be seen."""

    def waiting() -> int | None:
        try:
            return letters.level().entries
        except BartizanError:
            return None

    return waiting


def _tell_of_sensors(settings: Settings, control_store: ControlStore, sensors: Sensors) -> None:
    """A change is stored already: a collector that is not told now finds out within seconds."""
    sensors.forget()
    try:
        publish(control_store, sensor_snapshot(settings))
    except Unavailable as error:
        _log.warning("snapshot.stale", code=error.code, reason=error.message)


def _configurations(settings: Settings, name: str, typed: str | None) -> Configurations:
    address = collector_address(settings.collector, typed)
    return Configurations(
        collector=address,
        placeholder=PLACEHOLDER,
        configurations=configurations(address, name),
    )
