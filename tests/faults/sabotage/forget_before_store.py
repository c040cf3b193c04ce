"""R2 broken on purpose: the spool forgets entries before the store has them."""

from bartizan.ingest.worker import Worker


class ForgetfulWorker(Worker):
    def _handle(self, entries):
        self._outlet.done([spooled.id for spooled in entries])
        super()._handle(entries)
