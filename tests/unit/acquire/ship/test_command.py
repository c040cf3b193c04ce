"""`bartizan ship` on the command line, without a collector."""

import subprocess
import sys
import tomllib

import pytest
from click.testing import CliRunner

from bartizan.acquire.ship.settings import ShipSettings
from bartizan.app.ship_configuration import ENGINES, ship_configuration
from bartizan.cli.main import program

_LOADED = """
import sys
import bartizan.cli.main, bartizan.cli.ship, bartizan.app.roles.ship
heavy = {"sqlalchemy", "fastapi", "starlette", "uvicorn", "alembic", "rich", "pygments"}
print(sorted(heavy & set(sys.modules)))
"""


def test_the_shipper_loads_neither_a_store_nor_a_web_framework():
    done = subprocess.run(
        [sys.executable, "-c", _LOADED], capture_output=True, text=True, check=True
    )
    assert done.stdout == "[]\n"


@pytest.mark.parametrize("engine", ENGINES)
def test_the_configuration_is_complete_and_the_shippers_part_is_read_by_it(engine):
    result = CliRunner().invoke(program, ["ship", "--print-config", engine, "--sensor", "web-1"])
    assert result.exit_code == 0
    for word in ("SecAuditLogType", "[ship]", 'sensor = "web-1"', "bartizan-ship"):
        assert word in result.output
    begin = result.output.index("[ship]")
    content = tomllib.loads(result.output[begin:].partition("\n\n")[0])
    settings = ShipSettings(**content["ship"])
    assert settings.files or settings.trees
    log = settings.files[0] if settings.files else str(settings.trees[0])
    assert result.output.count(log) >= 2


def test_only_serial_logs_are_rotated():
    texts = {engine: ship_configuration(engine, ShipSettings()) for engine in ENGINES}
    rotated = {engine for engine, text in texts.items() if "logrotate" in text}
    assert rotated == {"nginx", "coraza", "apache"}


@pytest.mark.parametrize(
    ("options", "missing"),
    [
        ([], "ship.sensor"),
        (["--sensor", "web-1"], "ship.secret_file"),
        (["--sensor", "web-1", "--secret-file", "{secret}"], "ship.url"),
        (
            ["--sensor", "web-1", "--secret-file", "{secret}", "--url", "http://127.0.0.1:1"],
            "ship.files",
        ),
    ],
)
def test_what_is_missing_is_named(tmp_path, monkeypatch, options, missing):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "secret").write_text("s\n")
    words = [word.format(secret=tmp_path / "secret") for word in options]
    command = [sys.executable, "-m", "bartizan.cli.main", "ship", *words]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert missing in done.stderr
