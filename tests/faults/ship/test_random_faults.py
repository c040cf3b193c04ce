"""The shipper, its logs and its collector through random faults: nothing that was written is lost."""

import os
import random
import signal
import time
from contextlib import suppress

import pytest

from bartizan.spool.outlet import Outlet
from tests.faults.collector_process import CollectorProcess
from tests.servers.bartizan import eventually
from tests.servers.engine import Account, Engine, compare
from tests.servers.ship import Ship
from tests.servers.unsteady import Mode, UnsteadyWay
from tests.unit.receive.listener import write_snapshot

pytestmark = pytest.mark.faults

SEED = int(os.environ.get("BARTIZAN_SEED", "0")) or random.randrange(1 << 32)
STEPS = int(os.environ.get("BARTIZAN_SHIP_STEPS", "60"))


class Stage:
    """A collector, the way to it, a web server's log and a shipper; each can fail."""

    def __init__(self, directory, seed):
        self.rng = random.Random(seed)
        self.spool = directory / "collector"
        write_snapshot(self.spool, shop_1="secret")
        self.way = UnsteadyWay(self.rng)
        self.collector = CollectorProcess(self.spool)
        self.way.target = self.collector.port
        log = directory / "log"
        log.mkdir()
        self.engine = Engine(log / "audit.log", self.rng)
        url = f"http://127.0.0.1:{self.way.port}"
        self.shipper = Ship(url, "shop-1", "secret", self.engine.path)
        self.shipper.start()
        self.kills = 0

    def arrived(self):
        outlet = Outlet(self.spool)
        last = 0
        try:
            while taken := outlet.take(last, 1_000, 1 << 24):
                yield from (one.entry.raw for one in taken)
                last = taken[-1].id
        finally:
            outlet.close()

    def account(self) -> Account:
        return compare(self.engine, self.arrived())

    def restart_collector(self):
        self.collector.end(signal.SIGKILL)
        self.way.cut()
        self.collector = CollectorProcess(self.spool)
        self.way.target = self.collector.port

    def restart_shipper(self):
        self.shipper.kill()
        self.kills += 1
        self.shipper.start()

    def change_way(self):
        self.way.mode = self.rng.choice([Mode.REFUSING, Mode.BREAKING, Mode.BUSY, Mode.STEADY])
        self.way.cut()

    def settle(self):
        """All is well again: the account once everything has arrived."""
        self.engine.finish()
        self.engine.write(1)
        self.engine.finish()
        self.way.mode = Mode.STEADY
        assert self.shipper.is_running()
        self.restart_shipper()  # also ends whatever it waits for
        with suppress(AssertionError):  # the account says more
            eventually(lambda: not self.account().missing, 60, "all has arrived", every_s=0.5)
        return self.account()

    def end(self):
        self.shipper.stop()
        self.collector.end(signal.SIGTERM)
        self.way.close()
        self.engine.close()


@pytest.mark.timeout(240)
@pytest.mark.parametrize(
    "kinds",
    ["write rotate reload kill collector way pause", "write copy truncate recreate kill way pause"],
    ids=["rotated", "truncated"],
)
def test_whatever_fails_everything_that_was_written_arrives(tmp_path, kinds):
    print(f"BARTIZAN_SEED={SEED}")
    stage = Stage(tmp_path, SEED)
    steps = {
        "write": lambda: stage.engine.write(stage.rng.randint(1, 30)),
        "rotate": lambda: stage.engine.rotate(
            reload=stage.rng.random() < 0.7, compress=stage.rng.random() < 0.5
        ),
        "reload": stage.engine.reload,
        "copy": lambda: stage.engine.copytruncate(compress=stage.rng.random() < 0.5),
        "truncate": stage.engine.truncate,
        "recreate": stage.engine.delete_and_recreate,
        "kill": stage.restart_shipper,
        "collector": stage.restart_collector,
        "way": stage.change_way,
        "pause": lambda: time.sleep(stage.rng.uniform(0, 0.8)),
    }
    chosen = [*kinds.split(), *["write"] * 5, *["pause"] * 3]
    try:
        for _ in range(STEPS):
            steps[stage.rng.choice(chosen)]()
        account = stage.settle()
    finally:
        print(stage.shipper.log)
        stage.end()
    assert account.missing == []
    assert account.invented == []
    assert account.arrived > STEPS, "too little happened to prove anything"
    assert stage.kills > 0
    if "truncate" not in kinds.split():
        assert account.lost == []
