"""CrowdSec, which reads the ModSecurity lines of error logs with the grok patterns of its hub.

It is taken from Debian's package without being installed, and reads one file from beginning to end.
Its local API, which it insists on logging in to, is a stand-in that agrees to everything.
"""

import http.server
import json
import os
import re
import shutil
import subprocess
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from bench.reading import Reading

_PACKAGE = "crowdsec"
_PARSERS = (
    "s00-raw/crowdsecurity/syslog-logs",
    "s01-parse/crowdsecurity/modsecurity",
    "s02-enrich/crowdsecurity/dateparse-enrich",
)
_RULE_ID = re.compile(rb'^    ruleid: "(\d+)"$', re.MULTILINE)
_COPIES = 3


class CrowdSec:
    """Unpacked in `directory`, which is made. `name` tells its version."""

    def __init__(self, directory: Path) -> None:
        directory.mkdir()
        self._directory = directory
        subprocess.run(
            ["apt-get", "-qq", "-o", "APT::Sandbox::User=root", "download", _PACKAGE],
            cwd=directory,
            check=True,
        )
        package = next(directory.glob("*.deb"))
        self.name = f"CrowdSec {package.name.split('_')[1].split('-')[0]}, Go"
        subprocess.run(["dpkg-deb", "-x", str(package), "."], cwd=directory, check=True)
        hub = directory / "usr/share/crowdsec/hub"
        for parser in _PARSERS:
            stage = directory / "config/parsers" / parser.partition("/")[0]
            stage.mkdir(parents=True)
            shutil.copy(hub / f"parsers/{parser}.yaml", stage)
        (directory / "config/scenarios").mkdir()
        shutil.copytree(directory / "etc/crowdsec/patterns", directory / "config/patterns")
        shutil.copy(directory / "etc/crowdsec/simulation.yaml", directory / "config")
        for name in ("data", "log"):
            (directory / name).mkdir()

    def read(self, log: Path) -> Reading:
        """The rate is of the CPU time beyond that of reading an empty file, in one go."""
        nothing = self._directory / "empty.log"
        nothing.write_bytes(b"")
        many = self._directory / "many.log"
        many.write_bytes(log.read_bytes() * _COPIES)
        lines = many.read_bytes().count(b"\n")
        with _agreeable_api() as port:
            self._configure(port)
            took = self._cpu_seconds(many) - self._cpu_seconds(nothing)
            ids = self._rule_ids(log)
        return Reading(
            entries=lines // _COPIES,
            rule_ids={int(one): count for one, count in ids.items()},
            per_second=lines / took,
        )

    def _configure(self, port: int) -> None:
        here = self._directory
        (here / "api.yaml").write_text(f"url: http://127.0.0.1:{port}/\nlogin: x\npassword: y\n")
        (here / "acquis.yaml").write_text("")
        (here / "config.yaml").write_text(
            json.dumps(
                {
                    "common": {"daemonize": False, "log_media": "file", "log_dir": f"{here}/log"},
                    "config_paths": {
                        "config_dir": f"{here}/config",
                        "data_dir": f"{here}/data",
                        "simulation_path": f"{here}/config/simulation.yaml",
                        "hub_dir": f"{here}/usr/share/crowdsec/hub",
                        "index_path": f"{here}/usr/share/crowdsec/hub/.index.json",
                    },
                    "crowdsec_service": {
                        "acquisition_path": f"{here}/acquis.yaml",
                        "parser_routines": 1,
                    },
                    "db_config": {"type": "sqlite", "db_path": f"{here}/data/crowdsec.db"},
                    "api": {
                        "client": {"credentials_path": f"{here}/api.yaml"},
                        "server": {"enable": False},
                    },
                    "prometheus": {"enabled": False},
                }
            )
        )

    def _cpu_seconds(self, log: Path, *options: str) -> float:
        command = [f"{self._directory}/usr/bin/crowdsec", "-c", f"{self._directory}/config.yaml"]
        command += ["-dsn", f"file://{log}", "-type", "modsecurity", "-no-api", *options]
        before = os.times()
        subprocess.run(command, check=True, capture_output=True)
        after = os.times()
        return (after.children_user + after.children_system) - (
            before.children_user + before.children_system
        )

    def _rule_ids(self, log: Path) -> Counter[bytes]:
        """The rule ids it found, in a run of its own that writes down all it made of the log."""
        dump = self._directory / "dump"
        dump.mkdir(exist_ok=True)
        self._cpu_seconds(log, "-dump-data", str(dump))
        return Counter(_RULE_ID.findall((dump / "bucketpour-dump.yaml").read_bytes()))


class _Agreeable(http.server.BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        self.rfile.read(int(self.headers.get("Content-Length") or 0))
        body = b'{"code": 200, "expire": "2099-01-01T00:00:00Z", "token": "x"}'
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        pass


@contextmanager
def _agreeable_api() -> Iterator[int]:
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), _Agreeable)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield server.server_port
    finally:
        server.shutdown()
        server.server_close()
