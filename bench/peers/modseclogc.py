"""modseclogc, the only parser of audit logs among Python's packages that installs today.

It cuts ModSecurity 2 native logs into parts and reads nothing in them, so it is measured twice: as
it is, and with the rules' fields taken from its part H by the regular expression that scripts use.
"""

import subprocess
import sys
from pathlib import Path

import msgspec

from bench.reading import Reading

VERSION = "0.1.0"
NAME = f"modseclogc {VERSION}, Python"
_PROGRAM = Path(__file__).with_name("modseclogc_program.py")


class Modseclogc:
    """Installed in `directory`, which is made."""

    def __init__(self, directory: Path) -> None:
        self._python = directory / "bin/python"
        subprocess.run([sys.executable, "-m", "venv", str(directory)], check=True)
        install = ["-m", "pip", "install", "-q", "--disable-pip-version-check"]
        # Its last release names no setuptools, and its dependencies need one with pkg_resources.
        needs = ("setuptools<81", "wheel")
        subprocess.run([self._python, *install, *needs], check=True)
        flags = ("--no-build-isolation",)
        subprocess.run([self._python, *install, *flags, f"modseclogc=={VERSION}"], check=True)

    def read(self, log: Path, *, rules: bool) -> Reading:
        command = [
            str(self._python),
            "-I",
            str(_PROGRAM),
            str(log),
            *(["--rules"] if rules else []),
        ]
        done = subprocess.run(command, capture_output=True, check=True)
        return msgspec.json.decode(done.stdout, type=Reading, strict=False)
