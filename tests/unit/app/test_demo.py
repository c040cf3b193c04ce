"""The demo: recorded attacks, as if they happened now, through a real collector."""

import re
import subprocess
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bartizan.accounts.sensors import SensorBook
from bartizan.accounts.snapshot import publish
from bartizan.app.demo import SENSORS, Demo, client_addresses, recorded_entries, register
from bartizan.app.demo_entry import content_hash, freshen, summary
from bartizan.app.demo_play import clear, collector_url
from bartizan.app.settings import Settings, load
from bartizan.decode import registry
from bartizan.domain.errors import Misconfigured, Refused, Unavailable
from bartizan.domain.transaction import Category, Transaction
from bartizan.enrich.address import special_kind
from bartizan.enrich.crs import RulesetFacts
from bartizan.kit.clock import now
from bartizan.receive.settings import CollectorSettings
from bartizan.store.control import ControlStore
from bartizan.store.registry import open_control, open_store, upgrade_control, upgrade_store
from tests.unit.receive.listener import RunningCollector

NOW = datetime(2026, 2, 3, 4, 5, 6, 789012, tzinfo=UTC)
# mlogc's own test of an index line (docs/formats.md).
INDEX_LINE = re.compile(
    rb"^\S+ \S+ \S+ \S.* \[[^:]+:\d+:\d+:\d+(?:\.\d+)? \S+\] \".*\" \d+ \S+ \"[^\"]*\" \"[^\"]*\" \S+ "
    rb"\"[^\"]*\" /\S+ 0 \d+ md5:[0-9a-f]{32} $"
)


def facts(transaction: Transaction) -> tuple[object, ...]:
    """What must stay as recorded."""
    return (
        [match.rule_id for match in transaction.matches],
        transaction.request.method,
        transaction.request.uri,
        transaction.host,
        transaction.response.status,
        transaction.intercepted,
        transaction.parts,
    )


def test_every_recorded_entry_can_be_played_and_says_what_it_said() -> None:
    rng = Random(1)
    for entry in recorded_entries():
        recorded = registry.decode(entry)
        played = registry.decode(freshen(entry, now=NOW, rng=rng, address="45.12.0.0"))
        assert facts(played) == facts(recorded)
        assert played.defects == recorded.defects == ()
        assert played.occurred_at == NOW
        assert played.client.address == "45.12.0.0"
        assert played.client.port == recorded.client.port
        assert played.unique_id != recorded.unique_id


def test_nothing_of_the_recorded_identity_is_left() -> None:
    for entry in recorded_entries():
        recorded = registry.decode(entry)
        played = freshen(entry, now=NOW, rng=Random(2), address="2a01:4f8::")
        assert str(recorded.unique_id).encode() not in played
        assert entry[:11] not in played
        client = recorded.client.address or ""
        head = played.partition(b"-B--")[0]
        assert client.encode() not in head.replace(b"::1", b"") or client in {"::1", "127.0.0.1"}
        assert f"[client {client}]".encode() not in played


def test_no_two_played_entries_are_the_same() -> None:
    entry, rng = recorded_entries()[0], Random(3)
    played = {freshen(entry, now=NOW, rng=rng, address="45.12.0.0") for _ in range(200)}
    assert len(played) == 200


@given(
    st.datetimes(datetime(1970, 1, 2), datetime(2100, 1, 1), timezones=st.just(UTC)),  # noqa: DTZ001
    st.ip_addresses(),
    st.integers(0, 10_000),
)
@settings(max_examples=60)
def test_any_moment_and_address_can_be_played(moment: datetime, address: object, seed: int) -> None:
    rng = Random(seed)
    entry = rng.choice(recorded_entries())
    played = registry.decode(freshen(entry, now=moment, rng=rng, address=str(address)))
    assert played.occurred_at == moment
    assert played.client.address == str(address)


def test_the_summary_is_an_index_line_as_mlogc_wants_it() -> None:
    for entry in recorded_entries():
        played = freshen(entry, now=NOW, rng=Random(4), address="45.12.0.0")
        line = summary(played)
        assert INDEX_LINE.match(line), line
        assert b" %d %s " % (len(played), content_hash(played)) in line
        assert b"\n" not in line


