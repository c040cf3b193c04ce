"""The live feed: order, resuming, slow clients, rows committed out of order."""

import asyncio
from collections.abc import Callable, Coroutine
from datetime import UTC, datetime
from typing import Any

import pytest

from bartizan.domain.clearance import Clearance
from bartizan.domain.delivery import Row
from bartizan.domain.errors import Refused, Unavailable
from bartizan.query.filters import search_text
from bartizan.query.listener import MAX_BACKLOG, Listener
from bartizan.query.live import LiveFeed
from bartizan.query.recent import RecentRows
from bartizan.query.views import RowView
from bartizan.store.memory import MemoryStore


class TwoWriters(MemoryStore):
    """Rows of which some are not committed yet."""

    def __init__(self) -> None:
        super().__init__()
        self.uncommitted: set[int] = set()

    def newer(self, after_id: int, *, limit: int = 500) -> tuple[Row, ...]:
        rows = super().newer(after_id, limit=10_000)
        return tuple(row for row in rows if row.id not in self.uncommitted)[:limit]

    def last_id(self) -> int:
        return max((row.id for row in self.newer(0, limit=10_000)), default=0)


class Watch:
    """A clock that the test turns."""

    def __init__(self) -> None:
        self.at = 1000.0

    def __call__(self) -> float:
        return self.at


@pytest.fixture
def store() -> TwoWriters:
    return TwoWriters()


@pytest.fixture
def watch() -> Watch:
    return Watch()


@pytest.fixture
def play(store, rows, watch):
    """Run a scene with a feed that polls only when the scene says so."""

    def run(scene: Callable[[LiveFeed], Coroutine[Any, Any, None]]) -> None:
        async def whole() -> None:
            feed = LiveFeed(store, rows, monotonic=watch)
            try:
                await feed.poll()
                await scene(feed)
            finally:
                feed.close()

        asyncio.run(whole())

    return run


def _ids(listener: Listener) -> list[int]:
    return [int(row.id) for row in listener.take(10_000)[1]]


def test_a_new_listener_gets_what_is_stored_from_now_on(store, play, make_record):
    store.append([make_record()])

    async def scene(feed: LiveFeed) -> None:
        async with feed.listen() as listener:
            assert not listener.is_resumed
            ids = store.append([make_record(), make_record()]).ids
            await feed.poll()
            assert _ids(listener) == list(ids)
            await feed.poll()
            assert _ids(listener) == []

    play(scene)


@pytest.mark.promise("R11")
def test_rows_committed_out_of_order_come_once_each(store, play, watch, make_record):
    async def scene(feed: LiveFeed) -> None:
        async with feed.listen() as listener:
            early, late = store.append([make_record(), make_record()]).ids
            store.uncommitted = {early}
            await feed.poll()
            assert _ids(listener) == [late]
            store.uncommitted = set()
            watch.at += 1.0
            await feed.poll()
            assert _ids(listener) == [early]
            for _ in range(10):
                watch.at += 1.0
                await feed.poll()
            assert _ids(listener) == []

    play(scene)


def test_what_is_decoded_again_is_not_sent_again(store, play, watch, make_record):
    """Reprocessing keeps the ids; only what is stored for the first time is news."""

    async def scene(feed: LiveFeed) -> None:
        async with feed.listen() as listener:
            records = [make_record() for _ in range(3)]
            ids = store.append(records).ids
            await feed.poll()
            assert _ids(listener) == list(ids)
            others = [make_record(verdict="another", raw=record.raw) for record in records]
            assert len(store.replace(list(zip(ids, others, strict=True)))) == 3
            for _ in range(3):
                watch.at += 1.0
                await feed.poll()
            assert _ids(listener) == []
            assert [row.verdict for row in store.newer(0)] == ["another"] * 3

    play(scene)


def test_a_listener_that_comes_back_goes_on_where_it_was(store, play, watch, make_record):
    async def scene(feed: LiveFeed) -> None:
        early, first, second = store.append([make_record() for _ in range(3)]).ids
        store.uncommitted = {early}
        await feed.poll()
        async with feed.listen(first) as listener:
            assert listener.is_resumed
            assert _ids(listener) == [second]
        store.uncommitted = set()
        watch.at += 1.0
        await feed.poll()
        (third,) = store.append([make_record()]).ids
        await feed.poll()
        async with feed.listen(second) as listener:
            assert _ids(listener) == [early, third]

    play(scene)


def test_a_listener_of_another_process_resumes_from_the_store(store, play, make_record):
    known = store.append([make_record()]).ids[0]
    missed = store.append([make_record() for _ in range(700)]).ids

    async def scene(feed: LiveFeed) -> None:
        async with feed.listen(known) as listener:
            since = store.append([make_record()]).ids
            await feed.poll()
            assert listener.is_resumed
            assert _ids(listener) == [*missed, *since]

    play(scene)


