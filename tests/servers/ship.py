"""The real `bartizan ship` beside a real sensor, in a directory of its own."""

import shutil
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

from tests.servers.account import without_proxies


class Ship:
    """A shipper that follows `paths` (a serial log, or the directory of a tree) from their beginning.

    What it keeps survives `kill` and the `start` after it; `stop` removes it. `options` are more of
    the command's own.
    """

    def __init__(
        self, url: str, sensor: str, secret: str, *paths: Path, options: tuple[str, ...] = ()
    ) -> None:
        self.directory = Path(tempfile.mkdtemp(prefix="bartizan-ship-"))
        (self.directory / "secret").write_text(secret + "\n")
        (self.directory / "secret").chmod(0o600)
        self._command = [sys.executable, "-m", "bartizan.cli.main", "ship", "--url", url]
        self._command += ["--sensor", sensor, "--secret-file", str(self.directory / "secret")]
        self._command += ["--state-directory", str(self.directory / "state")]
        self._command += [*options, *map(str, paths)]
        self._process: subprocess.Popen[bytes] | None = None

    def point_at(self, url: str) -> None:
        """The collector is elsewhere from the next start on."""
        self._command[self._command.index("--url") + 1] = url

    def share_state_of(self, other: "Ship") -> None:
        state = str(other.directory / "state")
        self._command[self._command.index("--state-directory") + 1] = state

    def start(self, **environment: str) -> None:
        """`environment` is for settings, such as `BARTIZAN_SHIP__SPOOL_MAX_BYTES`."""
        with (self.directory / "log").open("ab") as log:
            self._process = subprocess.Popen(
                self._command,
                cwd=self.directory,
                env={**without_proxies(), **environment},
                stdout=log,
                stderr=log,
            )

    @property
    def log(self) -> str:
        """Everything it printed so far."""
        return (self.directory / "log").read_text(errors="replace")

    def run(self) -> int:
        """Until it ends by itself, as with the option `--once`: its exit code."""
        self.start()
        assert self._process is not None
        return self._process.wait(60)

    def is_running(self) -> bool:
        return self._process is not None and self._process.poll() is None

    def signal(self, number: int) -> None:
        assert self._process is not None
        self._process.send_signal(number)

    def terminate(self) -> int:
        """SIGTERM, and wait for its exit code; what it kept stays."""
        self.signal(signal.SIGTERM)
        assert self._process is not None
        return self._process.wait(10)

    def memory_bytes(self, name: str = "VmRSS") -> int:
        """As /proc says; `VmHWM` is the most it ever was."""
        assert self._process is not None
        for line in Path(f"/proc/{self._process.pid}/status").read_text().splitlines():
            if line.startswith(name + ":"):
                return int(line.split()[1]) * 1024
        raise AssertionError(name)

    def kill(self) -> None:
        """SIGKILL: what a power cut leaves of the process."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()

    def stop(self) -> None:
        """SIGTERM, and wait; what it kept goes too."""
        if self._process is not None and self._process.poll() is None:
            self._process.send_signal(signal.SIGTERM)
            self._process.wait(30)
        shutil.rmtree(self.directory, ignore_errors=True)
