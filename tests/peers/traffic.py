"""Load on a real Apache that remembers what it did."""

import threading
from typing import Self

from tests.servers.apache import Apache


class Traffic:
    """Attackers that do not stop until told; knows the unique id of every attack."""

    def __init__(self, apache: Apache, attackers: int = 4) -> None:
        self.unique_ids: list[str] = []
        self._stop = threading.Event()
        self._threads = [
            threading.Thread(target=self._attack, args=(apache, number))
            for number in range(attackers)
        ]

    def __enter__(self) -> Self:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_exception: object) -> None:
        self._stop.set()
        for thread in self._threads:
            thread.join()

    def _attack(self, apache: Apache, number: int) -> None:
        while not self._stop.wait(0.02):
            self.unique_ids.append(apache.attack(client=f"81.2.69.{number + 140}"))
