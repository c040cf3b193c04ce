"""`bartizan store backup` and `restore`: both stores into a directory, and back."""

from pathlib import Path
from typing import Any

import click
import msgspec

from bartizan import __version__
from bartizan.app.store_backup import Backup, Manifest, Restore, RestoreReport, Which
from bartizan.cli.context import load_settings
from bartizan.cli.dead_letters import size

_DIRECTORY = click.Path(file_okay=False, path_type=Path)


def _say(words: str) -> None:
    click.echo(f"{words} ...", err=True)


@click.command()
@click.argument("directory", type=_DIRECTORY)
@click.option("--zstd", "is_packed", is_flag=True, help="Pack the files.")
@click.option(
    "--as-sqlite",
    "is_neutral",
    is_flag=True,
    help="SQLite files, whatever the stores are: every kind of store can be restored from them.",
)
@click.option("--quick", is_flag=True, help="Do not count what is in it.")
@click.option("--json", "as_json", is_flag=True, help="Print the manifest.")
@click.pass_context
def backup(
    ctx: click.Context,
    directory: Path,
    *,
    is_packed: bool,
    is_neutral: bool,
    quick: bool,
    as_json: bool,
) -> None:
    """Write both stores into DIRECTORY, which must be new or empty, while they are used.

    SQLite is copied by its own online backup; MySQL, MariaDB and PostgreSQL by their own programs
    (mariadb-dump or mysqldump, pg_dump), which must be installed; a cluster is copied into SQLite.
    Beside them lies manifest.json with counts and digests. What still waits in the spool is not in
    it, nor are the settings: see docs/backup.md.

    \b
    Examples:
      bartizan store backup /srv/backup/2026-11-23
      bartizan store backup --zstd --as-sqlite /srv/backup/neutral
    """
    settings = load_settings(ctx)
    work = Backup(settings, directory, is_packed=is_packed, is_neutral=is_neutral, say=_say)
    manifest = work.run(is_counted=not quick)
    if as_json:
        click.echo(msgspec.json.encode(manifest))
        return
    for line in _manifest_lines(manifest):
        click.echo(line)
    click.echo(f"The backup is in {directory}.")


@click.command()
@click.argument("directory", type=_DIRECTORY)
@click.option("--only", type=click.Choice([one.value for one in Which]), help="Only this store.")
@click.option("--overwrite", is_flag=True, help="Also if the stores have something already.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object.")
@click.pass_context
def restore(
    ctx: click.Context, directory: Path, *, only: str | None, overwrite: bool, as_json: bool
) -> None:
    """Put the backup in DIRECTORY into the stores of the settings, and check what is there then.

    Stop `bartizan serve` first. Stores that have transactions, people or sensors are left alone
    unless you say --overwrite: then what they have is gone. A backup of an older version is
    upgraded. The exit code is 1 if what was restored is not what was backed up.

    \b
    Examples:
      bartizan store restore /srv/backup/2026-11-23
      bartizan store restore /srv/backup/neutral --only control
    """
    work = Restore(load_settings(ctx), directory, say=_say)
    report = work.run(is_overwriting=overwrite, only=None if only is None else Which(only))
    if as_json:
        click.echo(msgspec.json.encode(_document(report)))
    else:
        for line in _restore_lines(report):
            click.echo(line)
    ctx.exit(1 if report.is_equal is False else 0)


def _manifest_lines(manifest: Manifest) -> list[str]:
    told = [f"{part.file:<24} {size(part.size_bytes)}" for part in manifest.parts]
    if manifest.found is not None:
        told.append(f"{manifest.found.transactions:,} transactions")
        told.append(f"raw entries   sha256 {manifest.found.raw}")
        told.append(f"all the rest  sha256 {manifest.found.decoded}")
    return told


def _restore_lines(report: RestoreReport) -> list[str]:
    manifest = report.manifest
    made = f"made {manifest.created_at:%Y-%m-%d %H:%M:%S} UTC by version {manifest.version}"
    if report.found is None:
        return [f"People, sensors and settings of the console restored from a backup {made}"]
    told = [f"{report.found.transactions:,} transactions restored from a backup {made}"]
    if report.is_equal is None:
        told.append("The backup does not say what was in it, so nothing was compared.")
    elif report.is_equal:
        told.append("They are what was backed up, byte for byte and fact for fact.")
    else:
        told.append("They are NOT what was backed up:")
        told += _differences(report)
    return told


def _differences(report: RestoreReport) -> list[str]:
    was, found = report.manifest.found, report.found
    if was is None or found is None:
        return []
    names = ("transactions", "matches", "raw", "decoded")
    told = [
        f"  {name}: {getattr(was, name)} then, {getattr(found, name)} now"
        for name in names
        if getattr(was, name) != getattr(found, name)
    ]
    if report.manifest.version != __version__:
        told.append("  (another version may tell the same facts in another form)")
    return told


def _document(report: RestoreReport) -> dict[str, Any]:
    told: dict[str, Any] = msgspec.to_builtins(report)
    return told
