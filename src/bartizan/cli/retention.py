"""`bartizan retention`: what is kept for how long, what would go, and what is protected."""

import getpass
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import datetime

import click
import msgspec

from bartizan.app import wiring
from bartizan.app.settings import Settings
from bartizan.cli.context import load_settings
from bartizan.cli.counting import counting
from bartizan.cli.dead_letters import size
from bartizan.domain.errors import Refused
from bartizan.domain.retention import (
    KeptFor,
    RetentionPreview,
    RetentionRun,
    RetentionState,
)
from bartizan.kit import log
from bartizan.kit.text import visible
from bartizan.query.retention import HoldView, RetentionDesk, RetentionOverview
from bartizan.store.contract import Store
from bartizan.store.control import ControlStore
from bartizan.store.registry import compact_store

_PREVIEW_S = 600.0
_PAUSE_S = 0.02


@click.group()
def retention() -> None:
    """What is kept for how long, what would go, and what never does.

    \b
    Example:
      bartizan retention preview
    """


@contextmanager
def _desk(settings: Settings) -> Iterator[tuple[RetentionDesk, ControlStore, Store]]:
    with ExitStack() as stack:
        control = wiring.control(settings)
        stack.callback(control.close)
        store = wiring.transactions(settings)
        stack.callback(store.close)
        yield wiring.retention_desk(settings, control, store, limit_s=_PREVIEW_S), control, store


@retention.command()
@click.option("--json", "as_json", is_flag=True, help="One JSON object.")
@click.pass_context
def status(ctx: click.Context, *, as_json: bool) -> None:
    """The settings in words, how much there is, the last runs, and what is protected.

    \b
    Example:
      bartizan retention status
    """
    with _desk(load_settings(ctx)) as (desk, _, _):
        overview = desk.overview()
    if as_json:
        click.echo(msgspec.json.encode(overview))
        return
    for line in (*_limits(overview), "", *_amounts(overview), "", *_protected(overview)):
        click.echo(line)
    if overview.runs:
        click.echo("")
        for run in overview.runs:
            click.echo(_run(run))


@retention.command()
@click.option("--json", "as_json", is_flag=True, help="One JSON object.")
@click.pass_context
def preview(ctx: click.Context, *, as_json: bool) -> None:
    """What a run would remove if it began now. Changes nothing.

    \b
    Example:
      bartizan retention preview
    """
    with _desk(load_settings(ctx)) as (desk, _, _):
        found = desk.preview()
    if as_json:
        click.echo(msgspec.json.encode(found))
        return
    for line in _previewed(found):
        click.echo(line)


@retention.command()
@click.option("--trust-clock", is_flag=True, help="The clock is right, although it jumped ahead.")
@click.pass_context
def run(ctx: click.Context, *, trust_clock: bool) -> None:
    """Remove now what is too old or too much, instead of waiting for the next run.

    Where a worker runs already, it does this within seconds; else this command does it.

    \b
    Example:
      bartizan retention run
    """
    settings = load_settings(ctx)
    log.configure("warning", settings.log.form)
    with _desk(settings) as (desk, control, store):
        desk.ask_for_run(_person(), trusts_clock=trust_clock)
        keeper = wiring.keeper(settings, store, control)
        try:
            keeper.step()
            if not keeper.has_lease:
                click.echo("A worker does it: `bartizan retention status` tells how it goes.")
                return
            with counting(None) as show_progress:
                while keeper.step():
                    show_progress(keeper.removed, f"{keeper.removed:,} removed")
                    time.sleep(_PAUSE_S)
        finally:
            keeper.close()
        click.echo(_run(control.retention_runs(1)[0]))


