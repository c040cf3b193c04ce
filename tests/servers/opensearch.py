"""A private OpenSearch cluster: three nodes of its own on loopback ports, stopped by their pids.

The official minimal distribution, unpacked by scripts/unpack_opensearch.sh; security is not in it.
`python -m tests.servers.opensearch` starts one until Ctrl-C and prints its URL, for benchmarks.
"""

import http.client
import json
import os
import shutil
import signal
import subprocess
import tempfile
import time
import uuid
from pathlib import Path
from typing import Any

from tests.servers.account import own, unprivileged, without_proxies
from tests.servers.bartizan import free_port

VERSION = "2.19.4"
UNPACKED = Path.home() / f".cache/bartizan/opensearch/opensearch-{VERSION}"
_START_S = 100.0
_ROOM_BYTES = 4 * 1024**3
# A short life on few cores: a simple collector, and classes from the shared archive.
_JAVA_OPTIONS = (
    "-Xshare:auto",
    "-XX:+UseSerialGC",
    "-Djava.awt.headless=true",
    "-Djava.security.manager=allow",
    "-Dlog4j.shutdownHookEnabled=false",
    "-Dlog4j2.disable.jmx=true",
    "-Dlog4j2.formatMsgNoLookups=true",
    "-Dio.netty.noUnsafe=true",
    "-Dio.netty.noKeySetOptimization=true",
    "-Dio.netty.recycler.maxCapacityPerThread=0",
    "-Dopensearch.networkaddress.cache.ttl=60",
    "-Dopensearch.distribution.type=zip",
    "-Dopensearch.bundled_jdk=false",
)


_NO_SECOND_COMPILER = "-XX:TieredStopAtLevel=1"


def java() -> str | None:
    """A Java that this version runs on: Debian 12's own, or what is on PATH."""
    debian = sorted(Path("/usr/lib/jvm").glob("java-17-openjdk-*/bin/java"))
    return str(debian[0]) if debian else shutil.which("java")


def is_installed() -> bool:
    return UNPACKED.is_dir() and java() is not None


class OpenSearch:
    """A cluster of `nodes`. As root its processes run as an account without rights."""

    def __init__(self, nodes: int = 3, heap_mb: int = 512, *, is_measured: bool = False) -> None:
        """`is_measured` takes longer to get going, and is then as fast as a cluster is."""
        # In memory where there is room: six copies of everything would each wait for the disk.
        memory = "/dev/shm" if _has_room("/dev/shm") else None
        self.directory = Path(tempfile.mkdtemp(prefix="bartizan-opensearch-", dir=memory))
        self.directory.chmod(0o755)
        # The account without rights may not look into a home directory.
        self._home = self.directory / "program"
        shutil.copytree(UNPACKED, self._home, copy_function=_link_or_copy)
        options = [f"-Xms{heap_mb}m", f"-Xmx{heap_mb}m", *_JAVA_OPTIONS]
        options += [] if is_measured else [_NO_SECOND_COMPILER]
        transport_ports = [free_port() for _ in range(nodes)]
        self.nodes = [
            Node(self._home, self.directory, number, port, transport_ports, options)
            for number, port in enumerate(transport_ports)
        ]
        own(self.directory)

    def start(self) -> None:
        """Start what does not run, and wait until all nodes have found each other."""
        for node in self.nodes:
            node.start()
        self.wait_for_all()

    def kill(self) -> None:
        """SIGKILL to all nodes."""
        for node in self.nodes:
            node.kill()

    def stop(self) -> None:
        """End the processes and remove the directory."""
        self.kill()
        shutil.rmtree(self.directory, ignore_errors=True)

    def url(self, prefix: str, **options: Any) -> str:
        hosts = ",".join(f"127.0.0.1:{node.port}" for node in self.nodes)
        query = "&".join(f"{name}={value}" for name, value in options.items())
        return f"opensearch+http://{hosts}/{prefix}" + (f"?{query}" if query else "")

    def drop(self, prefix: str) -> None:
        """Remove everything of that prefix."""
        self.ask("DELETE", f"/{prefix}-*?expand_wildcards=all&ignore_unavailable=true")
        for name in self.ask("GET", "/_index_template").get("index_templates", ()):
            if name["name"].startswith(f"{prefix}-"):
                self.ask("DELETE", f"/_index_template/{name['name']}")

    def wait_for(self, status: str, within_s: float = 60) -> None:
        """Until the cluster is `green`, or at least `yellow`."""
        deadline = time.monotonic() + within_s
        while True:
            found = self.ask("GET", f"/_cluster/health?wait_for_status={status}&timeout=5s")
            if not found.get("timed_out", True):
                return
            assert time.monotonic() < deadline, f"not {status} in time: {found}"

    def wait_for_all(self, within_s: float = _START_S) -> None:
        """Until all nodes have found each other."""
        deadline = time.monotonic() + within_s
        while not self._is_complete():
            for node in self.nodes:
                if not node.is_running():
                    raise AssertionError(f"an OpenSearch node ended\n{node.log[-4000:]}")
            if time.monotonic() > deadline:
                raise AssertionError(f"no cluster in time\n{self.nodes[0].log[-4000:]}")
            time.sleep(0.1)

    @property
    def manager(self) -> "Node":
        """The node that the others have elected."""
        (found,) = self.ask("GET", "/_cat/cluster_manager?format=json")
        return next(node for node in self.nodes if node.name == found["node"])

    def ask(self, method: str, path: str, content: Any = None) -> Any:
        """The answer of the first node that gives one."""
        for node in self.nodes:
            if node.is_running():
                try:
                    return node.ask(method, path, content)
                except OSError:
                    continue
        raise ConnectionError("no node answers")

    def _is_complete(self) -> bool:
        count = len(self.nodes)
        try:
            found = [
                node.ask("GET", "/_cluster/health").get("number_of_nodes") for node in self.nodes
            ]
        except OSError:
            return False
        return found == [count] * count


