"""How fast a store is moved: `python -m bench.store_copy [--count N] [KIND ...]`.

Fills a SQLite store with realistic transactions (bench/volume.py), has `bartizan store copy` move
them through a chain of stores, and compares the last with the first: every raw entry byte by byte,
every decoded transaction, 10,000 of their pages, the rows, and the answers to questions. The
criterion of the project is
`--count 1000000 sqlite mariadb opensearch sqlite`, which is what is done without arguments but with
20,000. Servers are private ones, as in the tests. Exits with 1 if anything differs.
"""

import argparse
import itertools
import json
import multiprocessing
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

from bartizan.domain.search import Facet, Search
from bartizan.domain.sensor_health import Slice
from bartizan.store.contract import KeptRecord, Store
from bartizan.store.registry import open_store, upgrade_store
from tests.servers.mariadb import MariaDb
from tests.servers.opensearch import OpenSearch
from tests.servers.postgresql import Postgresql

_CHAIN: Final = ("sqlite", "mariadb", "opensearch", "sqlite")
_SERVERS: Final[dict[str, type[MariaDb | Postgresql | OpenSearch]]] = {
    "mariadb": MariaDb,
    "postgresql": Postgresql,
    "opensearch": OpenSearch,
}
_FORKS: Final = multiprocessing.get_context("spawn")
_BATCH: Final = 1000
_PAGES: Final = 10_000
_SINCE: Final = datetime(2026, 10, 1, tzinfo=UTC)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=20_000)
    parser.add_argument("--directory", type=Path, default=None, help="where the files go")
    parser.add_argument("kinds", nargs="*", default=_CHAIN)
    asked = parser.parse_args()
    with ExitStack() as stack:
        directory = asked.directory or Path(stack.enter_context(tempfile.TemporaryDirectory()))
        urls = [
            stack.enter_context(_url(kind, directory / f"{number}.sqlite"))
            for number, kind in enumerate(asked.kinds)
        ]
        # In a process of its own: the peak of a process counts for those it starts.
        filling = _FORKS.Process(target=_fill, args=(urls[0], asked.count), daemon=True)
        filling.start()
        filling.join()
        if filling.exitcode:
            return 1
        for source, target in itertools.pairwise(urls):
            _copy(source, target, directory)
        wrong = _differences(urls[0], urls[-1], max(1, asked.count // _PAGES))
    for line in wrong[:20]:
        print(f"DIFFERS  {line}")
    print("equal" if not wrong else f"{len(wrong)} differences")
    return 1 if wrong else 0


@contextmanager
def _url(kind: str, file: Path) -> Iterator[str]:
    if kind == "sqlite":
        yield f"sqlite:///{file}"
        return
    server = _SERVERS[kind]()
    try:
        server.start()
        yield server.url("bartizan")
    finally:
        server.stop()


def _fill(url: str, count: int) -> None:
    from bench.volume import Volume  # noqa: PLC0415 - only here: it needs much memory

    upgrade_store(url)
    begun = time.monotonic()
    with closing(open_store(url)) as store:
        for batch in Volume(count).batches(_BATCH):
            store.append(batch)
    seconds = time.monotonic() - begun
    print(f"filled with {count:,} in {seconds:,.0f} s ({count / seconds:,.0f}/s)", flush=True)


def _copy(source: str, target: str, directory: Path) -> None:
    command = ["bartizan.cli.main", "store", "copy", "env:FROM", "env:TO", "--json"]
    variables = {"FROM": source, "TO": target, "BARTIZAN_DATA_DIRECTORY": str(directory / "data")}
    begun = time.monotonic()
    with tempfile.TemporaryFile() as output:
        process = subprocess.Popen(
            [sys.executable, "-m", *command], env=os.environ | variables, stdout=output
        )
        _, _, used = os.wait4(process.pid, 0)
        seconds = time.monotonic() - begun
        output.seek(0)
        told = json.load(output)
    count = told["source"]["transactions"]
    kinds = " -> ".join(url.partition(":")[0] for url in (source, target))
    print(
        f"{kinds}: {count:,} copied and compared in {seconds:,.0f} s ({count / seconds:,.0f}/s), "
        f"{used.ru_utime + used.ru_stime:,.0f} s of processor, "
        f"at most {used.ru_maxrss / 1024:,.0f} MB, equal: {told['is_equal']}",
        flush=True,
    )


def _differences(first_url: str, last_url: str, step: int) -> list[str]:
    with closing(open_store(first_url)) as first, closing(open_store(last_url)) as last:
        wrong = []
        pairs = zip(_all(first), _all(last), strict=True)
        for number, (one, other) in enumerate(pairs):
            if one != other:
                wrong.append(f"transaction {one.id}")
            elif number % step == 0 and (
                first.get(one.id) != last.get(one.id) or first.raw(one.id) != last.raw(one.id)
            ):
                wrong.append(f"the page of transaction {one.id}")
        answers = zip(_answers(first), _answers(last), strict=True)
        wrong += [f"question {number}" for number, (a, b) in enumerate(answers) if a != b]
    return wrong


def _all(store: Store) -> Iterator[KeptRecord]:
    after = 0
    while (page := store.records(after_id=after, limit=_BATCH)).records:
        yield from page.records
        after = page.position


def _answers(store: Store) -> Iterator[Any]:
    yield store.page(Search(), limit=200).rows
    yield [store.facet(Search(since=_SINCE), facet, limit=100) for facet in Facet]
    yield store.histogram(Search(since=_SINCE), width=timedelta(hours=1))
    yield store.map_cells(Search())
    yield store.last_seen()
    yield [store.sensor_activity(_SINCE, slices) for slices in Slice]
    yield store.sensor_traits()
    yield store.sensor_defects(_SINCE)


if __name__ == "__main__":
    sys.exit(main())
