"""`make bench`: Bartizan beside the 2016 recipe, interleaved rounds, medians, one table.

Writes bench/results.json (every single measurement) and the table in docs/performance.md.
"""

import argparse
import json
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable
from functools import partial
from importlib import import_module
from pathlib import Path
from statistics import mean
from typing import Any

from bench import machine, report
from bench.entries import Template, lua, templates
from bench.measure import Load, fixed_pace, full_speed
from bench.targets import Target, all_targets

ROOT = Path(__file__).parents[1]
SUSTAINED_CONNECTIONS = 64
PACE_PER_SECOND, PACE_CONNECTIONS = 500, 64
PATIENCE_S = 600.0

# Target name -> kind of load -> one dictionary of figures per round.
Results = dict[str, dict[str, list[dict[str, float]]]]


def main() -> None:
    options = _options()
    began = time.monotonic()
    facts = machine.facts()
    chosen = templates()
    decode = _decode_rate()
    with tempfile.TemporaryDirectory(prefix="bartizan-bench-") as name:
        directory = Path(name)
        directory.chmod(0o755)  # php-fpm's children are not root
        script = directory / "templates.lua"
        script.write_text(lua(chosen))
        with all_targets(directory) as targets:
            results = _rounds(targets, script, chosen, options)
    outcome: dict[str, Any] = {
        "machine": facts,
        "entries": {"count": len(chosen), "mean_bytes": mean(t.size_bytes for t in chosen)},
        "options": vars(options),
        "minutes": round((time.monotonic() - began) / 60, 1),
        "decode_per_second": decode,
        "results": results,
    }
    (ROOT / "bench/results.json").write_text(json.dumps(outcome, indent=1) + "\n")
    text = report.render(outcome)
    report.write(ROOT / "docs/performance.md", text, "bench")
    print(text)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench.run", description=__doc__)
    parser.add_argument("--rounds", type=int, default=3, help="of everything, interleaved")
    parser.add_argument("--seconds", type=int, default=5, help="of each short load")
    parser.add_argument("--sustained", type=int, default=12, help="seconds at 64 connections")
    return parser.parse_args()


def _rounds(
    targets: list[Target], script: Path, chosen: list[Template], options: argparse.Namespace
) -> Results:
    results: Results = defaultdict(lambda: defaultdict(list))
    short, long = options.seconds, options.sustained
    loads: dict[str, Callable[[int], Load]] = {
        "c1": partial(full_speed, script, connections=1, seconds=short),
        "c10": partial(full_speed, script, connections=10, seconds=short),
        "c64": partial(full_speed, script, connections=SUSTAINED_CONNECTIONS, seconds=long),
        "paced": partial(
            fixed_pace,
            chosen,
            per_second=PACE_PER_SECOND,
            connections=PACE_CONNECTIONS,
            seconds=long,
        ),
    }
    steps = [(t, kind) for _ in range(options.rounds) for kind in loads for t in targets]
    for number, (target, kind) in enumerate(steps, 1):
        figures = _measure(target, loads[kind])
        results[target.name][kind].append(figures)
        print(
            f"[{number}/{len(steps)}] {target.name:22} {kind:6}"
            f" {figures['acknowledged_per_second']:8,.0f}/s acknowledged"
            f" {figures['stored_per_second']:8,.0f}/s stored"
            f"  p50 {figures['p50_ms']:6.2f} ms  p99 {figures['p99_ms']:6.2f} ms"
            f"  {figures['cpu_us']:5.0f} us CPU",
            file=sys.stderr,
            flush=True,
        )
    return results


def _measure(target: Target, load: Callable[[int], Load]) -> dict[str, float]:
    """One load, and the wait until all of it can be found in the store."""
    stored_before, cpu_before = target.stored(), target.cpu()
    began = time.monotonic()
    seen = load(target.port)
    _wait_until_stored(target, stored_before + seen.acknowledged)
    elapsed = time.monotonic() - began
    if seen.failed:
        raise RuntimeError(f"{target.name}: {seen.failed} requests were not answered 200")
    return {
        "acknowledged": seen.acknowledged,
        "acknowledged_per_second": seen.per_second,
        "stored_per_second": seen.acknowledged / elapsed,
        "p50_ms": seen.p50_ms,
        "p99_ms": seen.p99_ms,
        "cpu_us": (target.cpu() - cpu_before) / seen.acknowledged * 1e6,
    }


def _wait_until_stored(target: Target, expected: int) -> None:
    deadline = time.monotonic() + PATIENCE_S
    while (stored := target.stored()) < expected:
        if time.monotonic() > deadline:
            raise RuntimeError(f"{target.name}: {expected - stored} entries never arrived")
        time.sleep(0.1)


def _decode_rate() -> float | None:
    """Entries per second of one core, by bench/decode.py."""
    try:
        return float(import_module("bench.decode").entries_per_second())
    except ModuleNotFoundError:
        return None


if __name__ == "__main__":
    main()
