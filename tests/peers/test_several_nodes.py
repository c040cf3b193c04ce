"""Two nodes behind a balancer that share a store: one house, whichever door is taken."""

import ssl
import subprocess
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import pytest

from tests.peers.traffic import Traffic
from tests.servers import haproxy as haproxy_module
from tests.servers import postgresql as postgresql_module
from tests.servers.apache import Apache
from tests.servers.bartizan import PASSWORD, Api, Bartizan, eventually, free_port
from tests.servers.haproxy import Haproxy
from tests.servers.live import LiveWatch
from tests.servers.postgresql import Postgresql

pytestmark = [pytest.mark.peers, pytest.mark.timeout(600)]


@dataclass(frozen=True)
class Shared:
    """What the nodes share."""

    store_url: str
    control_url: str


@dataclass
class House:
    nodes: tuple[Bartizan, Bartizan]
    sensors_port: int
    people_port: int
    tls: ssl.SSLContext

    @property
    def receiver_url(self) -> str:
        return f"https://127.0.0.1:{self.sensors_port}/rpc/auditLogReceiver.php"

    def visitor(self, door: int | None = None) -> Api:
        """Nobody yet, through the balancer or at that node."""
        if door is None:
            return Api(self.people_port, self.tls)
        return Api(self.nodes[door].console_port)

    @cached_property
    def cookie(self) -> str:
        """What anna got when she signed in through the balancer."""
        return self.sign_in(self.visitor())

    def sign_in(self, api: Api) -> str:
        api.post("/api/v1/login", {"name": "anna", "password": PASSWORD})
        return api.cookie

    def anna(self, door: int | None = None) -> Api:
        """Signed in, through the balancer or at that node."""
        api = self.visitor(door)
        api.cookie = self.cookie
        return api

    def backlog(self) -> int:
        return sum(self.anna(door).backlog() for door in range(2))


