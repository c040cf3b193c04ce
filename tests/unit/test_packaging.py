"""What is installed from the wheel, which needs no Node.js, no compiler and no place data."""

import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
_MIB = 1024 * 1024


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    target = tmp_path_factory.mktemp("wheel")
    options = ["-q", "--no-deps", "--no-build-isolation", "--disable-pip-version-check"]
    command = [sys.executable, "-m", "pip", "wheel", *options, "-w", str(target), str(ROOT)]
    subprocess.run(command, check=True, timeout=110, env={**os.environ, "BARTIZAN_COMPILE": "0"})
    return next(target.glob("bartizan-*.whl"))


def test_the_wheel_is_for_any_machine(wheel):
    assert wheel.name.endswith("-py3-none-any.whl")


def test_the_wheel_is_small(wheel):
    assert wheel.stat().st_size < 10 * _MIB


def test_the_wheel_holds_the_console_the_migrations_and_the_demo(wheel):
    names = zipfile.ZipFile(wheel).namelist()
    assert "bartizan/present/static/manifest.json" in names
    assert any(name.startswith("bartizan/present/static/assets/map-") for name in names)
    assert any("/migrations/" in name and name.endswith(".py") for name in names)
    assert "bartizan/app/demo_traffic/entries.msgpack.zst" in names


def test_the_wheel_holds_no_place_data_and_no_tests(wheel):
    names = zipfile.ZipFile(wheel).namelist()
    assert [name for name in names if name.endswith(".mmdb") or name.startswith("tests/")] == []
