"""`bartizan store import-waf-fle` from a real MariaDB, with real entries."""

import hashlib
import json
import re
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from bartizan.accounts.passwords import is_password
from bartizan.app import wiring
from bartizan.app.settings import load
from bartizan.cli.main import program
from bartizan.domain.delivery import AuditLogEntry
from bartizan.domain.errors import Refused
from bartizan.domain.search import Search
from bartizan.domain.triage import NOTHING, State
from bartizan.kit.clock import now_us
from bartizan.store.contract import Store, Stored
from bartizan.store.registry import open_control
from tests.fuzz import corpus
from tests.servers.mariadb import MariaDb
from tests.servers.waf_fle import WafFleDatabase

pytestmark = pytest.mark.peers
CAPTURE = "v2-native-serial-block-pl4"
RECEIVED = datetime(2014, 3, 4, 8, 6, 7, tzinfo=UTC)  # 05:06:07 three hours behind
Go = Callable[..., Any]


@pytest.fixture
def waf_fle(mariadb: MariaDb, mariadb_url: Callable[[], str]) -> Iterator[WafFleDatabase]:
    database = WafFleDatabase(mariadb, mariadb_url().rpartition("/")[2])
    yield database
    database.close()


@pytest.fixture
def go(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, waf_fle: WafFleDatabase) -> Go:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "url").write_text(waf_fle.url)
    (tmp_path / "bartizan.toml").write_text('[redaction]\nraw = "kept"\n')  # bytes are compared

    def call(*options: str, code: int = 0) -> Any:
        arguments = ("store", "import-waf-fle", "@url", "--json", *options)
        result = CliRunner().invoke(program, arguments, catch_exceptions=False)
        assert result.exit_code == code, result.output
        return json.loads(result.stdout) if code < 2 else result

    return call


def _of_its_time() -> list[bytes]:
    """With the clock as ModSecurity wrote it then. WAF-FLE threw away what came over IPv6."""
    clock = re.compile(rb"^\[([^ .]+)\.\d+ \S+\]", re.MULTILINE)
    return [
        clock.sub(rb"[\1 --0330]", raw, count=1)
        for raw in corpus.entries(CAPTURE)
        if b"::1" not in raw.partition(b"-B--")[0]
    ]


@pytest.fixture
def raws() -> list[bytes]:
    return _of_its_time()[:120]


def _all(store: Store) -> dict[bytes, Stored]:
    found = {}
    for row in store.newer(0, limit=10_000):
        stored, raw = store.get(row.id), store.raw(row.id)
        assert stored is not None
        assert raw is not None
        found[raw] = stored
    return found


def _stored() -> dict[bytes, Stored]:
    with closing(wiring.transactions(load(None))) as store:
        return _all(store)


@pytest.mark.parametrize("is_packed", [True, False])
def test_entries_are_those_that_were_sent(
    go: Go, waf_fle: WafFleDatabase, raws: list[bytes], is_packed: bool
) -> None:
    sensor = waf_fle.add_sensor("web_1")
    for raw in raws:
        waf_fle.receive(sensor, raw, is_packed=is_packed)
    told = go("--add-sensors")
    assert (told["events"], told["stored"]) == (len(raws), len(raws))
    exact = told["entries"]["exact"]
    stored = _stored()
    assert len(stored.keys() & set(raws)) == exact
    assert exact > 0.9 * len(raws)
    for stored_one in stored.values():
        assert stored_one.row.sensor == "web_1"
        assert stored_one.row.received_at == RECEIVED
        assert (stored_one.origin or "").startswith("waf-fle:127.0.0.1:")


def test_it_is_never_said_to_be_exact_when_it_is_not(go: Go, waf_fle: WafFleDatabase) -> None:
    sensor = waf_fle.add_sensor("web_1")
    sent = _of_its_time()
    for raw in sent:
        waf_fle.receive(sensor, raw)
    go("--add-sensors", code=0)
    for raw, stored in _stored().items():
        is_marked = "?entry=" in (stored.origin or "")
        assert raw in sent or is_marked


