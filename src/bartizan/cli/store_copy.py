"""`bartizan store copy`: from any store to any other."""

import sys
import time
from collections.abc import Callable
from contextlib import closing
from typing import Any

import click
import msgspec

from bartizan.app import wiring
from bartizan.app.bookmark import Bookmark
from bartizan.app.settings import Settings
from bartizan.app.store_copy import Copy, CopyReport, Place, Step
from bartizan.cli.context import load_settings
from bartizan.cli.counting import Show, counting
from bartizan.cli.dead_letters import size
from bartizan.cli.store_url import HELP, masked, store_url
from bartizan.decode import registry as formats
from bartizan.domain.errors import BartizanError
from bartizan.domain.search import Search
from bartizan.kit.text import visible
from bartizan.store.contract import Store


@click.command(epilog=HELP)
@click.argument("source", metavar="FROM")
@click.argument("target", metavar="TO")
@click.option("--from-start", is_flag=True, help="Compare everything, not only what is new.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object.")
@click.pass_context
def copy(ctx: click.Context, source: str, target: str, *, from_start: bool, as_json: bool) -> None:
    """Copy all transactions from one store into another one, and compare what both then have.

    Ids stay, so links to transactions stay good. TO is made if it is not there, and keeps what
    else it has. Safe beside `bartizan serve`: given again, the command goes on where it was,
    whether it was interrupted or the store it copies from has grown. The exit code is 1 if
    something in TO is not as it is in FROM.

    \b
    Examples:
      bartizan store copy settings sqlite:////srv/bartizan/transactions.sqlite
      bartizan store copy settings @/etc/bartizan/new-store.url
    """
    settings = load_settings(ctx)
    source_url, target_url = store_url(ctx, source), store_url(ctx, target)
    if source_url == target_url:
        raise click.UsageError("FROM and TO are the same store")
    begun = time.monotonic()
    with (
        closing(_opened(lambda: wiring.existing_store(source_url), source_url)) as there,
        closing(
            _opened(
                lambda: wiring.store_to_fill(target_url, sql_parts=settings.store.sql_parts),
                target_url,
            )
        ) as here,
    ):
        run = _Run(settings, there, here, repr((source_url, target_url)))
        report = run.go(is_new=from_start)
    seconds = time.monotonic() - begun
    if as_json:
        click.echo(msgspec.json.encode(_document(report, seconds)))
    else:
        for line in lines(report, seconds):
            click.echo(line)
    ctx.exit(0 if report.is_equal else 1)


def _opened(open_: Callable[[], Store], url: str) -> Store:
    """The store, or which of the two it is that cannot be opened."""
    try:
        return open_()
    except BartizanError as error:
        error.where = masked(url)
        raise


class _Run:
    """One run with its bookmark and its progress bar."""

    def __init__(self, settings: Settings, source: Store, target: Store, task: str) -> None:
        self._source = source
        self._target = target
        self._bookmark = Bookmark(settings.data_directory / "bookmarks", f"copy {task}", Place)
        self._parts = formats.parts if settings.store.sql_parts else None

    def go(self, *, is_new: bool) -> CopyReport:
        place = None if is_new else self._bookmark.read()
        if place is not None and not self._is_there(place):
            click.echo("TO is not what it was after the last run: from the start.", err=True)
            place = None
        with counting(total(self._source)) as show:
            shown = _Shown(show)

            def on_batch(step: Step, place: Place) -> None:
                self._bookmark.write(place)
                shown.tell(step, place)

            work = Copy(
                self._source, self._target, parts=self._parts, place=place, on_batch=on_batch
            )
            return work.run()

    def _is_there(self, place: Place) -> bool:
        """Whether the target is the one that was copied to: somebody may have emptied it."""
        number = place.copied
        if not number:
            return True
        found = self._target.records(after_id=number - 1, until_id=number, limit=1).records
        return bool(found)


class _Shown:
    """Counts and rate for the bar: first of what is copied, then of what is compared."""

    def __init__(self, show: Show) -> None:
        self._show = show
        self._step: Step | None = None
        self._begun = 0.0
        self._first = 0

    def tell(self, step: Step, place: Place) -> None:
        is_copying = step is Step.COPYING
        done = place.stored + place.present if is_copying else place.source.transactions
        if step is not self._step:
            self._step, self._begun, self._first = step, time.monotonic(), done
        rate = (done - self._first) / max(time.monotonic() - self._begun, 0.001)
        self._show(done, f"{step.value}, {rate:,.0f}/s")


def total(store: Store) -> int | None:
    """None where counting takes too long, and where nobody would see it."""
    if not sys.stderr.isatty():
        return None
    try:
        return store.count(Search()).transactions
    except BartizanError:
        return None


def lines(report: CopyReport, seconds: float) -> list[str]:
    """The report for people."""
    told = [
        (
            f"{report.stored:,} transactions copied, {report.present:,} were there already;"
            f" what is counted of {report.sensors:,} sensors, in {seconds:,.0f} s"
        ),
        (
            f"{report.source.transactions:,} compared, with {report.source.matches:,} rule matches"
            f" and {size(report.source.raw_bytes)} of entries"
        ),
    ]
    if report.corrected:
        told.append(f"{report.corrected:,} came or changed in the meantime and were put right")
    if report.elsewhere:
        told.append(f"{report.elsewhere:,} have another id there: links to them do not work")
    if report.damaged:
        told.append(f"{report.damaged:,} have an entry that FROM cannot restore: copied without it")
    told += [f"  {one.id}: {one.code}, {visible(one.detail)}" for one in report.examples]
    told.append(f"raw entries   sha256 {report.source.raw}")
    told.append(f"all the rest  sha256 {report.source.decoded}")
    if report.is_equal:
        told.append("Both stores are equal in this.")
    else:
        told.append(f"raw entries   sha256 {report.target.raw} in TO")
        told.append(f"all the rest  sha256 {report.target.decoded} in TO")
        told.append(
            f"NOT equal: {report.differences:,} transactions differ. To compare everything again:"
            " --from-start"
        )
    return told


def _document(report: CopyReport, seconds: float) -> dict[str, Any]:
    told: dict[str, Any] = msgspec.to_builtins(report)
    return {"is_equal": report.is_equal, "seconds": round(seconds, 3)} | told
