"""A wheel with compiled decoders: it holds them, and they pass the tests of the interpreted ones."""

import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SAME_TESTS = ("tests/unit/decode", "tests/contract/test_decoders.py")
COMPILED = (
    "bartizan.decode.boundary",
    "bartizan.decode.metadata",
    "bartizan.decode.formats.modsecurity2_native",
    "bartizan.kit.text",
)

pytestmark = [pytest.mark.compiled, pytest.mark.timeout(900)]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    """A wheel as it is made where there is a C compiler."""
    target = tmp_path_factory.mktemp("wheel")
    options = ["-q", "--no-deps", "--no-build-isolation", "--disable-pip-version-check"]
    command = [sys.executable, "-m", "pip", "wheel", *options, "-w", str(target), str(ROOT)]
    subprocess.run(command, check=True, env={**os.environ, "BARTIZAN_COMPILE": "1"})
    return next(target.glob("bartizan-*.whl"))


@pytest.fixture(scope="module")
def environment(wheel, tmp_path_factory):
    """What lets a Python find the wheel's modules before those of the checkout."""
    target = tmp_path_factory.mktemp("unpacked")
    zipfile.ZipFile(wheel).extractall(target)
    return {**os.environ, "PYTHONPATH": str(target), "PYTHONDONTWRITEBYTECODE": "1"}


def test_the_wheel_is_for_this_python_only_and_still_small(wheel):
    assert "none-any" not in wheel.name
    assert wheel.stat().st_size < 10 * 1024 * 1024


def test_what_runs_from_the_wheel_is_compiled(environment):
    program = (
        "import importlib, sys; print(*(importlib.import_module(n).__file__ for n in sys.argv[1:]))"
    )
    command = [sys.executable, "-c", program, *COMPILED]
    said = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    files = said.stdout.split()
    assert len(files) == len(COMPILED)
    assert [file for file in files if not file.endswith(".so")] == []


def test_the_compiled_decoders_pass_the_tests_of_the_interpreted_ones(environment):
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *SAME_TESTS]
    done = subprocess.run(
        command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout[-4000:]
