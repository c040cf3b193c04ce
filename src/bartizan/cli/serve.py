"""`bartizan serve`: everything, one process per role; or a single role."""

import importlib

import click

from bartizan.app.supervisor import role_command, stop_when_parent_ends, supervise
from bartizan.cli.context import load_settings
from bartizan.kit import log
from bartizan.kit.metrics import make_shared_directory

_ROLES = ("collector", "worker", "console")


@click.command()
@click.option("--demo", is_flag=True, help="Also send recorded traffic from demo sensors.")
@click.option(
    "--role",
    type=click.Choice([*_ROLES, "demo"]),
    help="Run only this role, in this process (for several machines, or a service manager).",
)
@click.pass_context
def serve(ctx: click.Context, *, demo: bool, role: str | None) -> None:
    """Receive, store and show. Stops on Ctrl-C or SIGTERM within 10 seconds.

    \b
    Examples:
      bartizan serve
      bartizan --settings /etc/bartizan.toml serve --role collector
    """
    settings = load_settings(ctx)
    log.configure(settings.log.level, settings.log.form)
    if role is not None:
        stop_when_parent_ends()
        importlib.import_module(f"bartizan.app.roles.{role}").run(settings)
        return
    settings.data_directory.mkdir(mode=0o700, parents=True, exist_ok=True)
    options = ("--settings", str(ctx.obj)) if ctx.obj else ()
    roles = (*_ROLES, "demo") if demo else _ROLES
    shared = make_shared_directory(settings.data_directory / "metrics")
    supervise([(name, role_command(name, options)) for name in roles], shared)
