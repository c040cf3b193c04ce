"""Runs the programs that come with a database."""

import shutil
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import IO, Final

from bartizan.domain.errors import Misconfigured, Unavailable

_WORDS: Final = 500


def found(names: Sequence[str], package: str) -> str:
    """The first of these programs that is installed."""
    for name in names:
        if program := shutil.which(name):
            return program
    known = " or ".join(names)
    raise Misconfigured("no-program", f"{known} is not installed: it comes with {package}")


def run(
    command: Sequence[str],
    *,
    environment: Mapping[str, str],
    reads: Path | None = None,
    writes: IO[bytes] | None = None,
) -> None:
    """Run to the end. No shell, nothing secret among the arguments."""
    with open(reads, "rb") if reads else open("/dev/null", "rb") as source:
        done = subprocess.run(  # noqa: S603 - a program of the database, found on PATH
            command,
            stdin=source,
            stdout=writes or subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            env=dict(environment),
            check=False,
        )
    if done.returncode:
        words = done.stderr.decode("utf-8", "replace").strip()[-_WORDS:]
        name = Path(command[0]).name
        raise Unavailable("backup-failed", f"{name} ended with {done.returncode}: {words}")
