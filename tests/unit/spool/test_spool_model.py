"""The spool against a model of two dictionaries, over random histories with crashes."""

import asyncio
import hashlib
import shutil
import tempfile
from pathlib import Path

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from bartizan.domain.delivery import AuditLogEntry, LetterSelection
from bartizan.spool.dead_letters import DeadLetters
from bartizan.spool.intake import Intake
from bartizan.spool.outlet import Outlet
from bartizan.spool.settings import SpoolSettings

SIZES = st.sampled_from([0, 1, 4_096, 5_000, 10_240])  # below, at and above a page
CODES = st.sampled_from(["not-an-entry", "too-deep"])


class SpoolMachine(RuleBasedStateMachine):
    """What was put and neither done nor buried is there, in order, also after a crash."""

    @initialize()
    def start(self):
        self.root = Path(tempfile.mkdtemp())
        self.directory = self.root / "spool"
        self.runner = asyncio.Runner()
        self.intake = Intake(self.directory, SpoolSettings(min_free_bytes=0))
        self.outlet = Outlet(self.directory)
        self.box = DeadLetters(self.directory)
        self.spooled: dict[int, bytes] = {}
        self.dead: dict[tuple[bytes, str], bytes] = {}
        self.last_id = 0
        self.crashes = 0

    def _note(self, entry_id: int, raw: bytes) -> None:
        assert entry_id > self.last_id
        self.last_id = entry_id
        self.spooled[entry_id] = raw

    @rule(sizes=st.lists(SIZES, min_size=1, max_size=8))
    def put(self, sizes):
        raws = [bytes(size) for size in sizes]

        async def together():
            return await asyncio.gather(
                *(
                    self.intake.put(AuditLogEntry(sensor="s", received_at_us=1, raw=raw))
                    for raw in raws
                )
            )

        for entry_id, raw in zip(self.runner.run(together()), raws, strict=True):
            self._note(entry_id, raw)

    @rule(data=st.data())
    def done(self, data):
        ids = data.draw(st.lists(st.integers(1, self.last_id + 1), max_size=6))
        self.outlet.done(ids)
        for entry_id in ids:
            self.spooled.pop(entry_id, None)

    @rule(data=st.data(), code=CODES)
    def bury(self, data, code):
        ids = data.draw(st.lists(st.integers(1, self.last_id + 1), max_size=4))
        self.outlet.bury([(entry_id, code, "detail") for entry_id in ids])
        for entry_id in ids:
            if entry_id in self.spooled:
                raw = self.spooled.pop(entry_id)
                self.dead[hashlib.sha256(raw).digest(), code] = raw

    @rule(raw=SIZES.map(bytes), code=CODES)
    def set_aside(self, raw, code):
        self.outlet.set_aside(AuditLogEntry(sensor="s", received_at_us=1, raw=raw), code, "detail")
        self.dead[hashlib.sha256(raw).digest(), code] = raw

    def _choose(self, data):
        """Letters that fit a selection, oldest first, and the selection."""
        letters = self.outlet.dead_letters(0, 100)
        ids = data.draw(st.lists(st.integers(1, 30), max_size=3).map(tuple))
        code = data.draw(st.none() | CODES)
        until = data.draw(st.none() | st.integers(0, 30))
        fitting = [
            one
            for one in letters
            if (not ids or one.id in ids)
            and (code is None or one.code == code)
            and (until is None or one.id <= until)
        ]
        selection = LetterSelection(ids=ids, code=code, until_id=until, sensor="s")
        assert self.box.count(selection) == len(fitting)
        heads = self.box.page(selection, None, 100)
        assert [one.id for one in heads] == [one.id for one in reversed(fitting)]
        assert [one.head for one in heads] == [one.entry.raw[:256] for one in reversed(fitting)]
        limit = data.draw(st.integers(1, 4))
        return fitting[:limit], selection, limit

    @rule(data=st.data())
    def revive(self, data):
        letters, selection, limit = self._choose(data)
        assert self.box.revive(selection, limit) == len(letters)
        for letter in letters:
            del self.dead[hashlib.sha256(letter.entry.raw).digest(), letter.code]
        newest = self.outlet.take(self.last_id, 100, 1 << 40)
        assert [one.entry.raw for one in newest] == [letter.entry.raw for letter in letters]
        for one in newest:
            self._note(one.id, one.entry.raw)

    @rule(data=st.data())
    def remove(self, data):
        letters, selection, limit = self._choose(data)
        assert self.box.remove(selection, limit) == len(letters)
        for letter in letters:
            del self.dead[hashlib.sha256(letter.entry.raw).digest(), letter.code]

    @rule()
    def crash(self):
        """Nobody closes anything: both sides open what a power cut would have left."""
        self.crashes += 1
        left = self.root / f"left-{self.crashes}"
        left.mkdir()
        for name in ("spool.sqlite", "spool.sqlite-wal"):
            if (self.directory / name).exists():
                shutil.copy(self.directory / name, left / name)
        self.runner.run(self.intake.close())
        self.outlet.close()
        self.box.close()
        self.directory = left
        self.intake = Intake(left, SpoolSettings(min_free_bytes=0))
        self.outlet = Outlet(left)
        self.box = DeadLetters(left)

    @invariant()
    def the_spool_is_the_model(self):
        if not hasattr(self, "outlet"):
            return
        taken = self.outlet.take(0, 1_000, 1 << 40)
        assert {one.id: one.entry.raw for one in taken} == self.spooled
        assert [one.id for one in taken] == sorted(self.spooled)
        letters = self.outlet.dead_letters(0, 1_000)
        assert sorted((one.code, one.entry.raw) for one in letters) == sorted(
            (code, raw) for (_, code), raw in self.dead.items()
        )
        level = self.outlet.level()
        assert (level.entries, level.dead_letters) == (len(self.spooled), len(self.dead))
        account = self.box.account()
        assert account.letters == len(self.dead)
        assert account.size_bytes == sum(map(len, self.dead.values()))
        assert account.buried + account.aside == account.letters + account.revived + account.removed
        assert sum(kind.letters for kind in self.box.kinds()) == account.letters
        assert account.waiting + account.again <= account.revived

    def teardown(self):
        if hasattr(self, "outlet"):
            self.runner.run(self.intake.close())
            self.outlet.close()
            self.box.close()
            self.runner.close()
            shutil.rmtree(self.root)


TestSpool = SpoolMachine.TestCase
TestSpool.settings = settings(max_examples=25, stateful_step_count=20, deadline=None)
