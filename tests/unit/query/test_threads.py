"""Bounded threads: slow work is told off, and does not starve the rest."""

import asyncio
import contextvars
import threading

import pytest

from bartizan.domain.errors import Unavailable
from bartizan.query.threads import BoundedThreads


def _run(scene) -> None:
    asyncio.run(scene())


@pytest.mark.promise("R12")
def test_what_takes_too_long_is_answered_in_time():
    let_go = threading.Event()

    async def scene() -> None:
        threads = BoundedThreads("test", count=1, limit_s=0.05)
        try:
            with pytest.raises(Unavailable) as refused:
                await threads.run(let_go.wait)
            assert refused.value.code == "too-slow"
        finally:
            let_go.set()
            threads.close()

    _run(scene)


def test_the_line_is_bounded_and_drains():
    let_go = threading.Event()

    async def scene() -> None:
        threads = BoundedThreads("test", count=1, waiting=1, limit_s=5)
        async with asyncio.TaskGroup() as tasks:
            waiting = [tasks.create_task(threads.run(let_go.wait)) for _ in range(2)]
            await asyncio.sleep(0)
            with pytest.raises(Unavailable) as refused:
                await threads.run(let_go.wait)
            assert refused.value.code == "busy"
            let_go.set()
        assert [task.result() for task in waiting] == [True, True]
        assert await threads.run(lambda: 7) == 7
        threads.close()

    _run(scene)


def test_the_callers_context_goes_along():
    request = contextvars.ContextVar("request", default="none")

    async def scene() -> None:
        threads = BoundedThreads("test", count=1)
        request.set("r1")
        assert await threads.run(request.get) == "r1"
        threads.close()

    _run(scene)


def test_errors_come_back_as_they_are():
    async def scene() -> None:
        threads = BoundedThreads("test", count=1)
        with pytest.raises(ZeroDivisionError):
            await threads.run(lambda: 1 // 0)
        threads.close()

    _run(scene)
