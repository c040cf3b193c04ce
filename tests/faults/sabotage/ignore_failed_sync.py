"""Sabotage of R7: a commit that failed is taken for one that did not."""

from bartizan.domain.errors import Unavailable
from bartizan.receive import app


class CarelessIntake:
    def __init__(self, intake):
        self._intake = intake
        self.is_accepting = intake.is_accepting

    async def put(self, entry):
        try:
            return await self._intake.put(entry)
        except Unavailable:
            return 0


def collector(settings, intake, credentials):
    return app.collector(settings, CarelessIntake(intake), credentials)
