"""Sabotage of R1: answers 200 when the entry is in the queue, before it is on disk."""

import asyncio

from bartizan.receive import app


class HastyIntake:
    def __init__(self, intake):
        self._intake = intake
        self._futures = set()
        self.is_accepting = intake.is_accepting

    def put(self, entry):
        future = self._intake.put(entry)
        self._futures.add(future)
        future.add_done_callback(self._futures.discard)
        answered = asyncio.get_running_loop().create_future()
        answered.set_result(0)
        return answered


def collector(settings, intake, credentials):
    return app.collector(settings, HastyIntake(intake), credentials)
