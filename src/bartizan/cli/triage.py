"""`bartizan triage`: what people make of transactions, at a terminal or in a script."""

import getpass
from collections.abc import Iterator
from contextlib import closing, contextmanager

import click
import msgspec

from bartizan.app import wiring
from bartizan.app.accounts_wiring import Accounts
from bartizan.cli.context import load_settings
from bartizan.domain.errors import Refused
from bartizan.domain.triage import State
from bartizan.kit.text import visible
from bartizan.query.language.mistake import Mistake
from bartizan.query.triage import (
    MAX_IDS,
    Author,
    ChangeView,
    ManyTriaged,
    NewState,
    TriageDesk,
    TriageView,
    Wish,
)


@click.group()
def triage() -> None:
    """Say what transactions are: confirmed, false positives, ignored until; label them.

    \b
    Example:
      bartizan triage mark --search 'path:/editor' --state false-positive --reason editor
    """


@contextmanager
def _desk(ctx: click.Context) -> Iterator[tuple[TriageDesk, Accounts]]:
    settings = load_settings(ctx)
    with (
        wiring.accounts(settings) as accounts,
        closing(wiring.transactions(settings)) as store,
    ):
        yield wiring.triage_desk(store), accounts


@triage.command()
@click.argument("transaction_id", metavar="ID", type=click.IntRange(min=1))
@click.option("--json", "as_json", is_flag=True, help="One JSON object, as the API has it.")
@click.pass_context
def show(ctx: click.Context, *, transaction_id: int, as_json: bool) -> None:
    """The state of a transaction, its labels and notes, and who changed what.

    \b
    Example:
      bartizan triage show 1837465092837465
    """
    with _desk(ctx) as (desk, _):
        view = desk.show(transaction_id, _author())
    if as_json:
        click.echo(msgspec.json.encode(view))
        return
    for line in _told(view):
        click.echo(line)


@triage.command()
@click.argument("ids", nargs=-1, type=click.IntRange(min=1), metavar="[ID]...")
@click.option("--search", "text", metavar="TEXT", help="All that a search text finds, instead.")
@click.option("--state", type=click.Choice([*map(str, State)]), help="What they are.")
@click.option("--reason", default="", help="Why; a false positive needs it.")
@click.option("--until", metavar="TIME", help="Until when to ignore: ISO 8601, UTC.")
@click.option("--label", "labels", multiple=True, help="Add a label; may be repeated.")
@click.option("--unlabel", "unlabels", multiple=True, help="Remove a label; may be repeated.")
@click.option("--note", default="", help="Write a note to each.")
@click.option("--preserve", is_flag=True, help="Also keep them whatever their age.")
@click.option("--dry-run", is_flag=True, help="Say how many there are; change nothing.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object, as the API has it.")
@click.pass_context
def mark(
    ctx: click.Context,
    *,
    ids: tuple[int, ...],
    text: str | None,
    state: str | None,
    reason: str,
    until: str | None,
    labels: tuple[str, ...],
    unlabels: tuple[str, ...],
    note: str,
    preserve: bool,
    dry_run: bool,
    as_json: bool,
) -> None:
    """Change what transactions are: those of the ids, or all that a search text finds.

    At most 1,000 ids, or 10,000 found. The exit code is 1 if one of the ids is not there.

    \b
    Examples:
      bartizan triage mark 1837465092837465 --state confirmed --label incident-17
      bartizan triage mark --search 'client:192.0.2.7' --state ignored --until 2026-12-24
    """
    if bool(ids) == (text is not None) or len(ids) > MAX_IDS:
        raise click.UsageError(f"give up to {MAX_IDS:,} ids, or --search")
    wish = Wish(
        state=None if state is None else NewState(state=State(state), reason=reason, until=until),
        add_labels=labels,
        remove_labels=unlabels,
        note=note,
        preserve=preserve,
    )
    with _desk(ctx) as (desk, accounts):
        try:
            if text is None:
                told = desk.change_ids(ids, wish, _author(), is_rehearsal=dry_run)
            else:
                filters = {"q": [text]}
                told = desk.change_found(filters, wish, _author(), is_rehearsal=dry_run)
        except (Mistake, Refused) as error:
            raise click.UsageError(str(error)) from None
        if not dry_run:
            accounts.note("triage.many", f"{told.found} transactions", " ".join(_deed(wish, text)))
    click.echo(msgspec.json.encode(told) if as_json else _summary(told, is_dry_run=dry_run))
    ctx.exit(0 if text is not None or dry_run or told.found == len(set(ids)) else 1)


def _author() -> Author:
    return Author(name=f"{getpass.getuser()} (command line)", may_remove_all=True)


def _deed(wish: Wish, text: str | None) -> Iterator[str]:
    if wish.state is not None:
        yield wish.state.state.value
    yield from (f"+{label}" for label in wish.add_labels)
    yield from (f"-{label}" for label in wish.remove_labels)
    if wish.note:
        yield "note"
    if wish.preserve:
        yield "preserved"
    if text is not None:
        yield f"q={text}"


def _summary(told: ManyTriaged, *, is_dry_run: bool) -> str:
    if is_dry_run:
        return f"{told.found:,} transactions would be changed."
    preserved = f" {told.preserved:,} are preserved." if told.preserved else ""
    return f"{told.changed:,} of {told.found:,} transactions changed.{preserved}"


def _told(view: TriageView) -> Iterator[str]:
    until = ""
    if view.state is State.IGNORED and view.ignored_until is not None:
        until = f" until {view.ignored_until:%Y-%m-%d %H:%M} UTC"
    by = f", by {visible(view.state_by)}" if view.state_by else ""
    yield f"{view.state.value}{until}{by}" + (f": {visible(view.reason)}" if view.reason else "")
    if view.labels:
        yield f"labels: {', '.join(view.labels)}"
    for note in view.notes:
        yield f"{note.at:%Y-%m-%d %H:%M} {visible(note.by)}: {visible(note.text)}"
    for change in view.history:
        yield f"{change.at:%Y-%m-%d %H:%M} {visible(change.by)}: {_change(change)}"


def _change(change: ChangeView) -> str:
    why = f" ({visible(change.reason)})" if change.reason else ""
    return f"{change.kind.value} {visible(change.value)}{why}"
