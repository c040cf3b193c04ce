"""Every recipe of docs/recipes whose program is in Debian, run as the page has it."""

import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from prometheus_client import REGISTRY

from tests.fuzz.corpus import serial_log
from tests.servers.account import own, sensor_directory, without_proxies
from tests.servers.bartizan import eventually
from tests.servers.shippers import PAGES, Shipper, adapted, blocks, rsyslog, syslog_ng
from tests.unit.receive.listener import RunningCollector, write_snapshot

pytestmark = [pytest.mark.peers, pytest.mark.timeout(300)]

CAPTURE = "v3-json-serial-detect-pl2"
SECRET = "Zm9yLXRoZS1yZWNpcGVz_-0123456789"
URL = "https://bartizan.example:8888/v1/entries"


@pytest.fixture(scope="module")
def wanted() -> list[bytes]:
    """The entries of the capture, with bytes that are no UTF-8 among them."""
    lines = serial_log(CAPTURE).splitlines(keepends=True)
    assert len(lines) == 1112
    assert any(b"\xff" in line or b"\xc0" in line for line in lines)
    return lines


@pytest.fixture
def collector(tmp_path: Path) -> Iterator[RunningCollector]:
    with RunningCollector(tmp_path / "spool") as running:
        write_snapshot(tmp_path / "spool", shop_1="secret", web_1=SECRET)
        yield running


@pytest.fixture
def directory() -> Iterator[Path]:
    made = sensor_directory()
    yield made
    shutil.rmtree(made, ignore_errors=True)


def address(collector: RunningCollector) -> str:
    return f"http://127.0.0.1:{collector.port}/v1/entries"


def make_rsyslog(collector: RunningCollector, directory: Path) -> Shipper:
    program = directory / "rsyslog-output"
    (directory / "secret").write_text(f"{SECRET}\n")
    own_words = {URL: address(collector), "/etc/bartizan/secret": f"{directory}/secret"}
    program.write_text(adapted(blocks("rsyslog", "python")[0], own_words))
    program.chmod(0o755)
    configuration = adapted(
        blocks("rsyslog")[0],
        {
            "/var/spool/rsyslog": f"{directory}/tmp",
            "/var/log/modsecurity/audit.json": f"{directory}/logs/audit.json",
            "/usr/local/lib/bartizan/rsyslog-output": str(program),
            'action.resumeInterval="5"': 'action.resumeInterval="1"',
        },
    )
    return rsyslog(directory, configuration)


def make_syslog_ng(collector: RunningCollector, directory: Path) -> Shipper:
    configuration = adapted(
        blocks("syslog-ng")[0],
        {
            URL: address(collector),
            "SECRET": SECRET,
            "/var/log/modsecurity/audit.json": f"{directory}/logs/audit.json",
            "time-reopen(5)": "time-reopen(1)",
            "/var/lib/syslog-ng": f"{directory}/tmp",
        },
    )
    return syslog_ng(directory, configuration)


SHIPPERS = {"rsyslog": make_rsyslog, "syslog-ng": make_syslog_ng}


@pytest.fixture(params=SHIPPERS)
def shipper(
    request: pytest.FixtureRequest, collector: RunningCollector, directory: Path
) -> Iterator[Shipper]:
    made = SHIPPERS[request.param](collector, directory)
    (directory / "logs/audit.json").touch()
    own(directory)
    yield made
    made.stop()


def arrive(collector: RunningCollector, shipper: Shipper, wanted: list[bytes]) -> None:
    try:
        eventually(lambda: len(set(collector.raws())) >= len(set(wanted)), 90, "all arrived", 0.2)
    except AssertionError as error:
        raise AssertionError(f"{error}: {len(collector.raws())}\n{shipper.log}") from error


def test_a_log_that_is_there_and_what_is_added_later_arrives_byte_for_byte(
    shipper: Shipper, collector: RunningCollector, directory: Path, wanted: list[bytes]
) -> None:
    log = directory / "logs/audit.json"
    log.write_bytes(b"".join(wanted[:200]))
    shipper.start()
    arrive(collector, shipper, wanted[:200])
    with log.open("ab") as file:
        file.writelines(wanted[200:400])
    arrive(collector, shipper, wanted[:400])
    assert set(collector.raws()) == set(wanted[:400])
    assert {entry.sensor for entry in collector.entries()} == {"web-1"}
    assert SECRET not in shipper.log


def refusals() -> float:
    """Deliveries that heard 401, of all collectors of this process."""
    name = "bartizan_receive_deliveries_total"
    return REGISTRY.get_sample_value(name, {"verdict": "unauthenticated"}) or 0.0


def test_nothing_is_lost_while_the_collector_refuses_or_is_away(
    shipper: Shipper, collector: RunningCollector, directory: Path, wanted: list[bytes]
) -> None:
    """At first the sensor is not known, so that everything hears 401."""
    before = refusals()
    write_snapshot(collector.directory, shop_1="secret")
    (directory / "logs/audit.json").write_bytes(b"".join(wanted[:300]))
    shipper.start()
    eventually(lambda: refusals() > before, 60, "a refusal")
    write_snapshot(collector.directory, shop_1="secret", web_1=SECRET)
    arrive(collector, shipper, wanted[:300])
    assert set(collector.raws()) == set(wanted[:300])


@pytest.mark.parametrize("number", [1, 2])
def test_curl_delivers_a_file_whole_or_in_pieces(
    collector: RunningCollector, tmp_path: Path, wanted: list[bytes], number: int
) -> None:
    shell = blocks("curl", "sh")
    header = adapted(shell[0], {"SECRET": SECRET})
    delivery = adapted(shell[number], {URL: address(collector)})
    if number == 2:
        delivery = adapted(delivery, {"--line-bytes=8M": "--line-bytes=1M"})
    for name in ("audit.log", "audit.json"):
        (tmp_path / name).write_bytes(b"".join(wanted))
    done = subprocess.run(
        ["sh", "-ec", header + delivery],
        cwd=tmp_path,
        env=without_proxies(),
        capture_output=True,
        check=False,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    assert collector.raws() == wanted
    assert (tmp_path / "bartizan.header").stat().st_mode & 0o077 == 0


@pytest.mark.parametrize(
    "stated",
    [
        ["--user", f"web-1:{SECRET}", "URL"],
        ["--header", f"Authorization: Bearer {SECRET}", "URL"],
        [f"http://web-1:{SECRET}@HOST/v1/entries"],
        [f"http://HOST/v1/modsecurity/{SECRET}"],
    ],
    ids=["Basic", "Bearer", "in the URL", "in the path"],
)
def test_curl_may_state_the_secret_in_any_way(
    collector: RunningCollector, wanted: list[bytes], stated: list[str]
) -> None:
    host = f"127.0.0.1:{collector.port}"
    words = [word.replace("URL", address(collector)).replace("HOST", host) for word in stated]
    subprocess.run(
        ["curl", "--silent", "--show-error", "--fail", "--data-binary", "@-", *words],
        input=wanted[0],
        env=without_proxies(),
        check=True,
        stdout=subprocess.DEVNULL,
        timeout=60,
    )
    assert [(entry.sensor, entry.raw) for entry in collector.entries()] == [("web-1", wanted[0])]


def test_every_recipe_says_whether_it_is_tested() -> None:
    tested = {"rsyslog", "syslog-ng", "curl"}
    for page in PAGES.glob("*.md"):
        third = page.read_text().split("\n")[2]
        assert third.startswith("*Tested with" if page.stem in tested else "***Untested**"), page
