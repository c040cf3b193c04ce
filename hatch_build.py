"""Builds the web console into the package before it is packed or installed.

The built files are git-ignored artifacts. A stamp beside them, the SHA-256 of everything they are
made from, tells whether they are up to date: with a fitting stamp (a second install, or an sdist,
which carries both) no Node.js is needed. `BARTIZAN_SKIP_WEB=1` leaves the console as it is.
"""

import hashlib
import os
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

OLDEST_NODE = 20
_INPUTS = (
    "package.json",
    "package-lock.json",
    ".npmrc",
    "tsconfig.json",
    "build.mjs",
    "land.mjs",
    "src/**/*",
)
_STATIC = Path("src/bartizan/present/static")
_STAMP = "stamp"


def fingerprint(web: Path) -> str:
    """SHA-256 over names and contents of all that the built console depends on."""
    files = {file for pattern in _INPUTS for file in web.glob(pattern) if file.is_file()}
    digest = hashlib.sha256()
    for file in sorted(files):
        content = file.read_bytes()
        digest.update(f"{file.relative_to(web).as_posix()}\0{len(content)}\0".encode())
        digest.update(content)
    return digest.hexdigest()


def is_up_to_date(web: Path, static: Path) -> bool:
    stamp = static / _STAMP
    return (
        (static / "manifest.json").is_file()
        and stamp.is_file()
        and stamp.read_text().strip() == fingerprint(web)
    )


def _tool(name: str) -> str:
    found = shutil.which(name)
    if found is None:
        raise RuntimeError(
            f"Building the web console needs Node.js >= {OLDEST_NODE} with npm, and there is no "
            f"`{name}` on the PATH. Install it, or install Bartizan from a wheel, or set "
            "BARTIZAN_SKIP_WEB=1 to go without the console."
        )
    return found


def _check_node(node: str) -> None:
    said = subprocess.run([node, "--version"], capture_output=True, text=True, check=True).stdout
    version = re.match(r"v(\d+)", said)
    if version is None or int(version[1]) < OLDEST_NODE:
        raise RuntimeError(
            f"Building the web console needs Node.js >= {OLDEST_NODE}, this is {said.strip()}."
        )


def build_console(web: Path, static: Path) -> None:
    """Install the pinned tools without running their scripts, then build and stamp."""
    npm, node = _tool("npm"), _tool("node")
    _check_node(node)
    subprocess.run([npm, "ci", "--ignore-scripts", "--loglevel=error"], cwd=web, check=True)
    subprocess.run([node, "build.mjs"], cwd=web, check=True, stdout=subprocess.DEVNULL)
    (static / _STAMP).write_text(f"{fingerprint(web)}\n")


class ConsoleBuildHook(BuildHookInterface):  # type: ignore[type-arg]
    """Runs for wheels, editable installs and sdists alike."""

    PLUGIN_NAME = "custom"

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:  # noqa: ARG002
        web, static = Path(self.root, "web"), Path(self.root, _STATIC)
        if os.environ.get("BARTIZAN_SKIP_WEB") == "1":
            self.app.display_info("BARTIZAN_SKIP_WEB=1: the web console is left as it is")
        elif is_up_to_date(web, static):
            self.app.display_info("The web console is up to date")
        else:
            build_console(web, static)
