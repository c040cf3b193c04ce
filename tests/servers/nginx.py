"""Real nginx with libmodsecurity 3 and the CRS, everything in one directory.

Runs as an unprivileged account also when the tests run as root. The lines for the engine are those
of its own recommended configuration, the audit log's those of docs/formats.md.
"""

import shutil
import signal
import subprocess
from pathlib import Path
from urllib.parse import quote

from tests.servers.account import own, sensor_directory, unprivileged, without_proxies
from tests.servers.audit_log import AuditLog
from tests.servers.bartizan import eventually, free_port
from tests.servers.error_log import Witness, witness
from tests.servers.visitor import Answer, visit

NGINX = """\
load_module /usr/lib/nginx/modules/ngx_http_modsecurity_module.so;
daemon off;
worker_processes 2;
pid {directory}/run/nginx.pid;
error_log {directory}/logs/error.log info;
events {{ worker_connections 64; }}
http {{
  access_log off;
  client_body_temp_path {directory}/tmp/body;
  proxy_temp_path {directory}/tmp/proxy;
  fastcgi_temp_path {directory}/tmp/fastcgi;
  uwsgi_temp_path {directory}/tmp/uwsgi;
  scgi_temp_path {directory}/tmp/scgi;
  set_real_ip_from 127.0.0.1;
  real_ip_header X-Forwarded-For;
  server {{
    listen 127.0.0.1:{port};
    root {directory}/htdocs;
    add_header X-Unique-Id $request_id always;
    modsecurity on;
    modsecurity_transaction_id $request_id;
    modsecurity_rules_file {directory}/modsecurity.conf;
  }}
}}
"""

MODSECURITY = """\
SecRuleEngine {engine}
SecRequestBodyAccess On
SecTmpDir {directory}/tmp
SecDataDir {directory}/tmp
SecUnicodeMapFile /etc/modsecurity/unicode.mapping 20127
SecAuditEngine RelevantOnly
SecAuditLogRelevantStatus "^(?:5|4(?!04))"
SecAuditLogParts ABIJDEFHZ
{audit_log}
Include /etc/modsecurity/crs/crs-setup.conf
Include /usr/share/modsecurity-crs/rules/*.conf
"""


class Nginx:
    """One web server with a WAF. `engine` is On (it denies) or DetectionOnly; times are UTC.

    With `authority`, a certificate, it runs where that is the system's only authority, which only
    root can arrange.
    """

    def __init__(
        self, audit_log: AuditLog, *, engine: str = "On", authority: Path | None = None
    ) -> None:
        self._authority = authority
        self.directory = sensor_directory()
        self.port = free_port()
        (self.directory / "htdocs/index.html").write_text("hello\n")
        (self.directory / "modsecurity.conf").write_text(
            MODSECURITY.format(
                directory=self.directory,
                engine=engine,
                audit_log=audit_log.directives(self.directory),
            )
        )
        (self.directory / "nginx.conf").write_text(
            NGINX.format(directory=self.directory, port=self.port)
        )
        own(self.directory)
        self._start()

    def request(
        self, path: str, *, client: str = "81.2.69.142", method: str = "GET", body: bytes = b""
    ) -> Answer:
        """One request from `client`."""
        return visit(self.port, path, client=client, method=method, body=body)

    def attack(self, text: str = "1' or '1'='1", *, client: str = "81.2.69.142") -> Witness:
        """An SQL injection; gives what the error log says of it.

        Not on `/`: nginx's redirect to its index would let every rule run, and be logged, twice.
        """
        answer = self.request(f"/index.html?id={quote(text)}", client=client)
        found = witness(self.error_log, answer.unique_id)
        assert found.is_denied == (answer.status == 403), answer
        return found

    @property
    def audit_log(self) -> Path:
        """The serial audit log; of a parallel one its index."""
        return self.directory / "logs/audit.log"

    @property
    def audit_tree(self) -> Path:
        """The directory of a parallel audit log."""
        return self.directory / "audit"

    @property
    def error_log(self) -> str:
        log = self.directory / "logs/error.log"
        return log.read_text(errors="replace") if log.exists() else ""

    def reload(self) -> None:
        """SIGHUP: new workers with the configuration read anew."""
        before = self._workers()
        self._process.send_signal(signal.SIGHUP)
        eventually(lambda: not before & self._workers(), 20, "new workers")

    def restart(self) -> None:
        """End it when all requests are answered, and start it again on the same port."""
        self._process.send_signal(signal.SIGQUIT)
        self._process.wait(30)
        self._start()

    def stop(self) -> None:
        """Stop nginx; the directory goes too."""
        self._process.send_signal(signal.SIGTERM)
        self._process.wait(30)
        shutil.rmtree(self.directory, ignore_errors=True)

    def _start(self) -> None:
        command = ["/usr/sbin/nginx", "-e", f"{self.directory}/logs/error.log"]
        command += ["-p", str(self.directory), "-c", f"{self.directory}/nginx.conf"]
        command = unprivileged(command)
        if self._authority is not None:
            mounted = 'mount --bind "$0" /etc/ssl/certs/ca-certificates.crt && exec "$@"'
            private = ["unshare", "--mount", "sh", "-c", mounted, str(self._authority)]
            command = [*private, *command]
        self._process = subprocess.Popen(
            command, cwd=self.directory, env={**without_proxies(), "TZ": "UTC"}
        )
        try:
            eventually(self._answers, 20, "nginx answers")
        except AssertionError as error:
            said = self.error_log
            self.stop()
            raise AssertionError(f"{error}\n{said}") from error

    def _workers(self) -> set[str]:
        pid = self._process.pid
        return set(Path(f"/proc/{pid}/task/{pid}/children").read_text().split())

    def _answers(self) -> bool:
        assert self._process.poll() is None, "nginx ended"
        try:
            return self.request("/").status == 200
        except OSError:
            return False