def test_the_recorded_traffic_is_small_and_of_all_kinds() -> None:
    folder = Path(__file__).parents[3] / "src/bartizan/app/demo_traffic"
    assert sum(file.stat().st_size for file in folder.iterdir()) < 400_000
    kinds: Counter[Category | None] = Counter()
    outcomes: Counter[bool | None] = Counter()
    for entry in recorded_entries():
        assert len(entry) < 10_000
        transaction = RulesetFacts().enrich(registry.decode(entry))
        kinds[transaction.category] += 1
        outcomes[transaction.intercepted] += 1
    assert len(recorded_entries()) >= 400
    assert {
        "sqli",
        "xss",
        "rce",
        "lfi",
        "rfi",
        "php",
        "java",
        "scanner",
        "protocol",
        "leak",
    } <= kinds.keys()
    assert max(kinds.values()) < len(recorded_entries()) / 3
    assert outcomes[True] > 100
    assert outcomes[False] > 50


def test_the_clients_are_many_public_and_nobodys_hosts() -> None:
    clients = client_addresses()
    assert len(set(clients)) == len(clients) >= 400
    for client in clients:
        address = ip_address(client)
        assert special_kind(address, ()) is None
        assert int(address) % 256 == 0


def test_demo_sensors_are_marked_as_demo_and_stand_in_four_cities(control: ControlStore) -> None:
    secrets, are_new = register(SensorBook(control, now))
    assert are_new
    sensors = control.sensors()
    assert {sensor.name for sensor in sensors} == secrets.keys()
    assert all(sensor.is_demo for sensor in sensors)
    assert len({(sensor.latitude, sensor.longitude) for sensor in sensors}) == len(SENSORS) == 4


def test_registering_again_renews_the_secrets_and_adds_nothing(control: ControlStore) -> None:
    first, _ = register(SensorBook(control, now))
    again, are_new = register(SensorBook(control, now))
    assert not are_new
    assert again.keys() == first.keys()
    assert not set(again.values()) & set(first.values())
    assert len(control.sensors()) == len(SENSORS)


def test_a_real_sensor_is_never_taken_for_the_demo(control: ControlStore) -> None:
    book = SensorBook(control, now)
    book.add(SENSORS[0].name)
    with pytest.raises(Refused) as told:
        register(book)
    assert told.value.code == "name-taken"


@pytest.fixture
def collector(tmp_path: Path, control: ControlStore) -> Iterator[tuple[RunningCollector, Demo]]:
    """A real collector that knows the demo sensors, and the demo that sends to it."""
    secrets, _ = register(SensorBook(control, now))
    running = RunningCollector(tmp_path / "spool")
    publish(control, tmp_path / "spool" / "sensors.json")
    with running:
        demo = Demo(f"http://127.0.0.1:{running.port}", secrets, rng=Random(5), try_again_s=0.01)
        yield running, demo
        demo.close()


def test_a_burst_arrives_as_the_history_of_a_day(
    collector: tuple[RunningCollector, Demo],
) -> None:
    running, demo = collector
    started = now()
    assert demo.send(120, spread_over_s=24 * 3600) == 120
    entries = running.entries()
    assert len({entry.raw for entry in entries}) == 120
    assert {entry.sensor for entry in entries} == {sensor.name for sensor in SENSORS}
    moments = [registry.decode(entry.raw).occurred_at for entry in entries]
    oldest, newest = min(filter(None, moments)), max(filter(None, moments))
    assert started - timedelta(days=1, seconds=60) <= oldest < started - timedelta(hours=20)
    assert started - timedelta(hours=4) < newest <= now()
    clients = {registry.decode(entry.raw).client.address for entry in entries}
    assert len(clients) > 40


def test_what_is_sent_is_what_mlogc_would_send(collector: tuple[RunningCollector, Demo]) -> None:
    running, demo = collector
    demo.send(3)
    for entry in running.entries():
        assert (entry.claimed_hash or "").split()[0].encode() == content_hash(entry.raw)
        assert (entry.summary or b"").strip() == summary(entry.raw).strip()


