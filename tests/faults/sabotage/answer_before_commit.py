"""Sabotage of R1: answers 200 when the entry is in the queue, before it is on disk."""

import asyncio

from bartizan.receive import app


class HastyIntake:
    def __init__(self, intake):
        self._intake = intake
        self._tasks = set()
        self.is_accepting = intake.is_accepting

    async def put(self, entry):
        task = asyncio.ensure_future(self._intake.put(entry))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return 0


def collector(settings, intake, credentials):
    return app.collector(settings, HastyIntake(intake), credentials)
