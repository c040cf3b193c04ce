"""Whether the stores answer."""

from bartizan.domain.errors import BartizanError
from bartizan.store.contract import Store
from bartizan.store.control import ControlStore


class Health:
    """Blocking; thread-safe."""

    def __init__(self, control: ControlStore, store: Store) -> None:
        self._control = control
        self._store = store

    def is_store_ok(self) -> bool:
        try:
            self._store.last_id()
        except BartizanError:
            return False
        return True

    def is_ready(self) -> bool:
        """Whether both the transactions and people's accounts can be read."""
        try:
            self._control.state("readiness")
        except BartizanError:
            return False
        return self.is_store_ok()
