"""What the wizard shows, pasted into the real programs: it is accepted, and an attack arrives."""

import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from bartizan.app.sensor_configuration import Kind, configuration
from bartizan.query.sensor_views import Configuration
from tests.servers.account import own, sensor_directory, unprivileged, without_proxies
from tests.servers.apache import MODULES
from tests.servers.audit_log import AuditLog
from tests.servers.bartizan import Api, Bartizan, eventually
from tests.servers.coraza import Coraza
from tests.servers.nginx import Nginx

pytestmark = pytest.mark.peers

HTTPD = """\
ServerRoot {directory}
DefaultRuntimeDir {directory}/run
PidFile {directory}/run/httpd.pid
Mutex file:{directory}/run default
ServerName localhost
Listen 127.0.0.1:1
ErrorLog {directory}/logs/error.log
{modules}
SecRuleEngine On
Include {directory}/zz-bartizan.conf
"""


@dataclass(frozen=True)
class Pasted(AuditLog):
    """The lines of one file of a configuration, its logs in the server's own directory."""

    text: str = ""

    def directives(self, directory: Path) -> str:
        return self.text.replace("/var/log/nginx", f"{directory}/logs").replace(
            "/var/log/coraza", f"{directory}/logs"
        )


def _engine_lines(one: Configuration) -> Pasted:
    return Pasted(text=one.files[0].content)


@pytest.fixture(scope="module")
def register(bartizan: Bartizan, api: Api) -> Callable[[Kind], Configuration]:
    """A new sensor, and what the wizard shows for it."""

    def register(kind: Kind) -> Configuration:
        name = f"pasted-{kind.value}"
        made = api.post("/api/v1/sensors", {"name": name})
        secret = made["secret"]
        eventually(lambda: bartizan.deliver(b"", name, secret) == 409, 10, f"{name} is known")
        address = f"http://127.0.0.1:{bartizan.collector_port}"
        return configuration(kind, address, name, secret)

    return register


def _arrives(api: Api, kind: Kind) -> None:
    sensor = f"pasted-{kind.value}"
    eventually(lambda: api.stored(sensor=sensor) > 0, 20, f"a transaction of {sensor}")

    def is_green() -> bool:
        steps = api.get(f"/api/v1/sensors/{sensor}/checklist")["steps"]
        return all(step["state"] == "done" for step in steps)

    eventually(is_green, 5, "all lights are green")


def _apache_files(one: Configuration, directory: Path) -> tuple[Path, Path]:
    """mlogc.conf and Apache's own lines, with our directories instead of the system's."""
    written = []
    for file in one.files:
        text = file.content.replace("/etc/mlogc.conf", f"{directory}/mlogc.conf")
        text = text.replace("/var/log/mlogc", f"{directory}/mlogc")
        text = text.replace("/var/log/modsec_audit", f"{directory}/audit")
        path = directory / Path(file.path).name
        path.write_text(text.replace("StartupDelay        5000", "StartupDelay        100"))
        written.append(path)
    mlogc, engine = written
    return mlogc, engine


def test_apache_accepts_what_is_shown_and_mlogc_runs_with_it(
    register: Callable[[Kind], Configuration],
) -> None:
    directory = sensor_directory()
    mlogc, _ = _apache_files(register(Kind.APACHE), directory)
    modules = "\n".join(
        f"LoadModule {name}_module /usr/lib/apache2/modules/mod_{name}.so" for name in MODULES
    )
    (directory / "httpd.conf").write_text(HTTPD.format(directory=directory, modules=modules))
    own(directory)
    for command in (
        ["/usr/sbin/apache2", "-t", "-f", f"{directory}/httpd.conf"],
        ["/usr/bin/mlogc", "-f", str(mlogc)],
    ):
        done = subprocess.run(
            unprivileged(command),
            cwd=directory,
            env=without_proxies(),
            input="",
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
        )
        assert done.returncode == 0, f"{command}: {done.stdout}{done.stderr}"
    assert "Configuring" in (directory / "mlogc/mlogc-error.log").read_text()


@pytest.mark.parametrize("kind", [Kind.NGINX_HTTPS, Kind.NGINX])
def test_nginx_accepts_what_is_shown(kind: Kind) -> None:
    address, name = "https://waf.example:8888", "web"
    server = Nginx(_engine_lines(configuration(kind, address, name, "a-secret")))
    try:
        command = ["/usr/sbin/nginx", "-t", "-e", "stderr", "-p", str(server.directory)]
        command += ["-c", f"{server.directory}/nginx.conf"]
        done = subprocess.run(
            unprivileged(command), capture_output=True, text=True, check=False, timeout=60
        )
        assert done.returncode == 0, done.stderr
    finally:
        server.stop()


def test_an_attack_on_nginx_arrives_by_its_https_writer(
    register: Callable[[Kind], Configuration], api: Api
) -> None:
    server = Nginx(_engine_lines(register(Kind.NGINX_HTTPS)))
    try:
        server.attack()
        _arrives(api, Kind.NGINX_HTTPS)
    finally:
        server.stop()


def test_an_attack_on_coraza_arrives_by_its_https_writer(
    register: Callable[[Kind], Configuration], api: Api
) -> None:
    server = Coraza(_engine_lines(register(Kind.CORAZA)))
    try:
        server.attack()
        _arrives(api, Kind.CORAZA)
    finally:
        server.stop()


def test_coraza_writes_the_log_that_the_shipper_follows() -> None:
    one = configuration(Kind.CORAZA_SHIP, "https://waf.example:8888", "web", "a-secret")
    server = Coraza(_engine_lines(one))
    try:
        server.attack()
        log = server.directory / "logs/audit.json"
        eventually(lambda: log.exists() and log.stat().st_size > 0, 10, "the log")
    finally:
        server.stop()


def test_nginx_writes_the_log_that_the_shipper_follows() -> None:
    one = configuration(Kind.NGINX, "https://waf.example:8888", "web", "a-secret")
    server = Nginx(_engine_lines(one))
    try:
        server.attack()
        log = server.directory / "logs/modsec_audit.json"
        eventually(lambda: log.exists() and log.stat().st_size > 0, 10, "the log")
    finally:
        server.stop()
