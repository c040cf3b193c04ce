"""`make bench-stores`: each store filled with a month of transactions, then asked everything.

    python -m bench.store_sizes sqlite:////var/tmp/big.sqlite=10000000 mysql://...=2000000

Prints and writes, as each part ends, bench/store_sizes.json and a section of docs/performance.md:
rates, sizes, latencies. A store that holds a part of the records already (of this benchmark and no
others) is filled from there on, so a run that was stopped goes on. Memory is that of one batch.
"""

import argparse
import contextlib
import json
import multiprocessing
import statistics
import sys
import time
from datetime import timedelta
from multiprocessing.synchronize import Event
from pathlib import Path
from typing import Any, Final

from bartizan.domain.search import Search
from bartizan.store.contract import Store
from bartizan.store.registry import open_store, upgrade_store
from bench import machine, report
from bench.bytes_stored import bytes_stored
from bench.questions import Question, questions
from bench.volume import UNTIL, Volume

ROOT: Final = Path(__file__).parents[1]
RESULTS: Final = ROOT / "bench/store_sizes.json"
_BATCH: Final = 4000  # the worker's, while it catches up
_SMALL_BATCH: Final = 200
_TOLD_EVERY_S: Final = 5.0
Outcome = dict[str, Any]


def main() -> None:
    options = _options()
    outcome: Outcome = {"machine": machine.facts(), "stores": {}}
    for text in options.stores:
        url, _, count = text.rpartition("=")
        name = f"{url.partition(':')[0]}, {int(count):,}"
        measured = outcome["stores"][name] = {"count": int(count)}
        for part in _measure(url, int(count), options):
            measured.update(part)
            _write(outcome, options)
    print(render(outcome))


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench.store_sizes", description=__doc__)
    parser.add_argument("stores", nargs="+", metavar="URL=COUNT", help="of an empty database")
    parser.add_argument("--rounds", type=int, default=3, help="of every question")
    parser.add_argument("--busy", type=int, default=20, help="seconds of storing while asked")
    parser.add_argument("--sql-parts", action="store_true", help="as the setting store.sql_parts")
    parser.add_argument("--dry", action="store_true", help="write nothing but to the screen")
    return parser.parse_args()


def _measure(url: str, count: int, options: argparse.Namespace) -> Any:
    """Parts of the outcome, in the order in which they are known."""
    upgrade_store(url)
    store = _open(url, options)
    try:
        yield _filled(store, count)
        yield {"bytes": bytes_stored(url, count)}
        yield {"questions": _asked(store, count, options.rounds)}
        yield {"busy": _busy(url, store, count, options)}
    finally:
        store.close()


def _open(url: str, options: argparse.Namespace) -> Store:
    return open_store(url, sql_parts=options.sql_parts)


