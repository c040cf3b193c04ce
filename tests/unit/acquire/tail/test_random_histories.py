"""A path followed through random histories of writing, rotating and restarting, against an account."""

import random
from pathlib import Path

import pytest

from bartizan.acquire.tail.path import Tail
from tests.servers.engine import Engine, compare, make_entry

STEPS = 60


class Follower:
    """Reads as the shipper does, and can be stopped without warning."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.raws: list[bytes] = []
        self.remembered = []
        self.restart()

    def restart(self) -> None:
        self.tail = Tail(self.path, self.remembered, max_entry_bytes=1 << 20)

    def read(self, *, thoroughly: bool = False) -> None:
        self.tail.look(thoroughly=thoroughly)
        while cuts := self.tail.read():
            self.raws += [cut.raw for cut in cuts]
            self.remembered = self.tail.bookmarks()

    def read_all(self) -> None:
        for _ in range(3):
            self.read(thoroughly=True)


def live_through(tmp_path: Path, seed: int, kinds: str) -> tuple[Engine, Follower]:
    rng = random.Random(seed)
    engine = Engine(tmp_path / "audit.log", rng)
    follower = Follower(engine.path)
    for _ in range(STEPS):
        kind = rng.choice(kinds)
        if kind == "w":
            engine.write(rng.randint(1, 6))
        elif kind == "r":
            follower.read(thoroughly=rng.random() < 0.2)
        elif kind == "R":
            engine.rotate(reload=True, compress=rng.random() < 0.5)
        elif kind == "n":
            engine.rotate(reload=False, compress=False)
        elif kind == "l":
            engine.reload()
        elif kind == "c":
            engine.copytruncate(compress=rng.random() < 0.5)
        elif kind == "t":
            engine.truncate()
        elif kind == "d":
            engine.delete_and_recreate()
        elif kind == "k":
            follower.tail.close()
            follower.restart()
    engine.finish()
    follower.read_all()
    follower.tail.close()
    engine.close()
    return engine, follower


@pytest.mark.parametrize("seed", range(40))
def test_rotation_by_renaming_loses_nothing(tmp_path, seed):
    engine, follower = live_through(tmp_path, seed, "wwwwrrrRRnlk")
    account = compare(engine, follower.raws)
    assert (account.missing, account.invented, account.lost) == ([], [], [])
    assert account.arrived > 10


@pytest.mark.parametrize("seed", range(40))
def test_copying_and_truncating_loses_nothing_but_what_it_cuts(tmp_path, seed):
    engine, follower = live_through(tmp_path, seed, "wwwwrrrcck")
    account = compare(engine, follower.raws)
    assert (account.missing, account.invented, account.lost) == ([], [], [])
    assert account.arrived > 10


@pytest.mark.parametrize("seed", range(60))
def test_only_what_was_destroyed_unread_is_lost(tmp_path, seed):
    engine, follower = live_through(tmp_path, seed, "wwwwwrrrrRnlctdk")
    account = compare(engine, follower.raws)
    assert (account.missing, account.invented) == ([], [])


@pytest.mark.parametrize("seed", range(10))
def test_without_a_restart_nothing_comes_twice(tmp_path, seed):
    engine, follower = live_through(tmp_path, seed, "wwwwrrrRRcnl")
    assert compare(engine, follower.raws).doubled == 0


def test_the_account_tells_what_is_lost_and_what_is_invented(tmp_path):
    engine = Engine(tmp_path / "audit.log", random.Random(1))
    engine.write(4)
    engine.finish()
    engine.close()
    changed = make_entry(3).replace(b"127.0.0.1", b"127.0.0.2")
    account = compare(engine, [make_entry(1), make_entry(2), make_entry(2), changed])
    assert account.missing == [3, 4]
    assert account.invented == [changed[:200]]
    assert account.doubled == 1
