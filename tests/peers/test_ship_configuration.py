"""What `bartizan ship --print-config` prints is understood by the real nginx, to the letter."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from bartizan.app.ship_configuration import ENGINES
from tests.servers.audit_log import AuditLog
from tests.servers.bartizan import eventually
from tests.servers.nginx import Nginx

pytestmark = pytest.mark.peers
_IN_PLACE_OF = "/var/log/nginx"


@dataclass(frozen=True)
class Printed(AuditLog):
    """The printed lines, with the test's directory instead of `/var/log/nginx`."""

    engine: str = ""

    def directives(self, directory: Path) -> str:
        (engine, *_) = ENGINES[self.engine]("http://127.0.0.1:1", "web-1").files
        return engine.content.replace(_IN_PLACE_OF, str(directory / "audit"))


def _serial(nginx: Nginx) -> list[Path]:
    return [nginx.audit_tree / "modsec_audit.json"]


def _parallel(nginx: Nginx) -> list[Path]:
    tree = nginx.audit_tree / "modsec_audit"
    return [path for path in tree.rglob("*") if path.is_file()]


@pytest.mark.parametrize(("engine", "files"), [("nginx", _serial), ("nginx-parallel", _parallel)])
def test_an_attack_is_where_the_shipper_is_told_to_look(
    engine: str, files: Callable[[Nginx], list[Path]]
) -> None:
    nginx = Nginx(Printed(engine=engine))
    try:
        found = nginx.attack()
        eventually(lambda: any(path.exists() for path in files(nginx)), 10, "the audit log")
        (file,) = files(nginx)
        eventually(lambda: found.unique_id in file.read_text(), 10, "the attack is in it")
    finally:
        nginx.stop()