@pytest.fixture(scope="module", params=["postgresql", "opensearch"])
def shared(request: pytest.FixtureRequest) -> Iterator[Shared]:
    """Empty stores, by the kind of the first."""
    if not postgresql_module.is_installed():
        pytest.skip("postgresql is not installed")
    with ExitStack() as stack:
        server = Postgresql()
        stack.callback(server.stop)
        server.start()
        control_url = server.url("bartizan")
        store_url = control_url
        if request.param == "opensearch":
            store_url = request.getfixturevalue("opensearch").url("nodes", replicas=1)
        yield Shared(store_url, control_url)


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Certificate and key in one file."""
    directory = tmp_path_factory.mktemp("tls")
    both, key = directory / "bartizan.pem", directory / "key.pem"
    command = "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2"
    subprocess.run(
        [
            *command.split(),
            *("-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1"),
            *("-keyout", str(key), "-out", str(both)),
        ],
        check=True,
        capture_output=True,
    )
    both.write_text(both.read_text() + key.read_text())
    return both


@pytest.fixture(scope="module")
def house(
    shared: Shared, certificate: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[House]:
    if not haproxy_module.is_installed():
        pytest.skip("haproxy is not installed")
    directory = tmp_path_factory.mktemp("nodes")
    sensors_port, people_port = free_port(), free_port()
    settings = {
        "store": {"control_url": shared.control_url},
        "collector": {
            "public_url": f"https://127.0.0.1:{sensors_port}",
            "trusted_proxies": ["127.0.0.1"],
        },
        "console": {"public_url": f"https://127.0.0.1:{people_port}"},
    }
    one, other = (
        Bartizan(directory / name, store_url=shared.store_url, settings=settings)
        for name in ("one", "other")
    )
    balancer = Haproxy(
        directory,
        {
            ":8888 ssl": f"127.0.0.1:{sensors_port} ssl",
            ":443 ssl": f"127.0.0.1:{people_port} ssl",
            "/etc/haproxy/bartizan.pem": str(certificate),
            "10.0.0.1:8888": f"127.0.0.1:{one.collector_port}",
            "10.0.0.2:8888": f"127.0.0.1:{other.collector_port}",
            "10.0.0.1:8080": f"127.0.0.1:{one.console_port}",
            "10.0.0.2:8080": f"127.0.0.1:{other.console_port}",
        },
    )
    tls = ssl.create_default_context(cafile=certificate)
    with ExitStack() as stack:
        with ThreadPoolExecutor(2) as pool:  # both find a database without tables
            for node in (one, other):
                stack.callback(node.stop)
            list(pool.map(Bartizan.start, (one, other)))
        one.add_sensor("admin", "admin", at="50.11,8.68")
        other.add_person()
        eventually(lambda: other.deliver(b"") == 409, 10, "the other node knows the sensor")
        stack.callback(balancer.stop)
        balancer.start(people_port)
        yield House((one, other), sensors_port, people_port, tls)


def unique_ids(person: Api) -> Counter[str]:
    """What this person finds, and how often."""
    return Counter(row["unique_id"] for row in person.every_row())


@pytest.fixture
def apache(house: House) -> Iterator[Apache]:
    """A sensor that delivers through the balancer, by TLS."""
    server = Apache(house.receiver_url)
    yield server
    server.stop()


def test_what_is_sent_to_either_node_is_in_the_live_feed_of_both(
    house: House, apache: Apache
) -> None:
    watches = [LiveWatch(house.anna(door)) for door in range(2)]
    through_balancer = LiveWatch(house.anna())
    with Traffic(lambda client: apache.attack(client=client)) as traffic:
        eventually(lambda: len(traffic.unique_ids) > 60, 30, "load")
    wanted = set(traffic.unique_ids)
    for watch in (*watches, through_balancer):
        eventually(lambda w=watch: wanted <= set(w.unique_ids), 20, "all of it in the feed")
        assert len(set(watch.unique_ids)) == len(watch.unique_ids)
        assert watch.skipped == 0
        watch.stop()
    eventually(  # a cluster shows its searches what it has stored a second later
        lambda: wanted <= set(unique_ids(house.anna())), 10, "all of it can be found"
    )
    assert set(unique_ids(house.anna()).values()) == {1}


def test_who_signs_in_at_one_node_is_known_at_the_other_until_signing_out(house: House) -> None:
    anna = house.anna()
    for _ in range(6):  # the balancer takes turns
        assert anna.get("/api/v1/session")["person"]["name"] == "anna"
    at_one, at_other = house.visitor(0), house.visitor(1)
    at_other.cookie = house.sign_in(at_one)
    assert at_other.get("/api/v1/session")["person"]["name"] == "anna"
    at_other.post("/api/v1/logout", {})
    with pytest.raises(AssertionError, match="401"):
        at_one.get("/api/v1/sessions")


def test_a_sensor_added_at_one_console_may_deliver_to_the_other_node(house: House) -> None:
    secret = house.nodes[0].add_sensor_with_secret("fresh")
    eventually(lambda: house.nodes[1].deliver(b"", "fresh", secret) == 409, 10, "known there too")


def test_a_live_feed_goes_on_at_the_other_node_exactly_where_it_was(
    house: House, shared: Shared, apache: Apache
) -> None:
    whole = LiveWatch(house.anna(0))
    with Traffic(lambda client: apache.attack(client=client)) as traffic:
        pieces: list[str] = []
        event_id = ""
        for turn in range(6):
            watch = LiveWatch(house.anna(turn % 2), event_id)
            if event_id:
                assert watch.hello["resumed"] is True
            sent = len(traffic.unique_ids)
            eventually(lambda s=sent: len(traffic.unique_ids) > s + 10, 20, "load")
            watch.stop()
            pieces += watch.unique_ids
            event_id = watch.event_id
    eventually(lambda: house.backlog() == 0, 20, "all is stored")
    last = LiveWatch(house.anna(0), event_id)
    eventually(lambda: set(traffic.unique_ids) <= set(whole.unique_ids), 20, "all in the feed")
    eventually(
        lambda: set(traffic.unique_ids) <= {*pieces, *last.unique_ids}, 20, "all in the pieces"
    )
    last.stop()
    whole.stop()
    pieces += last.unique_ids
    if shared.store_url.startswith("opensearch"):
        # Consoles of a cluster may see rows in another order: none is missing, one may come twice.
        assert set(pieces) <= set(whole.unique_ids)
        return
    assert len(set(pieces)) == len(pieces)
    assert pieces == whole.unique_ids[: len(pieces)]


@pytest.mark.faults
@pytest.mark.promise("R1")
def test_nothing_is_lost_or_doubled_when_a_collector_and_then_a_node_dies(
    house: House, apache: Apache
) -> None:
    one, other = house.nodes
    with Traffic(lambda client: apache.attack(client=client)) as traffic:
        eventually(lambda: len(traffic.unique_ids) > 40, 30, "load")
        one.kill("collector")
        killed_at = len(traffic.unique_ids)
        eventually(lambda: len(traffic.unique_ids) > killed_at + 60, 30, "load goes on")
        other.cut_power()
        killed_at = len(traffic.unique_ids)
        eventually(lambda: len(traffic.unique_ids) > killed_at + 60, 30, "load goes on")
        assert house.anna().stored() > 0  # through the balancer, by the console that is left
        other.start()
    eventually(lambda: not apache.waiting, 90, "the sensor's disk is empty", every_s=0.2)
    eventually(lambda: house.backlog() == 0, 30, "both spools are empty")
    for door in range(2):
        anna = house.anna(door)
        eventually(  # a cluster shows its searches what it has stored a second later
            lambda a=anna: set(traffic.unique_ids) <= set(unique_ids(a)), 20, "all of it is found"
        )
        assert {unique_id: n for unique_id, n in unique_ids(anna).items() if n > 1} == {}
    assert sum(house.anna(door).dead_letters() for door in range(2)) == 0