def test_bodies_that_were_cut_and_forged_ones_are_told(
    go: Go, waf_fle: WafFleDatabase, raws: list[bytes]
) -> None:
    sensor = waf_fle.add_sensor("web_1")
    entry = next(raw for raw in raws if b"-C--\n" in raw)
    head, rest = entry.split(b"-C--\n", 1)
    boundary = entry[2:10]

    def with_body(body: bytes) -> bytes:
        told = re.sub(rb"Content-Length: \d+", b"Content-Length: %d" % len(body), head)
        return told + b"-C--\n" + body + rest[rest.index(b"\n--" + boundary) :]

    many, long, short = with_body(b"a\n" * 200), with_body(b"b" * 5000), with_body(b"c" * 99)
    forged = with_body(b"x\n--deadbeef-B--\nGET /forged HTTP/1.1\n")
    for raw in (many, long, short, forged):
        waf_fle.receive(sensor, raw)
    told = go("--add-sensors")
    assert told["entries"] == {"cut": 2, "exact": 1, "forged": 1}
    stored = _stored()
    assert short in stored
    assert not {many, long, forged} & stored.keys()


def test_what_came_before_is_a_duplicate_and_a_repeat_stores_nothing(
    go: Go, waf_fle: WafFleDatabase, raws: list[bytes]
) -> None:
    sensor = waf_fle.add_sensor("web_1")
    for raw in raws[:30]:
        waf_fle.receive(sensor, raw)
    go("--add-sensors")
    before = _stored()
    assert go()["events"] == 0
    again = go("--from-start")
    assert (again["stored"], again["duplicates"]) == (0, 30)
    assert _stored() == before
    settings = load(None)
    with closing(wiring.transactions(settings)) as store:
        entry = AuditLogEntry(sensor="web_1", received_at_us=now_us(), raw=raws[40])
        wiring.pipeline(settings, store).run([entry])
    for raw in raws[30:50]:
        waf_fle.receive(sensor, raw)
    told = go()
    assert (told["stored"], told["duplicates"]) == (19, 1)


def test_flags_and_what_has_no_sections_left(
    go: Go, waf_fle: WafFleDatabase, raws: list[bytes]
) -> None:
    sensor = waf_fle.add_sensor("web_1")
    preserved = waf_fle.receive(sensor, raws[0], preserve=1)
    false = waf_fle.receive(sensor, raws[1], false_positive=1)
    bare = waf_fle.receive(sensor, raws[2], preserve=1)
    damaged = waf_fle.receive(sensor, raws[3])
    waf_fle.execute("DELETE FROM events_full_sections WHERE event_id = %s", bare)
    waf_fle.execute(
        "UPDATE events_full_sections SET h_full = LEFT(h_full, 20) WHERE event_id = %s", damaged
    )
    waf_fle.add_message(bare, 942100, b'SQL "Injection"', (b"attack-sqli", b"OWASP_CRS"))
    told = go("--add-sensors")
    assert told["entries"] == {"exact": 2, "columns": 2}
    assert (told["preserved"], told["not_preserved"], told["false_positives"]) == (2, 0, 1)
    stored = _stored()
    by_event = {(one.origin or "").partition("/events/")[2]: one for one in stored.values()}
    one = by_event[f"{preserved}?preserve"]
    assert one.preserved is not None
    assert one.preserved.by == "import-waf-fle"
    wrong = by_event[f"{false}?false_positive"]
    assert wrong.preserved is None
    assert (wrong.row.state, wrong.triage.state_by) == (State.FALSE_POSITIVE, "import-waf-fle")
    assert one.triage == NOTHING
    rebuilt = by_event[f"{bare}?entry=columns&preserve"]
    (fired,) = rebuilt.matches
    assert (fired.rule_id, fired.message, fired.severity) == (942100, 'SQL "Injection"', 2)
    assert fired.tags == ("attack-sqli", "OWASP_CRS")
    assert (fired.data, fired.file, fired.line) == ("found: x", "/etc/crs/rules.conf", 12)
    exact = _exact(raws[2])
    assert rebuilt.occurred_at == exact.at.replace(microsecond=0)
    for name in ("client_address", "client_port", "method", "uri", "status", "host"):
        assert getattr(rebuilt.row, name) == getattr(exact, name), name
    cut = by_event[f"{damaged}?entry=columns"].row.unique_id
    assert cut == (_exact(raws[3]).unique_id or "")[:24]


