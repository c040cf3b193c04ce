"""Builds the web console into the package before it is packed or installed; compiles the decoders.

The built files are git-ignored artifacts. A stamp beside them, the SHA-256 of everything they are
made from, tells whether they are up to date: with a fitting stamp (a second install, or an sdist,
which carries both) no Node.js is needed. `BARTIZAN_SKIP_WEB=1` leaves the console as it is.

A wheel built where there is a C compiler also holds the decoders compiled from the very same source
files, which are then the reference and what other machines run: `BARTIZAN_COMPILE=0` leaves them
out, `BARTIZAN_COMPILE=1` fails where they cannot be had. An editable install never has them, since
they would hide what is edited.
"""

import hashlib
import os
import re
import shutil
import subprocess
import sysconfig
import tempfile
from importlib.util import find_spec
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
# What chooses among the decoders and feeds them.
_INTERPRETED = re.compile(r"__init__|contract|registry|cutting|wrappers")


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


def can_compile() -> bool:
    """Whether there are a C compiler, Python's own headers and Cython."""
    compiler = shutil.which(os.environ.get("CC", "cc"))
    header = Path(sysconfig.get_path("include"), "Python.h")
    return bool(compiler) and header.is_file() and find_spec("Cython") is not None


def compiled_modules(package: Path) -> list[Path]:
    """What is worth compiling: the formats, their grammars, and how text is made of bytes there."""
    decoders = sorted(package.glob("decode/**/*.py"))
    worth_it = [file for file in decoders if not _INTERPRETED.fullmatch(file.stem)]
    return [*worth_it, package / "kit/text.py"]


def compile_decoders(package: Path, target: Path) -> dict[str, str]:
    """Compile into `target`; which file of it belongs where in the wheel."""
    from Cython.Build import cythonize
    from setuptools import Distribution, Extension

    source = package.parent
    extensions = [
        Extension(
            ".".join(file.relative_to(source).with_suffix("").parts),
            [str(file)],
            extra_compile_args=["-O2", "-g0"],
        )
        for file in compiled_modules(package)
    ]
    distribution = Distribution(
        {
            "name": package.name,
            "ext_modules": cythonize(  # type: ignore[no-untyped-call]
                extensions, build_dir=str(target / "c"), language_level=3, quiet=True
            ),
        }
    )
    command = distribution.get_command_obj("build_ext")
    command.build_lib, command.build_temp = str(target / "lib"), str(target / "o")
    command.parallel = os.cpu_count()
    distribution.run_command("build_ext")
    built = Path(command.build_lib)
    return {str(file): str(file.relative_to(built)) for file in sorted(built.rglob("*.so"))}


class BuildHook(BuildHookInterface):  # type: ignore[type-arg]
    """Runs for wheels, editable installs and sdists alike."""

    PLUGIN_NAME = "custom"

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        self._build_console()
        if self.target_name == "wheel" and version != "editable":
            self._compile(build_data)

    def finalize(self, *_: Any) -> None:
        if self._made is not None:
            shutil.rmtree(self._made)

    _made: str | None = None

    def _compile(self, build_data: dict[str, Any]) -> None:
        wanted = os.environ.get("BARTIZAN_COMPILE")
        if wanted == "0" or (wanted != "1" and not can_compile()):
            self.app.display_info("The decoders are not compiled")
            return
        self._made = tempfile.mkdtemp(prefix="bartizan-compile-")
        compiled = compile_decoders(Path(self.root, "src/bartizan"), Path(self._made))
        build_data["force_include"].update(compiled)
        build_data["pure_python"] = False
        build_data["infer_tag"] = True

    def _build_console(self) -> None:
        web, static = Path(self.root, "web"), Path(self.root, _STATIC)
        if os.environ.get("BARTIZAN_SKIP_WEB") == "1":
            self.app.display_info("BARTIZAN_SKIP_WEB=1: the web console is left as it is")
        elif is_up_to_date(web, static):
            self.app.display_info("The web console is up to date")
        else:
            build_console(web, static)
