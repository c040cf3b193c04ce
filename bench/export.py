"""How an export of everything goes: `python -m bench.export [--count N] [--directory D]`.

Fills the store of a service (SQLite) with transactions (bench/volume.py), then downloads all of
them as CSV and as NDJSON over HTTP as a browser does, and counts rows, bytes and seconds, and the
most memory that the console's process ever had: before, and with each. Prints one JSON object;
exits with 1 if a row is missing, or memory grew by more than 64 MB. A directory that has the store
already is used as it is.
"""

import argparse
import json
import multiprocessing
import sys
import tempfile
import time
from contextlib import closing
from pathlib import Path
from typing import Any, Final

from bartizan.store.registry import open_store, upgrade_store
from bench.machine import facts
from tests.servers.bartizan import Api, Bartizan, running

_FORKS: Final = multiprocessing.get_context("spawn")
_MOST_GROWN_KB: Final = 64 * 1024
_READ: Final = 1 << 20
_BATCH: Final = 1000


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=100_000)
    parser.add_argument("--directory", type=Path, default=None, help="where the service lives")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        result = measure(asked.directory or Path(scratch), asked.count)
    print(json.dumps(result, indent=1))
    is_whole = all(result[kind]["rows"] == asked.count for kind in ("csv", "ndjson"))
    return 0 if is_whole and result["grown_kb"] <= _MOST_GROWN_KB else 1


def measure(directory: Path, count: int) -> dict[str, Any]:
    service = Bartizan(directory)
    file = service.data / "transactions.sqlite"
    if not file.exists():
        # In a process of its own, which takes its memory along.
        filling = _FORKS.Process(target=_fill, args=(f"sqlite:///{file}", count), daemon=True)
        filling.start()
        filling.join()
        assert filling.exitcode == 0
    with running(service):
        api = service.login()
        console = service.role_pid("console")
        _download(api, "csv", "?since=now-1s", console)  # warm
        before = most_kb(console)
        told = {kind: _download(api, kind, "", console) for kind in ("csv", "ndjson")}
    grown = told["ndjson"]["most_kb"] - before
    return {"machine": facts(), "count": count, "before_kb": before, **told, "grown_kb": grown}


def _fill(url: str, count: int) -> None:
    from bench.volume import Volume  # noqa: PLC0415 - only here: it needs much memory

    upgrade_store(url)
    with closing(open_store(url)) as store:
        for batch in Volume(count).batches(_BATCH):
            store.append(batch)


def _download(api: Api, kind: str, query: str, console: int) -> dict[str, Any]:
    connection = api.connect()
    begun = time.monotonic()
    connection.request("GET", f"/api/v1/transactions.{kind}{query}", headers={"Cookie": api.cookie})
    answer = connection.getresponse()
    rows = size = 0
    while piece := answer.read(_READ):
        rows += piece.count(b"\n")
        size += len(piece)
    seconds = time.monotonic() - begun
    connection.close()
    rows -= kind == "csv"
    return {
        "rows": rows,
        "bytes": size,
        "seconds": round(seconds, 1),
        "rows_per_s": round(rows / seconds),
        "most_kb": most_kb(console),
    }


def most_kb(pid: int) -> int:
    """The most memory that a process ever had (VmHWM)."""
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1])
    raise AssertionError("Linux says no VmHWM")


if __name__ == "__main__":
    sys.exit(main())
