"""Load on a real web server that remembers what it did."""

import threading
from collections.abc import Callable
from typing import Self


class Traffic:
    """Attackers that do not stop until told; knows the unique id of every attack.

    `attack` takes a client address and gives the unique id.
    """

    def __init__(self, attack: Callable[[str], str], attackers: int = 4) -> None:
        self.unique_ids: list[str] = []
        self._attack = attack
        self._stop = threading.Event()
        self._threads = [
            threading.Thread(target=self._attack_on, args=(f"81.2.69.{number + 140}",), daemon=True)
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

    def _attack_on(self, client: str) -> None:
        while not self._stop.wait(0.02):
            self.unique_ids.append(self._attack(client))
