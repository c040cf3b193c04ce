"""Every way from a real nginx or Coraza into Bartizan, and what each dialect states on its way."""

from collections.abc import Callable
from contextlib import AbstractContextManager, ExitStack
from dataclasses import dataclass
from pathlib import Path

from tests.servers.audit_log import AuditLog
from tests.servers.bartizan import Bartizan, eventually
from tests.servers.coraza import Coraza
from tests.servers.error_log import Witness
from tests.servers.nginx import Nginx
from tests.servers.ship import Ship

MakeWaf = Callable[[AuditLog, str], Nginx | Coraza]
Deliver = Callable[[Path, Witness], None]


class Attacked(ExitStack):
    """A real web server, with what brings its entries to Bartizan; closing it stops both."""

    def __init__(self, waf: Nginx | Coraza) -> None:
        super().__init__()
        self.callback(waf.stop)
        self.waf = waf
        self.after: Callable[[Witness], None] = lambda _: None

    def attack(self, text: str = "1' or '1'='1", *, client: str = "81.2.69.142") -> Witness:
        """An SQL injection, on its way to Bartizan; gives what the error log says of it."""
        seen = self.waf.attack(text, client=client)
        self.after(seen)
        return seen


@dataclass(frozen=True)
class Way:
    """One way in. `denied` and `detected` are what it lets us know as `intercepted`.

    `start` takes the service, the name of a new sensor, and the engine's mode. `within_s` is how
    long an entry may take.
    """

    start: Callable[[Bartizan, str, str], AbstractContextManager[Attacked]]
    dialect: str
    denied: bool | None = True
    detected: bool | None = False
    within_s: float = 5.0


def _posts(make: MakeWaf, path: str, form: str) -> Callable[[Bartizan, str, str], Attacked]:
    """The engine's own HTTPS writer."""

    def start(service: Bartizan, sensor: str, engine: str) -> Attacked:
        url = service.collector_url(f"{path}/{service.add_sensor_with_secret(sensor)}")
        return Attacked(make(AuditLog(kind="HTTPS", format=form, url=url), engine))

    return start


def _ships(make: MakeWaf, kind: str, form: str) -> Callable[[Bartizan, str, str], Attacked]:
    """Files, followed by `bartizan ship`."""

    def start(service: Bartizan, sensor: str, engine: str) -> Attacked:
        secret = service.add_sensor_with_secret(sensor)
        attacked = Attacked(make(AuditLog(kind=kind, format=form), engine))
        shipper = Ship(service.collector_url(""), sensor, secret, _logs(attacked.waf, kind))
        attacked.callback(shipper.stop)
        shipper.start()
        return attacked

    return start


def _imports(make: MakeWaf, kind: str, form: str) -> Callable[[Bartizan, str, str], Attacked]:
    """Files, imported after each attack."""

    def start(service: Bartizan, sensor: str, engine: str) -> Attacked:
        attacked = Attacked(make(AuditLog(kind=kind, format=form), engine))
        logs = _logs(attacked.waf, kind)

        def import_it(seen: Witness) -> None:
            eventually(lambda: _is_logged(seen, logs), 5, f"{seen.unique_id} is in the audit log")
            service.command("import", "--sensor", sensor, "--add-sensor", str(logs))

        attacked.after = import_it
        return attacked

    return start


def _logs(waf: Nginx | Coraza, kind: str) -> Path:
    return waf.audit_log if kind == "Serial" else waf.audit_tree


def _is_logged(seen: Witness, logs: Path) -> bool:
    """Whether the transaction's entry is on disk, in the file or in one of the tree."""
    files = [logs] if logs.is_file() else [path for path in logs.rglob("*") if path.is_file()]
    return any(seen.unique_id.encode() in path.read_bytes() for path in files)


def _nginx(audit_log: AuditLog, engine: str) -> Nginx:
    return Nginx(audit_log, engine=engine)


def _coraza(audit_log: AuditLog, engine: str) -> Coraza:
    return Coraza(audit_log, engine=engine)


# ModSecurity 3's JSON and the native dialects do not state both: what they do not state is null.
NGINX = {
    "https": Way(_posts(_nginx, "/v1/modsecurity", "JSON"), "modsecurity3-json", denied=None),
    "ship-serial": Way(_ships(_nginx, "Serial", "JSON"), "modsecurity3-json", denied=None),
    "ship-parallel": Way(_ships(_nginx, "Parallel", "JSON"), "modsecurity3-json", denied=None),
    "ship-native": Way(_ships(_nginx, "Serial", "Native"), "modsecurity3-native", detected=None),
    "import-serial": Way(_imports(_nginx, "Serial", "JSON"), "modsecurity3-json", denied=None),
    "import-native": Way(
        _imports(_nginx, "Parallel", "Native"), "modsecurity3-native", detected=None
    ),
}
CORAZA = {
    "https": Way(_posts(_coraza, "/v1/coraza", "JSON"), "coraza-json"),
    "https-native": Way(_posts(_coraza, "/v1/coraza", "Native"), "coraza-native", detected=None),
    "https-ocsf": Way(_posts(_coraza, "/v1/coraza", "OCSF"), "coraza-ocsf"),
    "ship-serial": Way(_ships(_coraza, "Serial", "JSON"), "coraza-json"),
    # Coraza ends such a file without a newline: it is done when it was let be for ten seconds.
    "ship-concurrent": Way(_ships(_coraza, "Concurrent", "JSON"), "coraza-json", within_s=20),
    "import-native": Way(_imports(_coraza, "Serial", "Native"), "coraza-native", detected=None),
}
