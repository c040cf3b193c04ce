"""`bartizan store upgrade`: both stores to this program's schema, on purpose."""

import click
import msgspec

from bartizan import __version__
from bartizan.app.store_upgrade import Schema, schemas
from bartizan.cli.context import load_settings
from bartizan.cli.store_url import masked
from bartizan.store.sql.schema import Migration


@click.command()
@click.option("--check", "is_check", is_flag=True, help="Only say what would be applied.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object.")
@click.pass_context
def upgrade(ctx: click.Context, *, is_check: bool, as_json: bool) -> None:
    """Bring the databases of transactions and of people and sensors to this version's schema.

    `bartizan serve` does the same when it starts; this is for doing it at a time of your choice,
    and as a database user that may change tables. Back up first. Of two at once one waits for the
    other; killed, it goes on from there the next time. A database that a newer version upgraded
    is refused. With --check the exit code is 1 if something would be applied.

    \b
    Examples:
      bartizan store upgrade --check
      bartizan store upgrade
    """
    told = []
    is_current = True
    for schema in schemas(load_settings(ctx)):
        missing = schema.missing()
        is_current = is_current and not missing
        told.append({"store": schema.name, "url": masked(schema.url), "migrations": missing})
        if not as_json:
            _tell(schema, missing, is_check=is_check)
        if missing and not is_check:
            _apply(schema, missing, is_silent=as_json)
    if as_json:
        document = {"version": __version__, "is_applied": not is_check, "stores": told}
        click.echo(msgspec.json.encode(document))
    ctx.exit(1 if is_check and not is_current else 0)


def _tell(schema: Schema, missing: tuple[Migration, ...], *, is_check: bool) -> None:
    if not missing:
        click.echo(f"{schema.name}: {masked(schema.url)} is up to date")
        return
    verb = "would be" if is_check else "are to be"
    click.echo(f"{schema.name}: {masked(schema.url)}: {len(missing)} migrations {verb} applied")
    if is_check:
        for one in missing:
            click.echo(f"  {one.revision}  {one.summary}")


def _apply(schema: Schema, missing: tuple[Migration, ...], *, is_silent: bool) -> None:
    summaries = {one.revision: one.summary for one in missing}

    def on_applied(revision: str) -> None:
        if not is_silent:
            click.echo(f"  {revision}  {summaries.get(revision, '')} done")

    schema.upgrade(on_applied)
