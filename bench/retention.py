"""Whether sensors notice retention: `python -m bench.retention [--count N] [--rate R]`.

Fills the store of a service with transactions of two months ago (bench/volume.py), then sends
entries at a constant rate as sensors do: first while nothing is removed, then while a run removes
all of the old ones. A request is sent when its time has come, whatever became of those before it,
and its time counts from then: waiting that the collector causes is not left out. The criterion of
the project is `--count 1000000 --rate 500`, with the 99th percentile while removing within twice
the idle one. Prints one JSON object; exits with 1 if that is not so or anything was lost.
"""

import argparse
import asyncio
import json
import multiprocessing
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

from bartizan.kit.ids import first_id_at
from bartizan.store.contract import KeptRecord
from bartizan.store.registry import open_store, upgrade_store
from bench.entries import Template, templates
from bench.machine import facts
from tests.servers.bartizan import Api, Bartizan, eventually, running

_FORKS: Final = multiprocessing.get_context("spawn")
_CONNECTIONS: Final = 32
_BATCH: Final = 1000
_AGE: Final = timedelta(days=60)


class Load:
    """Sends at `rate` a second until told to stop; `times_s` are the waits for each answer."""

    def __init__(self, port: int, rate: float) -> None:
        self._port = port
        self._rate = rate
        self._templates: list[Template] = templates()
        self._stop = threading.Event()
        self.times_s: list[float] = []
        self.refused = 0
        self.sent = 0

    def during(self, work: Callable[[], Any]) -> Any:
        """Send for as long as the work takes; gives what it gives."""
        self.times_s, self._stop = [], threading.Event()
        thread = threading.Thread(target=lambda: asyncio.run(self._send_all()), daemon=True)
        thread.start()
        try:
            return work()
        finally:
            self._stop.set()
            thread.join(60)

    async def _send_all(self) -> None:
        turns: asyncio.Queue[float | None] = asyncio.Queue()
        senders = [asyncio.create_task(self._sender(turns)) for _ in range(_CONNECTIONS)]
        due = time.monotonic()
        while not self._stop.is_set():
            turns.put_nowait(due)
            due += 1 / self._rate
            await asyncio.sleep(max(0.0, due - time.monotonic()))
        for _ in senders:
            turns.put_nowait(None)
        await asyncio.gather(*senders)

    async def _sender(self, turns: "asyncio.Queue[float | None]") -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", self._port)
        while (due := await turns.get()) is not None:
            self.sent += 1
            template = self._templates[self.sent % len(self._templates)]
            writer.write(template.request(b"%027d" % self.sent))
            head = await reader.readuntil(b"\r\n\r\n")
            length = int(head.lower().partition(b"content-length:")[2].split(b"\r\n")[0])
            await reader.readexactly(length)
            self.times_s.append(time.monotonic() - due)
            self.refused += not head.startswith(b"HTTP/1.1 200")
        writer.close()


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=100_000)
    parser.add_argument("--rate", type=float, default=500)
    parser.add_argument("--idle-s", type=float, default=30)
    parser.add_argument("--directory", type=Path, default=None, help="where the service lives")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        result = measure(asked.directory or Path(scratch), asked.count, asked.rate, asked.idle_s)
    print(json.dumps(result, indent=1))
    return 0 if result["is_within_twice"] and not result["missing"] and not result["refused"] else 1


def measure(directory: Path, count: int, rate: float, idle_s: float) -> dict[str, Any]:
    settings = {"retention": {"transactions": "30d", "interval_s": 86_400}}
    service = Bartizan(directory, settings=settings)
    url = f"sqlite:///{service.data}/transactions.sqlite"
    # In a process of its own, which takes its memory along.
    filling = _FORKS.Process(target=_fill, args=(url, count), daemon=True)
    filling.start()
    filling.join()
    with running(service):
        api = service.login()
        eventually(lambda: api.get("/api/v1/retention")["runs"], 60, "the first run", every_s=1)
        load = Load(service.collector_port, rate)
        load.during(lambda: time.sleep(5))  # warm
        load.during(lambda: time.sleep(idle_s))
        idle = _percentiles(load.times_s)
        before = _newest_run(api)
        run, seconds = load.during(lambda: _removed(api, before))
        removing = _percentiles(load.times_s)
        eventually(lambda: api.backlog() == 0, 600, "everything is stored", every_s=0.5)
        stored = api.stored()
    return {
        "machine": facts(),
        "count": count,
        "rate": rate,
        "idle": idle,
        "removing": removing,
        "is_within_twice": removing["p99_ms"] <= 2 * idle["p99_ms"],
        "removed": run["transactions"],
        "removing_s": round(seconds, 1),
        "removed_per_s": round(run["transactions"] / seconds),
        "given_back_bytes": run["given_back_bytes"],
        "refused": load.refused,
        "missing": load.sent + count - run["transactions"] - stored,
    }


def _fill(url: str, count: int) -> None:
    from bench.volume import Volume  # noqa: PLC0415 - only here: it needs much memory

    upgrade_store(url)
    until = datetime.now(UTC) - _AGE
    with closing(open_store(url)) as store:
        for batch in Volume(count, until=until).batches(_BATCH):
            store.restore(
                [
                    KeptRecord(
                        id=first_id_at(record.received_at_us) + number,
                        record=record,
                        size_bytes=len(record.raw),
                    )
                    for number, record in enumerate(batch)
                ]
            )


def _newest_run(api: Api) -> int:
    return int(api.get("/api/v1/retention")["runs"][0]["id"])


def _removed(api: Api, before: int) -> tuple[dict[str, Any], float]:
    """A run that was asked for, once it is over, and how long it took."""
    begun = time.monotonic()
    api.post("/api/v1/retention/run", {"trusts_clock": True})
    while True:
        newest = api.get("/api/v1/retention")["runs"][0]
        if newest["id"] > before and newest["outcome"] != "running":
            return newest, time.monotonic() - begun
        time.sleep(1)


def _percentiles(times_s: list[float]) -> dict[str, float]:
    ordered = sorted(times_s)
    at = {f"p{p}_ms": ordered[min(len(ordered) - 1, len(ordered) * p // 100)] for p in (50, 95, 99)}
    return {"requests": len(ordered)} | {name: round(s * 1000, 1) for name, s in at.items()}


if __name__ == "__main__":
    sys.exit(main())
