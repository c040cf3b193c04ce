"""`bartizan store verify`: whether everything in the store is whole."""

import time
from contextlib import closing
from typing import Any, Final

import click
import msgspec

from bartizan.app import wiring
from bartizan.app.store_verify import Verify, VerifyReport
from bartizan.cli.context import load_settings
from bartizan.cli.counting import counting
from bartizan.cli.dead_letters import size
from bartizan.cli.store_copy import total
from bartizan.cli.store_url import HELP, store_url
from bartizan.store.contract import FaultKind

MEANINGS: Final = {
    FaultKind.ENTRY_DAMAGED: (
        "the raw entry cannot be restored: the disk, or somebody, changed it",
        "restore a backup as a new store, and copy this one into it: docs/store.md",
    ),
    FaultKind.ENTRY_DIFFERS: (
        "the raw entry is not the one that was received",
        "as for entry-damaged",
    ),
    FaultKind.ENTRY_MISSING: (
        "there is no raw entry, and retention did not remove it",
        "as for entry-damaged",
    ),
    FaultKind.ENTRY_NOT_REMOVED: (
        "the raw entry is there although it is told to be removed",
        "report it: this should not happen",
    ),
    FaultKind.MATCH_MISSING: (
        "one of several rule matches is gone",
        "bartizan reprocess makes them again from the raw entry",
    ),
    FaultKind.MATCH_WITHOUT_TEXT: (
        "what a rule says is gone",
        "bartizan reprocess makes it again from the raw entry",
    ),
    FaultKind.ORPHANED_MATCH: (
        "rule matches of no transaction",
        "harmless but for the room they take",
    ),
    FaultKind.ORPHANED_ENTRY: (
        "raw entries, or pieces of them, of no transaction",
        "harmless but for the room they take",
    ),
    FaultKind.ORPHANED_PARTS: (
        "parts of no transaction",
        "harmless but for the room they take",
    ),
    FaultKind.ORPHANED_MARK: (
        "marks (preserved, judged, payload removed) of no transaction",
        "harmless",
    ),
    FaultKind.DOUBLED: (
        "the same entry, or the same id, is there twice",
        "copy the store to a new one, which takes each once",
    ),
    FaultKind.SENSOR_NOT_COUNTED: (
        "sensors that have transactions, and that are told to be never heard",
        "it is right again with the sensor's next entry",
    ),
    FaultKind.COUNTS_DIFFER: (
        "counts by hours that are not those of the transactions",
        "copy the store to a new one, which counts anew",
    ),
}


@click.command(epilog=HELP)
@click.argument("which", default="settings", metavar="[STORE]")
@click.option("--json", "as_json", is_flag=True, help="One JSON object.")
@click.pass_context
def verify(ctx: click.Context, which: str, *, as_json: bool) -> None:
    """Read a whole store and say what of it is damaged. Changes nothing.

    Every raw entry is restored and compared with its digest and size; every rule match must have
    its text; nothing may belong to a transaction that is not there; the counts kept by hours must
    be those of the transactions. May run beside `bartizan serve`. The exit code is 1 if something
    is wrong.

    \b
    Examples:
      bartizan store verify
      bartizan store verify sqlite:////srv/backup/transactions.sqlite --json
    """
    load_settings(ctx)
    url = store_url(ctx, which)
    begun = time.monotonic()
    with closing(wiring.existing_store(url)) as store, counting(total(store)) as show:

        def on_batch(done: int) -> None:
            rate = done / max(time.monotonic() - begun, 0.001)
            show(done, f"verified, {rate:,.0f}/s")

        report = Verify(store, on_batch=on_batch).run()
    if as_json:
        click.echo(msgspec.json.encode(document(report)))
    else:
        for line in lines(report):
            click.echo(line)
    ctx.exit(0 if report.is_whole else 1)


def document(report: VerifyReport) -> dict[str, Any]:
    told: dict[str, Any] = msgspec.to_builtins(report)
    return {"is_whole": report.is_whole} | told


def lines(report: VerifyReport) -> list[str]:
    """The report for people."""
    found = report.found
    told = [
        (
            f"{found.transactions:,} transactions, {found.matches:,} rule matches,"
            f" {size(found.raw_bytes)} of raw entries, {report.hours:,} hours counted again"
        )
    ]
    if report.payloads_removed:
        told.append(f"{report.payloads_removed:,} raw entries were removed by retention")
    if not report.is_all_counted:
        told.append("From there on not: an hour has more transactions than can be counted at once")
    told.append(f"raw entries   sha256 {found.raw}")
    told.append(f"all the rest  sha256 {found.decoded}")
    for fault in report.faults:
        meaning, advice = MEANINGS[fault.kind]
        examples = ", ".join(map(str, fault.examples))
        told.append(f"{fault.kind.value}: {fault.count:,} times: {meaning}")
        if examples:
            told.append(f"  ids: {examples}")
        told.append(f"  what to do: {advice}")
    told.append("The store is whole." if report.is_whole else "The store is damaged.")
    return told