@retention.command()
@click.argument("ids", nargs=-1, required=True, type=click.IntRange(1, 2**63 - 1), metavar="ID...")
@click.option("--reason", default="", help="Why; shown on the page of the transaction.")
@click.option("--off", is_flag=True, help="Do not preserve them any more.")
@click.pass_context
def preserve(ctx: click.Context, *, ids: tuple[int, ...], reason: str, off: bool) -> None:
    """Keep transactions for good, with their entries, whatever the settings say.

    \b
    Examples:
      bartizan retention preserve 1837465092837465 --reason "incident 17"
      bartizan retention preserve 1837465092837465 --off
    """
    with _desk(load_settings(ctx)) as (desk, _, _):
        if off:
            count, words = desk.stop_preserving(ids), "are not preserved any more"
        else:
            count, words = desk.preserve(ids, by=_person(), reason=reason), "are preserved"
    click.echo(f"{count:,} of {len(ids):,} transactions {words}.")
    ctx.exit(0 if count == len(set(ids)) else 1)


@retention.command()
@click.option("--released", is_flag=True, help="Those released last, instead.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object per line.")
@click.pass_context
def holds(ctx: click.Context, *, released: bool, as_json: bool) -> None:
    """The holds: searches of which everything is kept.

    \b
    Example:
      bartizan retention holds
    """
    with _desk(load_settings(ctx)) as (desk, _, _):
        overview = desk.overview()
    found = overview.released if released else overview.holds
    for one in found:
        click.echo(msgspec.json.encode(one) if as_json else _hold(one))
    if not found and not as_json:
        click.echo("No holds.", err=True)


@retention.command()
@click.argument("name")
@click.argument("filters", nargs=-1, metavar="[FILTER=VALUE]...")
@click.option("--reason", default="", help="Why; kept with the hold.")
@click.option("--everything", is_flag=True, help="Without filters: really everything.")
@click.pass_context
def hold(
    ctx: click.Context, *, name: str, filters: tuple[str, ...], reason: str, everything: bool
) -> None:
    """Keep everything that a search finds, now or later, until the hold is released.

    The filters are those of the page of transactions: sensor, client, country, rule, category,
    host, path, status, blocked, unique_id, since, until.

    \b
    Examples:
      bartizan retention hold case-17 client=192.0.2.0/24 since=now-7d --reason "court order"
      bartizan retention hold freeze --everything
    """
    if bool(filters) == everything:
        raise click.UsageError("give filters such as client=192.0.2.1, or --everything")
    given: dict[str, list[str]] = {}
    for pair in filters:
        key, separator, value = pair.partition("=")
        if not separator:
            raise click.UsageError(f"want FILTER=VALUE, not {pair}")
        given.setdefault(key, []).append(value)
    with _desk(load_settings(ctx)) as (desk, _, _):
        try:
            count = desk.count_held(given)
            added = desk.add_hold(name, given, reason=reason, by=_person())
        except Refused as error:
            raise click.UsageError(str(error)) from None
    click.echo(f"{_hold(added)}\n{count.transactions:,} transactions match it now.")


@retention.command()
@click.argument("name")
@click.pass_context
def release(ctx: click.Context, *, name: str) -> None:
    """Release a hold: what it kept goes when its time is over.

    \b
    Example:
      bartizan retention release case-17
    """
    with _desk(load_settings(ctx)) as (desk, _, _):
        found = [one for one in desk.overview().holds if one.name == name]
        if not found:
            raise click.UsageError(f"there is no hold called {name}")
        desk.release_hold(int(found[0].id), by=_person())
    click.echo(f"{visible(name)} is released.")


@retention.command()
@click.pass_context
def compact(ctx: click.Context) -> None:
    """Rewrite the file of a SQLite store, so that it is as small as it can be.

    Stop the service first. It needs as much free disk as the store uses. A file that was made
    before files could shrink can do so from then on.

    \b
    Example:
      bartizan retention compact
    """
    given = compact_store(load_settings(ctx).store_url())
    click.echo(f"{size(max(0, given))} given back to the disk.")


def _person() -> str:
    return f"{getpass.getuser()} (command line)"


