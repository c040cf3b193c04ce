"""A real OpenID Connect provider: the certified npm package oidc-provider."""

import os
import signal
import subprocess
from pathlib import Path

from tests.servers.bartizan import free_port
from tests.servers.node import node

_DIRECTORY = Path(__file__).parent / "oidc_provider"
CLIENT_SECRET = "a secret: with/odd+signs%"
PASSWORD = "provider"


def is_installed() -> bool:
    return (_DIRECTORY / "node_modules/oidc-provider").exists()


class OidcProvider:
    """People are those of `people.json`; `console_url` is where they may be sent back to."""

    def __init__(self, console_url: str) -> None:
        self.port = free_port()
        self.issuer = f"http://127.0.0.1:{self.port}"
        self._console_url = console_url
        self._process: subprocess.Popen[bytes] | None = None

    def serve(self, console_url: str) -> None:
        """Name the console before the start."""
        self._console_url = console_url

    def start(self) -> None:
        self._process = subprocess.Popen(
            [node(), "provider.mjs", str(self.port), self._console_url],
            cwd=_DIRECTORY,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            start_new_session=True,  # Node.js from a wheel runs below a program in Python
        )
        assert self._process.stdout is not None
        assert self._process.stdout.readline() == b"ready\n"

    def stop(self) -> None:
        if self._process is not None:
            os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait()
            if self._process.stdout is not None:
                self._process.stdout.close()
            self._process = None