def test_the_demo_runs_until_it_is_stopped(collector: tuple[RunningCollector, Demo]) -> None:
    running, demo = collector
    stop = threading.Event()
    thread = threading.Thread(target=demo.run, args=(400.0, stop), daemon=True)
    thread.start()
    while len(running.entries()) < 5:
        stop.wait(0.01)
    stop.set()
    thread.join(10)
    assert not thread.is_alive()


def test_the_demo_ends_when_its_sensors_were_removed(
    collector: tuple[RunningCollector, Demo],
) -> None:
    running, _ = collector
    stranger = Demo(
        f"http://127.0.0.1:{running.port}",
        {sensor.name: "not the secret" for sensor in SENSORS},
        try_again_s=0.001,
    )
    with pytest.raises(Unavailable) as told:
        stranger.run(1000.0, threading.Event())
    assert told.value.code == "sensors-refused"
    stranger.close()
    assert running.entries() == []


def test_a_burst_tells_when_no_collector_is_there() -> None:
    demo = Demo("http://127.0.0.1:1", {SENSORS[0].name: "x"}, try_again_s=0.001)
    with pytest.raises(Unavailable) as told:
        demo.send(1)
    assert told.value.code == "collector-unreachable"


@pytest.mark.parametrize(
    ("host", "url"),
    [
        ("127.0.0.1", "http://127.0.0.1:8888"),
        ("0.0.0.0", "http://127.0.0.1:8888"),
        ("::", "http://[::1]:8888"),
        ("collector.example", "http://collector.example:8888"),
    ],
)
def test_the_demo_finds_this_machines_collector(host: str, url: str) -> None:
    assert collector_url(CollectorSettings(host=host)) == url


def test_the_demo_needs_a_fixed_port() -> None:
    with pytest.raises(Misconfigured):
        collector_url(CollectorSettings(port=0))


def test_the_demo_speaks_tls_if_the_collector_does(tmp_path: Path) -> None:
    tls = CollectorSettings(tls_certificate=tmp_path / "c.pem", tls_key=tmp_path / "k.pem")
    assert collector_url(tls) == "https://127.0.0.1:8888"


def test_a_collector_with_a_certificate_of_its_own_is_trusted_and_no_other(
    tmp_path: Path, control: ControlStore
) -> None:
    certificate, other = (self_signed(tmp_path / name) for name in ("own", "other"))
    secrets, _ = register(SensorBook(control, now))
    settings = {"tls_certificate": certificate, "tls_key": certificate.with_suffix(".key")}
    running = RunningCollector(tmp_path / "spool", **settings)
    publish(control, tmp_path / "spool" / "sensors.json")
    with running:
        url = f"https://127.0.0.1:{running.port}"
        with closing(Demo(url, secrets, certificate=certificate)) as demo:
            assert demo.send(2) == 2
        stranger = Demo(url, secrets, certificate=other, try_again_s=0.001)
        with closing(stranger), pytest.raises(Unavailable):
            stranger.send(1)


def self_signed(folder: Path) -> Path:
    folder.mkdir()
    subprocess.run(
        [
            *("openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256"),
            *("-nodes", "-days", "2", "-subj", f"/CN={folder.name}"),
            *("-keyout", folder / "c.key", "-out", folder / "c.pem"),
        ],
        check=True,
        capture_output=True,
    )
    return folder / "c.pem"


def test_clearing_removes_the_demo_and_nothing_else(tmp_path: Path, make_record: object) -> None:
    file = tmp_path / "bartizan.toml"
    file.write_text(f'data_directory = "{tmp_path}"\n')
    chosen: Settings = load(file)
    upgrade_control(chosen.control_url())
    upgrade_store(chosen.store_url())
    control = open_control(chosen.control_url())
    book = SensorBook(control, now)
    register(book)
    book.add("shop-1")
    store = open_store(chosen.store_url())
    store.append(
        [make_record(sensor=name) for name in ("shop-1", "demo-virginia", "demo-singapore")]
    )
    assert clear(chosen) == 2
    assert [sensor.name for sensor in control.sensors()] == ["shop-1"]
    assert set(store.last_seen()) == {"shop-1"}
    control.close()
    store.close()