class Node:
    """One process of the cluster."""

    def __init__(
        self,
        home: Path,
        directory: Path,
        number: int,
        transport_port: int,
        transport_ports: list[int],
        java_options: list[str],
    ) -> None:
        self.port = free_port()
        self.name = f"node{number}"
        self._home = home
        self._directory = directory / self.name
        self._java_options = java_options
        self._process: subprocess.Popen[bytes] | None = None
        settings = self._directory / "config"
        settings.mkdir(parents=True)
        shutil.copy(home / "config/log4j2.properties", settings)
        (settings / "opensearch.yml").write_text(
            json.dumps(
                {
                    "cluster.name": "bartizan-test",
                    "node.name": self.name,
                    "path.data": str(self._directory / "data"),
                    "path.logs": str(self._directory / "logs"),
                    "http.host": "127.0.0.1",
                    "http.port": self.port,
                    "transport.host": "127.0.0.1",
                    "transport.port": transport_port,
                    "discovery.seed_hosts": [f"127.0.0.1:{port}" for port in transport_ports],
                    "cluster.initial_cluster_manager_nodes": [
                        f"node{each}" for each in range(len(transport_ports))
                    ],
                    # What is lost on purpose shall be replaced at once.
                    "cluster.routing.allocation.disk.threshold_enabled": False,
                    "cluster.max_shards_per_node": 10_000,
                    "node.processors": 2,
                    "http.compression": False,
                }
            )
        )

    def start(self) -> None:
        if self.is_running():
            return
        # It gives way to what is tested: three nodes that start take all there is.
        command = [
            *("nice", "-n", "5"),
            java() or "java",
            *self._java_options,
            f"-Djava.io.tmpdir={self._directory}",
            f"-Dopensearch.path.home={self._home}",
            f"-Dopensearch.path.conf={self._directory / 'config'}",
            "-cp",
            f"{self._home / 'lib'}/*",
            "org.opensearch.bootstrap.OpenSearch",
        ]
        with (self._directory / "out").open("ab") as out:
            self._process = subprocess.Popen(
                unprivileged(command),
                cwd=self._directory,
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=out,
                env=without_proxies(),
            )

    def is_running(self) -> bool:
        return self._process is not None and self._process.poll() is None

    def kill(self) -> None:
        """SIGKILL: what a power cut leaves of the process."""
        if self._process is not None:
            if self._process.poll() is None:
                os.kill(self._process.pid, signal.SIGKILL)
            self._process.wait()

    @property
    def log(self) -> str:
        return (self._directory / "out").read_text(errors="replace")

    def ask(self, method: str, path: str, content: Any = None) -> Any:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        try:
            connection.request(
                method,
                path,
                body=None if content is None else json.dumps(content),
                headers={"Content-Type": "application/json"},
            )
            return json.loads(connection.getresponse().read() or b"{}")
        except http.client.HTTPException as error:
            raise ConnectionError(str(error)) from error
        finally:
            connection.close()


def _has_room(directory: str) -> bool:
    try:
        return shutil.disk_usage(directory).free > _ROOM_BYTES
    except OSError:
        return False


def _link_or_copy(source: str, target: str) -> str:
    """Without copying bytes where both are on one disk."""
    try:
        os.link(source, target)
    except OSError:
        shutil.copy2(source, target)
    else:
        return target
    return target


def main() -> None:
    cluster = OpenSearch(is_measured=True)
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        cluster.start()
        print(cluster.url(f"bartizan-{uuid.uuid4().hex[:8]}"), flush=True)
        signal.pause()
    except KeyboardInterrupt:
        pass
    finally:
        cluster.stop()


if __name__ == "__main__":
    main()
