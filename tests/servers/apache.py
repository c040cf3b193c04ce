"""Real Apache with mod_security2, the CRS and a piped mlogc, everything in one directory.

Runs as an unprivileged account also when the tests run as root. The lines of the 2016 recipe stand
in the configuration as they were published; only the paths, the timings that make a test fast, and
the port (where 8888 is taken) are ours. Facts behind each line: docs/formats.md.
"""

import re
import shutil
import signal
import subprocess
from pathlib import Path
from urllib.parse import quote

from tests.servers.account import own, sensor_directory, unprivileged, without_proxies
from tests.servers.bartizan import eventually, free_port
from tests.servers.visitor import Answer, visit

MODULES = ("mpm_event", "authz_core", "dir", "unique_id", "remoteip", "headers", "security2")

HTTPD = """\
ServerRoot {directory}
DefaultRuntimeDir {directory}/run
PidFile {directory}/run/httpd.pid
Mutex file:{directory}/run default
ServerName localhost
Listen 127.0.0.1:{port}
{modules}
RemoteIPHeader X-Forwarded-For
RemoteIPInternalProxy 127.0.0.1
Header always set X-Unique-Id "%{{UNIQUE_ID}}e"
ErrorLog {directory}/logs/error.log
DocumentRoot {directory}/htdocs
<Directory {directory}/htdocs>
  Require all granted
</Directory>
DirectoryIndex index.html
SecRuleEngine On
SecRequestBodyAccess On
SecTmpDir {directory}/tmp
SecDataDir {directory}/tmp
SecUploadDir {directory}/tmp
SecUnicodeMapFile /etc/modsecurity/unicode.mapping 20127
SecAuditLogRelevantStatus "^(?:5|4(?!04))"
SecAuditLogStorageDir {directory}/audit
SecAuditLogDirMode 0755
SecAuditLogFileMode 0644

# The recipe's own lines.
SecAuditEngine RelevantOnly
SecAuditLogParts ABIJDEFHZ
SecAuditLogType Concurrent
SecAuditLog "|/usr/bin/mlogc {directory}/mlogc.conf"

Include /usr/share/modsecurity-crs/owasp-crs.load
"""

MLOGC = """\
CollectorRoot "{directory}/mlogc"
LogStorageDir "{directory}/audit"
TransactionLog "transaction.log"
QueuePath "queue.log"
ErrorLog "error.log"
LockFile "lock"
ErrorLogLevel 3
KeepEntries {keep}
MaxConnections 10
MaxWorkerRequests 1000
TransactionDelay {delay_ms}
StartupDelay 500
CheckpointInterval 2
ServerErrorTimeout 1
InsecureNoCheckCert 1
TLSProtocol 2

# The recipe's own lines.
ConsoleURI "{console_uri}"
SensorUsername "admin"
SensorPassword "admin"
"""


def mlogc_conf(directory: Path, console_uri: str, *, keep: int = 0, delay_ms: int = 1) -> Path:
    """Write the recipe's mlogc.conf."""
    path = directory / "mlogc.conf"
    path.write_text(
        MLOGC.format(directory=directory, console_uri=console_uri, keep=keep, delay_ms=delay_ms)
    )
    return path


class Apache:
    """One web server with a WAF that reports to `console_uri`."""

    def __init__(self, console_uri: str) -> None:
        self.directory = sensor_directory()
        self.port = free_port()
        (self.directory / "htdocs/index.html").write_text("hello\n")
        mlogc_conf(self.directory, console_uri)
        modules = "\n".join(
            f"LoadModule {name}_module /usr/lib/apache2/modules/mod_{name}.so" for name in MODULES
        )
        (self.directory / "httpd.conf").write_text(
            HTTPD.format(directory=self.directory, port=self.port, modules=modules)
        )
        own(self.directory)
        command = ["/usr/sbin/apache2", "-f", str(self.directory / "httpd.conf"), "-DFOREGROUND"]
        self._process = subprocess.Popen(
            unprivileged(command), cwd=self.directory, env=without_proxies()
        )
        try:
            eventually(self._answers, 20, "Apache answers")
            eventually(self._mlogc_listens, 20, "mlogc has started")
        except AssertionError as error:
            log = self.directory / "logs/error.log"
            said = log.read_text(errors="replace") if log.exists() else ""
            self.stop()
            raise AssertionError(f"{error}\n{said}") from error

    def request(
        self, path: str, *, client: str = "81.2.69.142", method: str = "GET", body: bytes = b""
    ) -> Answer:
        """One request from `client`."""
        return visit(self.port, path, client=client, method=method, body=body)

    def attack(self, text: str = "1' or '1'='1", *, client: str = "81.2.69.142") -> str:
        """An SQL injection that the CRS denies; gives the unique id."""
        answer = self.request(f"/?id={quote(text)}", client=client)
        assert answer.status == 403, answer
        assert answer.unique_id
        return answer.unique_id

    @property
    def waiting(self) -> list[Path]:
        """Entries on the sensor's disk: mlogc deletes each when it was acknowledged."""
        return [path for path in (self.directory / "audit").rglob("*-*") if path.is_file()]

    @property
    def mlogc_log(self) -> str:
        return (self.directory / "mlogc/error.log").read_text(errors="replace")

    def stop(self) -> None:
        """Stop Apache and its mlogc; the directory goes too."""
        self._process.send_signal(signal.SIGTERM)
        self._process.wait(30)
        shutil.rmtree(self.directory, ignore_errors=True)

    def _answers(self) -> bool:
        assert self._process.poll() is None, "Apache ended"
        try:
            return self.request("/").status == 200
        except OSError:
            return False

    def _mlogc_listens(self) -> bool:
        """An mlogc is past its StartupDelay (of two: Apache reads its configuration twice)."""
        log = self.directory / "mlogc/error.log"
        text = log.read_text(errors="replace") if log.exists() else ""
        ready = set(re.findall(r"\[(\d+)/0\] Queue file not found", text))
        return bool(ready - set(re.findall(r"\[(\d+)/0\] Caught SIGTERM", text)))
