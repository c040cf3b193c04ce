"""`bartizan decode`: audit log entries to one JSON transaction per line."""

import sys
from collections.abc import Sequence
from contextlib import nullcontext, suppress

import click
import msgspec

from bartizan.acquire.files import entries, total_bytes
from bartizan.acquire.found import DECODABLE, SKIPPED, FoundEntry, Problem
from bartizan.cli.progress import Progress, progress
from bartizan.decode import registry
from bartizan.domain.errors import Refused
from bartizan.domain.transaction import Source, Transaction
from bartizan.kit.text import visible

_STANDARD_OUTPUT_BYTES = 1024 * 1024


@click.command()
@click.argument("files", nargs=-1, required=True, metavar="FILE... | -")
@click.pass_context
def decode(ctx: click.Context, files: tuple[str, ...]) -> None:
    """Print the transactions in FILES as JSON, one per line, whatever their format.

    FILES are audit and error logs, single entries, directories or archives of them, packed or not;
    - is standard input. A summary goes to standard error. The exit code is 1 if something could not
    be decoded.

    \b
    Example:
      bartizan decode /var/log/apache2/modsec_audit.log | jq .client.address
    """
    _check_exist(files)
    with progress(total_bytes(files)) if sys.stderr.isatty() else nullcontext() as shown:
        summary = Summary(shown)
        with suppress(BrokenPipeError):  # `| head` has seen enough
            _decode(files, summary)
    click.echo(summary.sentence(), err=True)
    ctx.exit(1 if summary.undecodable else 0)


def _check_exist(files: Sequence[str]) -> None:
    kind = click.Path(exists=True, allow_dash=True)
    for name in files:
        kind.convert(name, None, None)


class Summary:
    """Counts for the end, and a line at once for what could not be decoded."""

    def __init__(self, shown: Progress | None) -> None:
        self.shown = shown
        self.entries = 0
        self.defects = 0
        self.undecodable = 0
        self.skipped = 0

    def decoded(self, transaction: Transaction) -> None:
        self.entries += 1
        self.defects += len(transaction.defects)
        if self.shown and self.entries % 256 == 0:
            self.shown.tell(f"{self.entries:,} entries")

    def failed(self, found: FoundEntry, code: str, detail: str) -> None:
        self.undecodable += 1
        self._line(found, f"{code} {detail}")

    def passed(self, found: FoundEntry) -> None:
        self.skipped += 1
        self._line(found, f"skipped: {found.problem}")

    def _line(self, found: FoundEntry, reason: str) -> None:
        where = f"{found.path}: byte {found.offset}, {found.length} bytes: {reason}"
        click.echo(visible(where.strip()), err=True)

    def sentence(self) -> str:
        return f"{self.entries} entries, {self.defects} defects, {self.undecodable} undecodable" + (
            f", {self.skipped} skipped" if self.skipped else ""
        )


def _decode(files: Sequence[str], summary: Summary) -> None:
    encoder = msgspec.json.Encoder()
    advance = summary.shown.advance if summary.shown else lambda _: None
    with open(sys.stdout.fileno(), "wb", _STANDARD_OUTPUT_BYTES, closefd=False) as out:
        for found in entries(files, advance):
            is_named = found.problem is Problem.NO_ENTRIES and found.path in files
            if found.problem in SKIPPED and not is_named:
                summary.passed(found)
            elif found.problem not in DECODABLE:
                summary.failed(found, str(found.problem), found.detail)
            else:
                try:
                    transaction = registry.decode(found.raw)
                except Refused as error:
                    summary.failed(found, error.code, error.message)
                    continue
                source = Source(path=found.path, offset=found.offset, length=found.length)
                transaction = msgspec.structs.replace(transaction, source=source)
                out.write(encoder.encode(transaction) + b"\n")
                summary.decoded(transaction)
