"""`bartizan spool`: the durable queue of this machine, and what could not be decoded."""

from contextlib import closing
from datetime import datetime
from pathlib import Path

import click
import msgspec

from bartizan.app import wiring
from bartizan.app.whereabouts import spool_directory
from bartizan.cli.context import load_settings
from bartizan.cli.dead_letters import dead_letters, kinds_table, size
from bartizan.kit.clock import from_us
from bartizan.spool.salvage import salvage as salvage_spool
from bartizan.spool.verify import verify as verify_spool


@click.group()
def spool() -> None:
    """The queue of entries that are not yet stored, and the dead letters.

    \b
    Example:
      bartizan spool status
    """


spool.add_command(dead_letters)


@spool.command()
@click.option("--json", "as_json", is_flag=True, help="One JSON object.")
@click.pass_context
def status(ctx: click.Context, *, as_json: bool) -> None:
    """How full the spool is, what waits, and what could not be decoded.

    \b
    Example:
      bartizan spool status
    """
    settings = load_settings(ctx)
    with closing(wiring.dead_letters(settings)) as box:
        level, desk = box.level(), wiring.dead_letter_desk(settings, box)
        summary = desk.summary()
    if as_json:
        waiting = {
            "entries": level.entries,
            "size_bytes": level.size_bytes,
            "max_bytes": settings.spool.max_bytes,
            "oldest_received_at": _oldest(level.oldest_received_at_us),
            "dead_letters": summary,
        }
        click.echo(msgspec.json.encode(waiting))
        return
    oldest = _oldest(level.oldest_received_at_us)
    since = f", the oldest since {oldest:%Y-%m-%d %H:%M:%S} UTC" if oldest else ""
    click.echo(f"in use         {size(level.size_bytes)} of {size(settings.spool.max_bytes)}")
    click.echo(f"waiting        {level.entries:,}{since}")
    click.echo(
        f"dead letters   {summary.letters:,},"
        f" {size(summary.size_bytes)} of {size(summary.room_bytes)}"
    )
    click.echo(
        f"decoded again  {summary.revived:,}, of which {summary.waiting:,} wait for a worker"
        f" and {summary.again:,} failed again"
    )
    click.echo(f"removed        {summary.removed:,}")
    if summary.kinds:
        click.echo("")
        kinds_table(summary.kinds)


def _oldest(received_at_us: int | None) -> datetime | None:
    return None if received_at_us is None else from_us(received_at_us)


@spool.command()
@click.option("--json", "as_json", is_flag=True, help="One JSON object.")
@click.pass_context
def verify(ctx: click.Context, *, as_json: bool) -> None:
    """Read the whole spool and say what of it is damaged. Changes nothing.

    The exit code is 1 if something is. May run beside the collector.

    \b
    Example:
      bartizan spool verify
    """
    found = verify_spool(spool_directory(load_settings(ctx)))
    if as_json:
        click.echo(msgspec.json.encode(found))
    else:
        click.echo(f"{found.entries:,} entries wait, {found.entries_missing:,} cannot be read")
        click.echo(
            f"{found.dead_letters:,} dead letters, {found.letters_missing:,} cannot be read,"
            f" {found.letters_changed:,} are not what was set aside"
        )
        for fault in found.faults:
            click.echo(f"damaged: {fault}")
        click.echo("The spool is whole." if found.is_whole else "The spool is damaged.")
    ctx.exit(0 if found.is_whole else 1)


@spool.command()
@click.argument("directory", type=click.Path(file_okay=False, path_type=Path))
@click.pass_context
def salvage(ctx: click.Context, directory: Path) -> None:
    """Copy what can be read of a damaged spool into a new one in DIRECTORY.

    Stop the service first. The damaged spool is not changed.

    \b
    Example:
      bartizan spool salvage bartizan-data/spool-new
    """
    damaged = spool_directory(load_settings(ctx))
    copied = salvage_spool(damaged, directory)
    click.echo(f"{copied.entries:,} entries and {copied.dead_letters:,} dead letters are copied.")
    click.echo(f"To use the new spool: mv {damaged} {damaged}-damaged && mv {directory} {damaged}")
