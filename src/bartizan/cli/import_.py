"""`bartizan import`: files and trees into the store, safe to repeat."""

import sys
from contextlib import closing, nullcontext

import click

from bartizan.acquire.files import total_bytes
from bartizan.acquire.intake import Tally, import_paths
from bartizan.cli.context import load_settings
from bartizan.cli.progress import progress


@click.command("import")
@click.argument("paths", nargs=-1, required=True, metavar="PATH...")
@click.option("--sensor", required=True, metavar="NAME", help="Whose entries they are.")
@click.pass_context
def import_(ctx: click.Context, paths: tuple[str, ...], sensor: str) -> None:
    """Store the entries in PATHS: serial audit logs or concurrent trees, packed or not.

    Entries that are stored already are told as duplicates and change nothing, so an import may be
    repeated or interrupted. What cannot be decoded goes to the dead letters with its reason; the
    exit code is then 1. A path of - is standard input.

    \b
    Example:
      bartizan import /var/log/modsec/audit --sensor web-1
    """
    kind = click.Path(exists=True, allow_dash=True)
    for path in paths:
        kind.convert(path, None, ctx)
    if not sensor.isprintable() or ":" in sensor or not sensor.strip():
        raise click.BadParameter("no colon, no control characters", param_hint="--sensor")
    tally = _import(ctx, paths, sensor)
    click.echo(sentence(tally), err=True)
    ctx.exit(1 if tally.set_aside else 0)


def _import(ctx: click.Context, paths: tuple[str, ...], sensor: str) -> Tally:
    from bartizan.app import wiring

    settings = load_settings(ctx)
    total = total_bytes(paths)
    with (
        closing(wiring.transactions(settings)) as store,
        closing(wiring.outlet(settings)) as outlet,
        progress(total) if sys.stderr.isatty() else nullcontext() as shown,
    ):
        return import_paths(
            paths,
            sensor,
            wiring.pipeline(settings, store),
            outlet.set_aside,
            (lambda tally: shown.tell(sentence(tally))) if shown else lambda _: None,
            on_progress=shown.advance if shown else lambda _: None,
        )


def sentence(tally: Tally) -> str:
    """The tally in words, for the bar and the end."""
    return (
        f"{tally.entries} entries: {tally.stored} stored, {tally.duplicates} duplicates,"
        f" {tally.set_aside} quarantined, {tally.skipped} skipped"
    )
