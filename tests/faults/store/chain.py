"""Spool, worker process and store together, with a feeder and an account of every entry."""

import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from pathlib import Path

from bartizan.domain.delivery import AuditLogEntry
from bartizan.domain.search import Search
from bartizan.kit.clock import now_us
from bartizan.spool.journal import Journal
from bartizan.spool.outlet import Outlet
from bartizan.spool.settings import SpoolSettings
from bartizan.store.registry import open_store, upgrade_store
from tests.faults.ledger import make_entry, name_of

ROOT = Path(__file__).parents[3]
_DRAIN_S = 60


class Chain:
    """`acknowledged` are the names of the entries that the spool has committed."""

    def __init__(self, directory: Path, url: str, sabotage: str = "") -> None:
        self.directory, self.url, self.sabotage = directory, url, sabotage
        self.acknowledged: list[str] = []
        upgrade_store(url)
        self._journal = Journal(directory, SpoolSettings())
        self._feeding = threading.Event()
        self._feeder = threading.Thread(target=self._feed, daemon=True)

    def start_load(self) -> None:
        self._feeding.set()
        self._feeder.start()

    def stop_load(self) -> None:
        self._feeding.clear()
        self._feeder.join()
        self._journal.close()

    def _feed(self) -> None:
        """Groups of 10, one entry in ten undecodable, every fifth sent twice."""
        number = 0
        while self._feeding.is_set():
            names = [f"e{number + n}{'bad' if n == 3 else ''}" for n in range(10)]
            self.deliver(names)
            self.deliver(names[::5])
            number += 10
            time.sleep(0.02)

    def deliver(self, names: list[str]) -> None:
        """As the collector does: what `commit` returned for is acknowledged."""
        self._journal.commit(
            [
                AuditLogEntry(sensor="web1", received_at_us=now_us(), raw=make_entry(name, 900))
                for name in names
            ]
        )
        self.acknowledged += names

    def start_worker(self, point: str = "") -> "subprocess.Popen[bytes]":
        command = [sys.executable, "-m", "tests.faults.store.worker_process"]
        arguments = [str(self.directory), self.url, point, self.sabotage]
        process = subprocess.Popen(
            [*command, *arguments], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, cwd=ROOT
        )
        assert process.stdout is not None
        assert process.stdout.readline() == b"ready\n"
        process.stdout.close()
        return process

    def drain(self) -> None:
        """Let a worker finish what waits, then stop it as the supervisor would."""
        process = self.start_worker()
        self.wait_until_empty()
        process.send_signal(signal.SIGTERM)
        assert process.wait(20) == 0

    def wait_until_empty(self) -> None:
        outlet = Outlet(self.directory)
        deadline = time.monotonic() + _DRAIN_S
        while outlet.level().entries:
            assert time.monotonic() < deadline, "the spool does not get empty"
            time.sleep(0.05)
        outlet.close()

    def stored(self) -> Counter[str]:
        """Names in the store; bytes or matches that are not as sent are named as such."""
        store = open_store(self.url)
        found: Counter[str] = Counter()
        after = 0
        while rows := store.newer(after, limit=1000):
            for row in rows:
                is_whole = row.rule_ids == (1, 2) and name_of(store.raw(row.id) or b"")
                found[row.unique_id if is_whole else f"damaged {row.unique_id}"] += 1
            after = rows[-1].id
        assert found.total() == store.count(Search()).transactions
        store.close()
        return found

    def dead(self) -> Counter[str]:
        outlet = Outlet(self.directory)
        letters = outlet.dead_letters(0, 100_000)
        outlet.close()
        assert {letter.code for letter in letters} <= {"not-an-entry"}
        return Counter(name_of(letter.entry.raw) or "damaged" for letter in letters)

    def wrong(self) -> list[str]:
        """Acknowledged = stored + dead, nothing missing, doubled, in both, or invented."""
        stored, dead = self.stored(), self.dead()
        known = set(self.acknowledged)
        accounts = {
            "missing": known - set(stored) - set(dead),
            "doubled": {name for name, times in (stored + dead).items() if times > 1},
            "invented": (set(stored) | set(dead)) - known,
            "wrong place": {name for name in stored if name.endswith("bad")},
        }
        return [f"{kind}: {sorted(names)[:8]}" for kind, names in accounts.items() if names]