@pytest.mark.promise("R11")
def test_a_listener_that_was_further_at_another_console_gets_nothing_twice(
    store, play, watch, make_record
):
    """The other console asked the store a moment later than this one did."""

    async def scene(feed: LiveFeed) -> None:
        late, first, second = store.append([make_record() for _ in range(3)]).ids
        store.uncommitted = {late}
        async with feed.listen(second) as listener:
            assert listener.is_resumed
            assert listener.begins_after == second
            await feed.poll()
            assert _ids(listener) == []
            (third,) = store.append([make_record()]).ids
            await feed.poll()
            assert _ids(listener) == [third]
            store.uncommitted = set()
            watch.at += 1.0
            await feed.poll()
            assert _ids(listener) == [late]
        async with feed.listen(first) as listener:
            assert _ids(listener) == [second, third, late]

    play(scene)


def test_what_is_too_far_back_is_counted_instead(store, play, make_record):
    known = store.append([make_record()]).ids[0]
    store.append([make_record() for _ in range(MAX_BACKLOG + 1)])

    async def scene(feed: LiveFeed) -> None:
        async with feed.listen(known) as listener:
            skipped, rows = listener.take(10)
            assert not listener.is_resumed
            assert skipped > MAX_BACKLOG
            assert rows == []
            ids = store.append([make_record()]).ids
            await feed.poll()
            assert _ids(listener) == list(ids)

    play(scene)


def test_a_slow_listener_loses_what_waits_and_is_told(store, play, make_record):
    async def scene(feed: LiveFeed) -> None:
        async with feed.listen() as slow:
            for _ in range(3):
                store.append([make_record() for _ in range(900)])
                await feed.poll()
            skipped, rows = slow.take(10)
            assert (skipped, rows) == (2700, [])
            ids = store.append([make_record()]).ids
            await feed.poll()
            assert _ids(slow) == list(ids)

    play(scene)


def test_a_flood_is_skipped_rather_than_read_for_ever(store, play, watch, make_record):
    async def scene(feed: LiveFeed) -> None:
        async with feed.listen() as listener:
            store.append([make_record() for _ in range(6000)])
            await feed.poll()
            skipped, rows = listener.take(10)
            assert skipped >= 5000
            assert rows == []
            watch.at += 2.0
            ids = store.append([make_record()]).ids
            await feed.poll()
            assert _ids(listener) == list(ids)

    play(scene)


def test_run_follows_the_store_by_itself(store, rows, make_record):
    async def scene() -> None:
        feed = LiveFeed(store, rows)
        try:
            async with asyncio.TaskGroup() as tasks:
                follower = tasks.create_task(feed.run())
                async with feed.listen() as listener:
                    ids = store.append([make_record()]).ids
                    assert await listener.wait(5.0)
                    assert _ids(listener) == list(ids)
                follower.cancel()
        finally:
            feed.close()

    asyncio.run(scene())


class FlakyStore(TwoWriters):
    """Away for the first questions."""

    failures = 2

    def last_id(self) -> int:
        if self.failures:
            self.failures -= 1
            raise Unavailable("store-unavailable", "the database is away")
        return super().last_id()


def test_a_store_that_comes_back_is_followed_again(rows, make_record):
    store = FlakyStore()

    async def scene() -> None:
        feed = LiveFeed(store, rows)
        try:
            async with asyncio.TaskGroup() as tasks:
                follower = tasks.create_task(feed.run())
                async with feed.listen() as listener:
                    ids = store.append([make_record()]).ids
                    assert await listener.wait(5.0)
                    assert _ids(listener) == list(ids)
                follower.cancel()
        finally:
            feed.close()

    asyncio.run(scene())


def test_recent_rows_know_their_order_and_forget_the_oldest(rows, store, make_record):
    store.append([make_record() for _ in range(5)])
    views: tuple[RowView, ...] = rows.view(store.newer(0))
    recent = RecentRows(3)
    recent.add(views)
    assert recent.after(views[1].id) is None
    assert recent.after(views[2].id) == [*views[3:]]
    assert recent.after(views[4].id) == []
    recent.clear()
    assert recent.after(views[4].id) is None
    recent.add(views[:1])
    assert recent.after(views[0].id) == []


@pytest.mark.parametrize("text", ["status:403 host:SHOP*", "data:sleep OR status:403", "q=1"])
def test_who_listens_with_a_search_text_gets_what_fits_it(store, play, make_record, text):
    """Whether rows tell it themselves, or the store has to be asked, and again when resuming."""
    expression = search_text(text, datetime(2026, 11, 23, tzinfo=UTC))

    async def scene(feed: LiveFeed) -> None:
        async with feed.listen(expression=expression) as listener, feed.listen() as other:
            some = [make_record(), make_record(status=200, uri="/"), make_record()]
            first, unfit, last = store.append(some).ids
            await feed.poll()
            assert _ids(listener) == [first, last]
            assert _ids(other) == [first, unfit, last]
        async with feed.listen(first, expression=expression) as listener:
            assert listener.is_resumed
            assert _ids(listener) == [last]

    play(scene)


def test_who_may_not_see_payloads_cannot_listen_for_them(play):
    blind = Clearance(sees_payloads=False)

    async def scene(feed: LiveFeed) -> None:
        with pytest.raises(Refused):
            async with feed.listen(None, blind, search_text("data:x", datetime.now(UTC))):
                pass

    play(scene)
