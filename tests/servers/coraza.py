"""Real Coraza with the CRS of its own project, behind a small Go program: tests/peers/coraza.

The program is built when first asked for, with the Go that scripts/install_test_servers.sh provides.
Go keeps modules and compiled packages in its own caches, so only the first build takes time.
"""

import os
import re
import shutil
import subprocess
from functools import cache
from pathlib import Path
from urllib.parse import quote
from uuid import uuid4

from tests.servers.account import own, sensor_directory, unprivileged, without_proxies
from tests.servers.audit_log import AuditLog
from tests.servers.bartizan import eventually, free_port
from tests.servers.error_log import Witness, unique_id_of, witness
from tests.servers.visitor import Answer, visit

SOURCE = Path(__file__).parents[1] / "peers/coraza"
INSTALLED_GO = Path.home() / ".cache/bartizan/go/bin/go"

DIRECTIVES = """\
SecRuleEngine {engine}
SecRequestBodyAccess On
SecDataDir {directory}/tmp
SecAuditEngine RelevantOnly
SecAuditLogRelevantStatus "^(?:(5|4)(0|1)[0-9])$"
SecAuditLogParts {parts}
SecAuditLogDirMode 0755
SecAuditLogFileMode 0644
{audit_log}
Include @crs-setup.conf.example
Include @owasp_crs/*.conf
"""


class Coraza:
    """One web server with a WAF. `engine` is On (it denies) or DetectionOnly; times are UTC.

    `authority` is the PEM that it trusts for TLS, instead of the system's.
    """

    def __init__(
        self,
        audit_log: AuditLog,
        *,
        engine: str = "On",
        parts: str = "ABIJDEFHKZ",
        authority: Path | None = None,
    ) -> None:
        self.audit = audit_log
        self.directory = sensor_directory()
        self.port = free_port()
        program = shutil.copy(_program(), self.directory / "coraza")
        (self.directory / "coraza.conf").write_text(
            DIRECTIVES.format(
                directory=self.directory,
                engine=engine,
                parts=parts,
                audit_log=audit_log.directives(self.directory),
            )
        )
        environment = {**without_proxies(), "TZ": "UTC"}
        if authority:
            environment["SSL_CERT_FILE"] = str(
                shutil.copy(authority, self.directory / "authority.pem")
            )
        own(self.directory)
        command = [str(program), "-listen", f"127.0.0.1:{self.port}"]
        command += ["-directives", f"{self.directory}/coraza.conf"]
        command += ["-errors", f"{self.directory}/logs/error.log"]
        self._process = subprocess.Popen(unprivileged(command), cwd=self.directory, env=environment)
        try:
            eventually(self._answers, 20, "Coraza answers")
        except AssertionError:
            self.stop()
            raise

    def request(
        self, path: str, *, client: str = "81.2.69.142", method: str = "GET", body: bytes = b""
    ) -> Answer:
        """One request from `client`. Coraza tells no unique id."""
        return visit(self.port, path, client=client, method=method, body=body)

    def attack(self, text: str = "1' or '1'='1", *, client: str = "81.2.69.142") -> Witness:
        """An SQL injection; gives what the error log says of it."""
        mark = f"m{uuid4().hex}"
        answer = self.request(f"/?id={quote(text)}&{mark}=", client=client)
        log = self.error_log
        found = witness(log, unique_id_of(log, mark))
        assert found.is_denied == (answer.status == 403), answer
        return found

    @property
    def audit_log(self) -> Path:
        """The serial audit log; of a concurrent one its index."""
        return self.directory / "logs/audit.log"

    @property
    def audit_tree(self) -> Path:
        """The directory of a concurrent audit log."""
        return self.directory / "audit"

    @property
    def error_log(self) -> str:
        log = self.directory / "logs/error.log"
        return log.read_text(errors="replace") if log.exists() else ""

    def stop(self) -> None:
        """Stop it; the directory goes too."""
        self._process.terminate()
        self._process.wait(30)
        shutil.rmtree(self.directory, ignore_errors=True)

    def _answers(self) -> bool:
        assert self._process.poll() is None, "Coraza ended"
        try:
            return self.request("/").status == 200
        except OSError:
            return False


@cache
def _program() -> Path:
    """The program, built; `AssertionError` with what Go said if it cannot be."""
    program = Path.home() / ".cache/bartizan/coraza"
    done = subprocess.run(
        [_go(), "build", "-o", str(program), "."],
        cwd=SOURCE,
        env={**os.environ, "GOTOOLCHAIN": "local", "CGO_ENABLED": "0"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, f"tests/peers/coraza could not be built:\n{done.stderr}"
    return program


def _go() -> str:
    """A Go new enough for the program."""
    needed = re.search(r"^go (\d+)\.(\d+)", (SOURCE / "go.mod").read_text(), re.MULTILINE)
    assert needed
    for candidate in (shutil.which("go"), str(INSTALLED_GO)):
        if candidate is None or not Path(candidate).exists():
            continue
        said = subprocess.run(
            [candidate, "env", "GOVERSION"],
            env={**os.environ, "GOTOOLCHAIN": "local"},
            cwd="/",
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        found = re.match(r"go(\d+)\.(\d+)", said)
        if found and tuple(map(int, found.groups())) >= tuple(map(int, needed.groups())):
            return candidate
    raise AssertionError(
        f"Go {'.'.join(needed.groups())} or newer is missing: run scripts/install_test_servers.sh"
    )
