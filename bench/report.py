"""The result table, and its place in docs/performance.md."""

from pathlib import Path
from statistics import median
from typing import Any

RECIPE, SQLITE, MARIADB = "recipe in PHP, MariaDB", "Bartizan, SQLite", "Bartizan, MariaDB"
PACED_P99_MS = 100.0
DECODE_PER_SECOND = 25_000


def render(outcome: dict[str, Any]) -> str:
    """Tables and goals in Markdown."""
    sections = [
        _machine(outcome),
        _table(outcome["results"]),
        _goals(outcome),
    ]
    return "\n\n".join(sections) + "\n"


def write(page: Path, text: str, name: str) -> None:
    """Put `text` between the page's two markers of that name."""
    begin, end = f"<!-- {name}:begin -->", f"<!-- {name}:end -->"
    before, _, rest = page.read_text().partition(begin)
    after = rest.partition(end)[2]
    page.write_text(f"{before}{begin}\n\n{text}\n{end}{after}")


def _median(outcome: dict[str, Any], target: str, load: str, figure: str) -> float:
    return float(median(one[figure] for one in outcome[target][load]))


def _machine(outcome: dict[str, Any]) -> str:
    entries = outcome["entries"]
    rows = [f"| {name} | {value} |" for name, value in outcome["machine"].items()]
    rows += [
        f"| Entries | {entries['count']} different, mean {entries['mean_bytes']:,.0f} bytes |",
        f"| Rounds | {outcome['options']['rounds']}, interleaved; medians below |",
    ]
    return "\n".join(["| | |", "| --- | --- |", *rows])


def _table(results: dict[str, Any]) -> str:
    rows = [
        f"| | {RECIPE} | {SQLITE} | ratio | {MARIADB} | ratio |",
        "| --- | ---: | ---: | ---: | ---: | ---: |",
    ]
    lines = [
        (f"acknowledged/s, {n} connection{'s' * (n > 1)}", f"c{n}", "acknowledged_per_second", 0)
        for n in (1, 10, 64)
    ]
    lines.append(("**stored and queryable/s, sustained**", "c64", "stored_per_second", 0))
    lines += [
        (f"acknowledge {quantile}, {n} connection{'s' * (n > 1)}, ms", f"c{n}", f"{quantile}_ms", 2)
        for n in (1, 10, 64)
        for quantile in ("p50", "p99")
    ]
    lines += [
        ("acknowledge p50 at 500/s, ms", "paced", "p50_ms", 2),
        ("acknowledge p99 at 500/s, ms", "paced", "p99_ms", 2),
        ("CPU per entry, 10 connections, us", "c10", "cpu_us", 0),
        ("CPU per entry, 64 connections, us", "c64", "cpu_us", 0),
        ("CPU per entry at 500/s, us", "paced", "cpu_us", 0),
    ]
    for label, load, figure, places in lines:
        recipe, sqlite, mariadb = (
            _median(results, name, load, figure) for name in (RECIPE, SQLITE, MARIADB)
        )
        rows.append(
            f"| {label} | {recipe:,.{places}f} | {sqlite:,.{places}f} | {sqlite / recipe:.2f}"
            f" | {mariadb:,.{places}f} | {mariadb / recipe:.2f} |"
        )
    return "\n".join(rows)


def _goals(outcome: dict[str, Any]) -> str:
    results = outcome["results"]

    def ratio(target: str, load: str, figure: str) -> float:
        return _median(results, target, load, figure) / _median(results, RECIPE, load, figure)

    goals = [
        ("acknowledged at 64 connections", 6.0, SQLITE, "c64", "acknowledged_per_second"),
        ("acknowledged at 10 connections", 3.0, SQLITE, "c10", "acknowledged_per_second"),
        ("stored and queryable, sustained", 2.0, SQLITE, "c64", "stored_per_second"),
        ("stored and queryable, sustained", 1.2, MARIADB, "c64", "stored_per_second"),
    ]
    rows = ["| goal | measured | reached |", "| --- | ---: | --- |"]
    for label, goal, target, load, figure in goals:
        got = ratio(target, load, figure)
        rows.append(
            f"| {label}, {target}: at least {goal:g} times the recipe | {got:.2f} |"
            f" {answer(got >= goal)} |"
        )
    for target in (SQLITE, MARIADB):
        p99 = _median(results, target, "paced", "p99_ms")
        rows.append(
            f"| acknowledge p99 at 500/s, {target}: under {PACED_P99_MS:.0f} ms |"
            f" {p99:.1f} ms | {answer(p99 < PACED_P99_MS)} |"
        )
    if (decode := outcome["decode_per_second"]) is not None:
        rows.append(
            f"| decoding v2 native on one core: at least {DECODE_PER_SECOND:,}/s |"
            f" {decode:,.0f}/s | {answer(decode >= DECODE_PER_SECOND)} |"
        )
    return "\n".join(rows)


def answer(reached: bool) -> str:  # noqa: FBT001
    """A cell of the goals' tables."""
    return "yes" if reached else "**no**"
