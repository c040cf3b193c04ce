"""`bartizan ship`: this machine's audit logs to a collector, for engines without mlogc."""

from pathlib import Path
from typing import Any

import click

from bartizan.app.settings import Settings
from bartizan.cli.context import load_settings
from bartizan.kit.memory import leaving_out
from bartizan.kit.text import visible

with leaving_out("rich", "greenlet"):  # structlog loads both if it can, 4 MB for nothing
    from bartizan.acquire.ship.dry_run import Origin
    from bartizan.kit import log

_ENGINES = ("nginx", "nginx-parallel", "coraza", "apache")


@click.command()
@click.argument("paths", nargs=-1, metavar="[PATH...]")
@click.option("--url", metavar="URL", help="The collector, such as https://waf-logs:8888.")
@click.option("--sensor", metavar="NAME", help="The name this machine is registered under.")
@click.option("--secret-file", metavar="FILE", type=click.Path(path_type=Path))
@click.option("--ca-file", metavar="FILE", type=click.Path(path_type=Path), help="PEM to trust.")
@click.option("--state-directory", metavar="DIR", type=click.Path(path_type=Path))
@click.option("--remove-delivered", is_flag=True, help="Remove from trees what has arrived.")
@click.option("--once", is_flag=True, help="Send all there is, then stop: 0, or 1 if not all went.")
@click.option("--dry-run", is_flag=True, help="Say what would be sent, and change nothing.")
@click.option(
    "--print-config",
    type=click.Choice(_ENGINES),
    help="What to write into the engine's configuration, and the rest of the set-up.",
)
@click.pass_context
def ship(
    ctx: click.Context,
    /,
    paths: tuple[str, ...],
    *,
    once: bool,
    dry_run: bool,
    print_config: str | None,
    **given: Any,
) -> None:
    """Send the audit logs at PATHS to a collector, from their beginning, and follow them.

    PATHS are serial logs, patterns of them in quotes, or directories: the trees of concurrent or
    parallel logs. Everything may also be set in [ship] of the settings. SIGHUP looks for new files
    and reads the secret again.

    \b
    Examples:
      bartizan ship --print-config nginx
      bartizan ship --url https://waf-logs:8888 --sensor web-1 \\
          --secret-file /etc/bartizan/secret /var/log/modsecurity/audit.log
    """
    settings = _with_options(load_settings(ctx), paths, given)
    if print_config is not None:
        from bartizan.app.ship_configuration import ship_configuration

        click.echo(ship_configuration(print_config, settings.ship), nl=False)
        return
    log.configure("warning" if dry_run else settings.log.level, settings.log.form)
    from bartizan.app.roles import ship as role

    if dry_run:
        _tell(role.would_send(settings))
        return
    ctx.exit(0 if role.run(settings, once=once) else 1)


def _with_options(settings: Settings, paths: tuple[str, ...], given: dict[str, Any]) -> Settings:
    """The settings, with what the command line says instead."""
    changes = {name: value for name, value in given.items() if value}
    if paths:
        changes["trees"] = tuple(Path(path) for path in paths if Path(path).is_dir())
        changes["files"] = tuple(path for path in paths if not Path(path).is_dir())
    if "secret_file" in changes:
        changes["secret"] = None
    return settings.model_copy(update={"ship": settings.ship.model_copy(update=changes)})


def _tell(origins: list[Origin]) -> None:
    for origin in origins:
        formats = ", ".join(f"{count} {name}" for name, count in sorted(origin.formats.items()))
        problems = ", ".join(f"{count} {name}" for name, count in sorted(origin.problems.items()))
        said = "; ".join(part for part in (formats, problems) if part)
        click.echo(f"{visible(origin.path)}: {origin.size_bytes} bytes: {said}")
    entries = sum(origin.entries for origin in origins)
    click.echo(f"{entries} entries would be sent", err=True)
