"""What `bartizan import` says in the end: on standard error, for people."""

import click
from rich.console import Console
from rich.table import Table
from rich.text import Text

from bartizan.acquire.tally import Summary, Tally
from bartizan.kit.text import visible


def sentence(tally: Tally | Summary) -> str:
    """The counts in words, for the bar and the end."""
    return (
        f"{tally.entries:,} entries: {tally.stored:,} stored, {tally.duplicates:,} duplicates,"
        f" {tally.set_aside:,} set aside, {tally.skipped:,} skipped"
    )


def print_summary(
    summary: Summary, seconds: float, *, is_dry_run: bool, is_interrupted: bool
) -> None:
    """The counts, what they are of, and a table of reasons."""
    if summary.reasons:
        Console(stderr=True).print(_table(summary))
    for line in _lines(summary, seconds, is_dry_run=is_dry_run):
        click.echo(line, err=True)
    if is_interrupted:
        click.echo("Interrupted. Start it again, and it goes on from here.", err=True)


def _lines(summary: Summary, seconds: float, *, is_dry_run: bool) -> list[str]:
    lines = []
    if summary.formats:
        lines.append(", ".join(f"{name} {count:,}" for name, count in summary.formats.items()))
    if summary.first_at is not None and summary.last_at is not None:
        lines.append(
            f"From {summary.first_at:%Y-%m-%d %H:%M:%S} to {summary.last_at:%Y-%m-%d %H:%M:%S} UTC"
        )
    if summary.zones_assumed:
        lines.append(
            f"{summary.zones_assumed:,} entries do not say in which zone their clock was; the"
            " sensor's was assumed."
        )
    if is_dry_run:
        good = sum(summary.formats.values())
        lines.append(
            f"{summary.entries:,} entries: {good:,} can be stored, {summary.set_aside:,} set aside,"
            f" {summary.skipped:,} skipped. Nothing was stored: this was a dry run."
        )
    else:
        rate = summary.entries / max(seconds, 0.001)
        lines.append(f"{sentence(summary)}, in {seconds:,.1f} s ({rate:,.0f}/s)")
    return lines


def _table(summary: Summary) -> Table:
    table = Table("", "reason", "count", "first at", "", box=None)
    for reason in summary.reasons:
        where = f"{reason.path}: byte {reason.offset}" if reason.offset else reason.path
        table.add_row(
            "skipped" if reason.is_skipped else "set aside",
            reason.code,
            f"{reason.count:,}",
            Text(visible(where), overflow="fold"),
            Text(visible(reason.detail), overflow="fold"),
        )
    return table