def _limits(overview: RetentionOverview) -> list[str]:
    limits = overview.limits
    lines = []
    for ages in reversed(limits.ages):
        lines.append(f"payloads      {_span(ages.payloads_hours)}{_whose(ages)}")
        lines.append(f"transactions  {_span(ages.transactions_hours)}{_whose(ages)}")
    most = (
        "no limit" if limits.max_store_bytes is None else f"at most {size(limits.max_store_bytes)}"
    )
    least = f"at least {size(limits.min_free_bytes)}" if limits.min_free_bytes else "no limit"
    return [
        *lines,
        f"statistics    {_span(limits.statistics_hours)}",
        f"store         {most}",
        f"free disk     {least}",
    ]


def _whose(ages: KeptFor) -> str:
    return {"all": "", "detected": ", of what was only detected"}.get(
        ages.of, f", of sensor {visible(ages.sensor or '')}"
    )


def _span(hours: int | None) -> str:
    if hours is None:
        return "kept for good"
    return f"{hours // 24:,} days" if hours % 24 == 0 else f"{hours:,} hours"


def _amounts(overview: RetentionOverview) -> list[str]:
    state = overview.state
    if state is None:
        return ["No worker has looked yet."]
    of, room = state.size, state.size.room
    free = "unknown" if room.free_bytes is None else size(room.free_bytes)
    lines = [
        f"{of.transactions:,} transactions, the oldest of {_day(overview.oldest_at)}",
        f"{of.payloads:,} with their entry, the oldest of {_day(overview.oldest_payload_at)}",
        f"{size(room.used_bytes)} used, {size(room.reusable_bytes)} reusable, free disk {free}",
        f"looked at {state.looked_at:%Y-%m-%d %H:%M:%S} UTC by {visible(state.node)}",
    ]
    return lines + _warnings(state)


def _warnings(state: RetentionState) -> list[str]:
    lines = []
    if state.is_emergency:
        lines.append("EMERGENCY: too little of the disk is free, so the oldest are removed.")
    if state.clock_doubted_since is not None:
        days = state.clock_ahead_s // 86400
        lines.append(
            f"CLOCK: it jumped ahead by {days:,} days, so nothing is removed for its age"
            " (bartizan retention run --trust-clock, if it is right)."
        )
    return lines


def _protected(overview: RetentionOverview) -> list[str]:
    return [f"{overview.preserved:,} transactions preserved", *map(_hold, overview.holds)]


def _hold(hold: HoldView) -> str:
    filters = " ".join(f"{name}={visible(value)}" for name, value in hold.filters) or "everything"
    words = f"hold {visible(hold.name)}: {filters}, {hold.added_at:%Y-%m-%d}"
    words += f" by {visible(hold.added_by)}"
    if hold.reason:
        words += f": {visible(hold.reason)}"
    if hold.released_at is not None:
        words += f"; released {hold.released_at:%Y-%m-%d} by {visible(hold.released_by or '')}"
    return words


def _run(run: RetentionRun) -> str:
    words = (
        f"{run.began_at:%Y-%m-%d %H:%M} UTC  {run.outcome.value:<8} {run.cause.value:<10}"
        f" {run.payloads:>10,} payloads {run.transactions:>10,} transactions"
    )
    return f"{words}  {visible(run.note)}".rstrip()


def _previewed(found: RetentionPreview) -> list[str]:
    lines = []
    for one in found.doomed:
        more = "" if one.is_complete else " at least"
        staying = f", {one.staying:,} as old stay" if one.staying else ""
        lines.append(
            f"{one.rule}:{more} {one.count:,} {one.of.value} ({size(one.raw_bytes)} as received),"
            f" stored before {_day(one.stored_before)}{staying}"
        )
    if found.statistics_before is not None:
        lines.append(f"statistics: counts of times before {_day(found.statistics_before)}")
    return lines or ["Nothing has an age or a size at which it goes (docs/retention.md)."]


def _day(at: datetime | None) -> str:
    return "-" if at is None else f"{at:%Y-%m-%d %H:%M} UTC"