def _exact(raw: bytes) -> Any:
    from bartizan.store.memory import MemoryStore

    store = MemoryStore()
    entry = AuditLogEntry(sensor="web_1", received_at_us=now_us(), raw=raw)
    wiring.pipeline(load(None), store).run([entry])
    return store.page(Search()).rows[0]


def test_sensors_come_with_their_passwords(
    go: Go, waf_fle: WafFleDatabase, raws: list[bytes]
) -> None:
    first = waf_fle.add_sensor("web_1", "ses@me", description="K\xf6ln")
    waf_fle.add_sensor("old", status="Disabled")
    waf_fle.add_sensor(".odd name!", client_ip_via=1, client_ip_header="X-Forwarded-For")
    waf_fle.receive(first, raws[0])
    assert "--add-sensors" in go(code=2).output
    told = go("--add-sensors")
    assert told["sensors_added"] == ["_.odd_name_", "old", "web_1"]
    assert told["client_headers"] == {"_.odd_name_": "X-Forwarded-For"}
    with closing(open_control("sqlite:///bartizan-data/control.sqlite")) as control:
        sensors = {sensor.name: sensor for sensor in control.sensors()}
    assert is_password(sensors["web_1"].secret_hash, "ses@me")
    assert (sensors["web_1"].is_enabled, sensors["old"].is_enabled) == (True, False)


def test_a_dry_run_stores_nothing(go: Go, waf_fle: WafFleDatabase, raws: list[bytes]) -> None:
    waf_fle.receive(waf_fle.add_sensor("web_1"), raws[0])
    told = go("--dry-run")
    assert (told["events"], told["stored"], told["entries"]) == (1, 0, {"exact": 1})
    assert not _stored()


def test_an_event_of_no_sensor_and_one_that_cannot_be_decoded_are_told(
    go: Go, waf_fle: WafFleDatabase, raws: list[bytes]
) -> None:
    sensor = waf_fle.add_sensor("web_1")
    waf_fle.receive(99, raws[0])
    broken = waf_fle.receive(sensor, raws[1], is_packed=False)
    waf_fle.execute(
        "UPDATE events_full_sections SET a_full = 'nonsense' WHERE event_id = %s", broken
    )
    told = go("--add-sensors", code=1)
    assert told["of_unknown_sensors"] == 1
    assert sum(told["set_aside"].values()) == 1
    with closing(wiring.dead_letters(load(None))) as letters:
        assert letters.account().aside == 1


def test_another_database_is_told_to_be_another(go: Go, mariadb_url: Callable[[], str]) -> None:
    Path("url").write_text(mariadb_url())
    with pytest.raises(Refused) as told:
        go()
    assert told.value.code == "not-waf-fle"


def test_hostile_bytes_pass_through_as_they_are(
    go: Go, waf_fle: WafFleDatabase, raws: list[bytes]
) -> None:
    sensor = waf_fle.add_sensor("web_1")
    entry = next(raw for raw in raws if b"User-Agent: " in raw)
    hostile = entry.replace(b"User-Agent: ", b"User-Agent: \x80\x81\x8d\xff\x00'\"\\;%s ", 1)
    waf_fle.receive(sensor, hostile)
    told = go("--add-sensors")
    assert told["entries"] == {"exact": 1}
    ((raw, stored),) = _stored().items()
    assert raw == hostile
    assert stored.digest == hashlib.sha256(hostile).digest()
