"""A real haproxy with the configuration of docs/operate.md, on loopback ports."""

import re
import shutil
import socket
import subprocess
from collections.abc import Mapping
from pathlib import Path

from tests.servers.bartizan import eventually
from tests.servers.shippers import adapted

_PAGE = Path(__file__).parents[2] / "docs" / "operate.md"


def is_installed() -> bool:
    return shutil.which("haproxy") is not None


def documented() -> str:
    """The configuration as the page has it."""
    (block,) = re.findall(r"```haproxy\n(.*?)```", _PAGE.read_text(), re.DOTALL)
    return str(block)


class Haproxy:
    """One running balancer; `replacements` are the addresses and files of this machine."""

    def __init__(self, directory: Path, replacements: Mapping[str, str]) -> None:
        self._log = directory / "haproxy.log"
        configuration = directory / "haproxy.cfg"
        configuration.write_text(adapted(documented(), replacements))
        self._command = ["haproxy", "-db", "-f", str(configuration)]
        self._process: subprocess.Popen[bytes] | None = None

    def start(self, port: int) -> None:
        """Until it listens on this port, one of those of the replacements."""
        with self._log.open("wb") as log:
            self._process = subprocess.Popen(self._command, stdout=log, stderr=log)
        eventually(lambda: self._listens(port), 10, "haproxy listens")

    def _listens(self, port: int) -> bool:
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
        except OSError:
            assert self._process is not None
            assert self._process.poll() is None, self._log.read_text()
            return False
        return True

    def stop(self) -> None:
        if self._process is not None:
            self._process.terminate()
            try:
                self._process.wait(10)
            finally:
                self._process.kill()
                self._process = None