def _filled(store: Store, count: int) -> Outcome:
    """Stores what is missing. Rates are of `append` alone: making records is not the store's."""
    held = store.count(Search()).transactions
    volume = Volume(count)
    raw_bytes = matches = stored = 0
    in_append = 0.0
    told_at = began = time.monotonic()
    slices: list[tuple[int, float]] = []
    for batch in volume.batches(_BATCH, start=held):
        start = time.perf_counter()
        store.append(batch)
        in_append += time.perf_counter() - start
        stored += len(batch)
        raw_bytes += sum(len(one.raw) for one in batch)
        matches += sum(len(one.transaction.matches) for one in batch)
        slices.append((len(batch), time.perf_counter() - start))
        if time.monotonic() - told_at > _TOLD_EVERY_S or held + stored == count:
            told_at = time.monotonic()
            _tell(held + stored, count, stored / in_append, stored / (told_at - began))
    last = slices[-max(1, len(slices) // 10) :]
    return {
        "filled_now": stored,
        "raw_bytes_mean": raw_bytes / stored if stored else _raw_mean(volume, count),
        "matches_mean": matches / stored if stored else None,
        "per_second": stored / in_append if stored else None,
        "per_second_at_the_end": sum(n for n, _ in last) / sum(s for _, s in last)
        if last
        else None,
    }


def _raw_mean(volume: Volume, count: int) -> float:
    step = max(1, count // 2000)
    return statistics.mean(len(volume.record(number).raw) for number in range(0, count, step))


def _tell(held: int, count: int, rate: float, overall: float) -> None:
    left_s = (count - held) / overall
    print(
        f"\r{held:12,} of {count:,}  {rate:8,.0f}/s stored  {left_s / 60:6.1f} min left ",
        end="\n" if held == count else "",
        file=sys.stderr,
        flush=True,
    )


def _asked(store: Store, count: int, rounds: int) -> dict[str, Outcome]:
    """Milliseconds of each question."""
    answers = {}
    for question in questions(store, Volume(count), count, UNTIL):
        answers[question.name] = timed(question, rounds)
        figures = answers[question.name]
        print(
            f"{question.name:36} p50 {figures['p50_ms']:9.2f} ms  p95 {figures['p95_ms']:9.2f} ms"
            f"  (CPU {figures['cpu_p95_ms']:8.2f})"
            f"  {figures.get('failed', '')}",
            file=sys.stderr,
            flush=True,
        )
    return answers


def timed(question: Question, rounds: int) -> Outcome:
    """A question that the store stops for its length counts with the time it took.

    CPU time is of this process: all there is of SQLite, and nothing of a server.
    """
    times: list[float] = []
    own: list[float] = []
    failed = ""
    for _ in range(rounds):
        for ask in question.asked:
            start, began = time.perf_counter(), time.process_time()
            try:
                ask()
            except Exception as error:  # noqa: BLE001 - it is told in the table
                failed = str(error)
            times.append((time.perf_counter() - start) * 1e3)
            own.append((time.process_time() - began) * 1e3)
    times.sort()
    own.sort()
    told: Outcome = {
        "goal_ms": question.goal_ms,
        "p50_ms": statistics.median(times),
        "p95_ms": _p95(times),
        "cpu_p95_ms": _p95(own),
        "most_ms": times[-1],
        "asked": len(times),
    }
    return told | ({"failed": failed} if failed else {})


def _p95(times: list[float]) -> float:
    return times[min(len(times) - 1, int(len(times) * 0.95))]


def _busy(url: str, store: Store, count: int, options: argparse.Namespace) -> Outcome:
    """How fast new transactions are stored while one client asks without a pause."""
    spawn = multiprocessing.get_context("spawn")
    rates = {}
    later = Volume(10_000_000, seed=2, days=1, until=UNTIL + timedelta(days=1))
    batches = later.batches(_SMALL_BATCH, start=store.last_id() % 5_000_000)
    for name, is_asked in (("alone", False), ("while asked", True)):
        stop = spawn.Event()
        asking = spawn.Process(target=_ask_on, args=(url, count, stop), daemon=True)
        if is_asked:
            asking.start()
            time.sleep(2.0)  # it starts and finds its place
        stored, spent, until = 0, 0.0, time.monotonic() + options.busy
        while time.monotonic() < until:
            batch = next(batches)
            start = time.perf_counter()
            store.append(batch)
            spent += time.perf_counter() - start
            stored += len(batch)
        rates[name] = stored / spent
        stop.set()
        if is_asked:
            asking.join(60)
    return {"batch": _SMALL_BATCH, "per_second": rates}


def _ask_on(url: str, count: int, stop: Event) -> None:
    store = open_store(url)
    asked = questions(store, Volume(count), count, UNTIL)
    while True:
        for question in asked:
            for ask in question.asked:
                with contextlib.suppress(Exception):
                    ask()
                if stop.is_set():
                    return


def _write(outcome: Outcome, options: argparse.Namespace) -> None:
    if options.dry:
        return
    RESULTS.write_text(json.dumps(outcome, indent=1) + "\n")
    report.write(ROOT / "docs/performance.md", render(outcome), "stores")


def render(outcome: Outcome) -> str:
    """The tables in Markdown; what is not known yet is left empty."""
    stores: dict[str, Outcome] = outcome["stores"]
    lines = ["| | |", "| --- | --- |"]
    lines += [f"| {name} | {value} |" for name, value in outcome["machine"].items()]
    lines += ["", _row("", stores), "| --- |" + " ---: |" * len(stores)]
    lines += [_figures(name, stores, figure) for name, figure in _FIGURES]
    lines += ["", _row("p95, ms", stores, "goal"), "| --- | ---: |" + " ---: |" * len(stores)]
    names = dict.fromkeys(name for one in stores.values() for name in one.get("questions", {}))
    for name in names:
        answers = [one.get("questions", {}).get(name) for one in stores.values()]
        goal = next(answer["goal_ms"] for answer in answers if answer)
        cells = [_cell(answer) for answer in answers]
        lines.append(f"| {name} | {goal:.0f} | " + " | ".join(cells) + " |")
    return "\n".join(lines) + "\n"


def _row(first: str, stores: dict[str, Outcome], *more: str) -> str:
    return "| " + " | ".join([first, *more, *stores]) + " |"


def _cell(answer: Outcome | None) -> str:
    if answer is None:
        return ""
    text = f"{answer['p95_ms']:,.1f}"
    if "failed" in answer:
        return f"**{text}**, stopped"
    return text if answer["p95_ms"] < answer["goal_ms"] else f"**{text}**"


def _figures(name: str, stores: dict[str, Outcome], figure: Any) -> str:
    cells = []
    for one in stores.values():
        try:
            cells.append(figure(one))
        except (KeyError, TypeError):
            cells.append("")
    return f"| {name} | " + " | ".join(cells) + " |"


def _share(one: Outcome) -> str:
    share = one["bytes"]["all"] / one["raw_bytes_mean"] / one["count"]
    return f"{share:.1%}" if share <= 0.35 else f"**{share:.1%}**"


_FIGURES: Final = (
    ("stored/s, batches of 4,000", lambda one: f"{one['per_second']:,.0f}"),
    ("stored/s, the last tenth", lambda one: f"{one['per_second_at_the_end']:,.0f}"),
    ("stored/s, batches of 200", lambda one: f"{one['busy']['per_second']['alone']:,.0f}"),
    ("the same while asked", lambda one: f"{one['busy']['per_second']['while asked']:,.0f}"),
    ("rule matches each", lambda one: f"{one['matches_mean']:.2f}"),
    ("raw bytes each", lambda one: f"{one['raw_bytes_mean']:,.0f}"),
    ("stored bytes each", lambda one: f"{one['bytes']['all'] / one['count']:,.0f}"),
    ("stored of raw (goal: 35 %)", _share),
)


if __name__ == "__main__":
    main()
