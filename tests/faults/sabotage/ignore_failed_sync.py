"""Sabotage of R7: a commit that failed is taken for one that did not."""

import asyncio

from bartizan.receive import app


class CarelessIntake:
    def __init__(self, intake):
        self._intake = intake
        self.is_accepting = intake.is_accepting

    def put(self, entry):
        answered = asyncio.get_running_loop().create_future()

        def tell(future):
            answered.set_result(0 if future.exception() else future.result())

        self._intake.put(entry).add_done_callback(tell)
        return answered


def collector(settings, intake, credentials):
    return app.collector(settings, CarelessIntake(intake), credentials)
