"""The real logrotate, by renaming and by copying, while a shipper follows: nothing is missing."""

import random
import shutil
import subprocess
from pathlib import Path

import pytest

from bartizan.spool.outlet import Outlet
from tests.faults.collector_process import CollectorProcess
from tests.servers.bartizan import eventually
from tests.servers.engine import Account, Engine, compare
from tests.servers.ship import Ship
from tests.unit.receive.listener import write_snapshot

pytestmark = [
    pytest.mark.peers,
    pytest.mark.skipif(shutil.which("logrotate") is None, reason="logrotate is not installed"),
]
ROUNDS = 6
_LOGROTATE = """\
{log} {{
    rotate 20
    {options}
}}
"""


def rotate(directory: Path, log: Path, options: str) -> None:
    """As Debian's daily job would, now."""
    configuration = directory / "logrotate.conf"
    configuration.write_text(_LOGROTATE.format(log=log, options=options))
    configuration.chmod(0o600)
    state = directory / "logrotate.state"
    command = ["logrotate", "--force", "--state", str(state), str(configuration)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def account(engine: Engine, spool: Path) -> Account:
    outlet = Outlet(spool)
    try:
        return compare(engine, [one.entry.raw for one in outlet.take(0, 100_000, 1 << 30)])
    finally:
        outlet.close()


@pytest.mark.promise("R1")
@pytest.mark.parametrize(
    "options",
    [
        "create\n    compress\n    delaycompress",
        "create\n    compress",
        "copytruncate\n    compress",
    ],
    ids=["create, delaycompress", "create, compress", "copytruncate"],
)
def test_nothing_is_missing_whatever_logrotate_does(tmp_path: Path, options: str) -> None:
    spool = tmp_path / "collector"
    write_snapshot(spool, shop_1="secret")
    (tmp_path / "log").mkdir()
    engine = Engine(tmp_path / "log" / "audit.log", random.Random(7))
    with CollectorProcess(spool) as collector:
        url = f"http://127.0.0.1:{collector.port}"
        shipper = Ship(url, "shop-1", "secret", engine.path)
        try:
            shipper.start()
            for number in range(ROUNDS):
                engine.write(40)
                if "delaycompress" not in options:
                    engine.finish()  # half of it would be in a file that is no more
                rotate(tmp_path, engine.path, options)
                if "delaycompress" in options:
                    engine.write(10)  # to the renamed file
                if "copytruncate" not in options:
                    engine.reload()
                if number % 2:
                    shipper.kill()
                    shipper.start()
            engine.finish()
            eventually(lambda: not account(engine, spool).missing, 45, "all has arrived", 0.5)
            last = account(engine, spool)
        finally:
            shipper.stop()
            engine.close()
    assert last.missing == last.invented == last.lost == []
    assert last.arrived == len(engine.written) > 200
