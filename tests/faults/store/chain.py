"""Spool, worker process and store together, with a feeder and an account of every entry."""

import multiprocessing
import threading
import time
from collections import Counter
from contextlib import closing
from multiprocessing.context import ForkServerProcess
from pathlib import Path

from bartizan.domain.delivery import AuditLogEntry, LetterSelection
from bartizan.domain.errors import Unavailable
from bartizan.domain.search import Search
from bartizan.kit.clock import now_us
from bartizan.spool.contract import LetterAccount
from bartizan.spool.dead_letters import DeadLetters
from bartizan.spool.journal import Journal
from bartizan.spool.outlet import Outlet
from bartizan.spool.settings import SpoolSettings
from bartizan.store.registry import open_store, upgrade_store
from tests.faults.ledger import make_entry, name_of
from tests.faults.store import worker_process

_DRAIN_S = 60
# Each worker is a process of its own, forked off one that has everything imported.
_FORKS = multiprocessing.get_context("forkserver")
_FORKS.set_forkserver_preload(["pytest", worker_process.__name__])


def exit_code(process: ForkServerProcess, timeout_s: float) -> int | None:
    """How a worker ended: -9 if by SIGKILL; None if it still runs."""
    process.join(timeout_s)
    return process.exitcode


class Chain:
    """`acknowledged` are the names of the entries that the spool has committed."""

    def __init__(self, directory: Path, url: str, sabotage: str = "") -> None:
        self.directory, self.url, self.sabotage = directory, url, sabotage
        self.is_later = False
        self.removed: list[str] = []
        self.acknowledged: list[str] = []
        upgrade_store(url)
        self._journal = Journal(directory, SpoolSettings())
        self._feeding = threading.Event()
        self._feeder = threading.Thread(target=self._feed, daemon=True)

    def start_load(self) -> None:
        self._feeding.set()
        self._feeder.start()

    def stop_load(self, at_least: int = 0) -> None:
        """Let the feeder go on until so many entries are acknowledged, then stop it."""
        deadline = time.monotonic() + _DRAIN_S
        while len(self.acknowledged) < at_least:
            assert time.monotonic() < deadline, "the feeder is stuck"
            time.sleep(0.05)
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

    def start_worker(self, point: str = "") -> ForkServerProcess:
        ready = _FORKS.Event()
        process = _FORKS.Process(
            target=worker_process.main,
            args=(str(self.directory), self.url, point, self.sabotage, ready),
            kwargs={"is_later": self.is_later},
            daemon=True,
        )
        process.start()
        assert ready.wait(60)
        return process

    def drain(self) -> None:
        """Let a worker finish what waits, then stop it as the supervisor would."""
        process = self.start_worker()
        self.wait_until_empty()
        process.terminate()
        assert exit_code(process, 20) == 0

    def wait_until_more_is_stored(self, count: int) -> int:
        """Until more than `count` transactions are stored; how many there are."""
        deadline = time.monotonic() + _DRAIN_S
        found = 0
        while found <= count:
            assert time.monotonic() < deadline, f"only {found} are stored"
            try:
                with closing(open_store(self.url)) as store:
                    found = store.count(Search()).transactions
            except Unavailable:
                time.sleep(0.2)
        return found

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

    def remove_letters(self, count: int) -> None:
        """Remove some on purpose, as an administrator would; others may revive them meanwhile."""
        box = DeadLetters(self.directory)
        for listed in box.page(LetterSelection(), None, count):
            letter = box.letter(listed.id)
            if letter and box.remove(LetterSelection(ids=(listed.id,)), 1):
                self.removed.append(name_of(letter.entry.raw))
        box.close()

    def account(self) -> LetterAccount:
        box = DeadLetters(self.directory)
        account = box.account()
        box.close()
        return account

    def wrong(self) -> list[str]:
        """Acknowledged = stored + dead + removed: nothing missing, doubled, in two, or invented."""
        stored, dead = self.stored(), self.dead()
        known = set(self.acknowledged) - set(self.removed)
        accounts = {
            "missing": known - set(stored) - set(dead),
            "doubled": {name for name, times in (stored + dead).items() if times > 1},
            "invented": (set(stored) | set(dead)) - known,
            "wrong place": {name for name in stored if name.endswith("bad") and not self.is_later},
        }
        return [f"{kind}: {sorted(names)[:8]}" for kind, names in accounts.items() if names]
