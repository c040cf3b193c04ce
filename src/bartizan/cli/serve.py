"""`bartizan serve`: everything, one process per role; or a single role."""

import importlib

import click

from bartizan.app.supervisor import role_command, stop_when_parent_ends, supervise
from bartizan.cli.context import load_settings
from bartizan.kit import log
from bartizan.kit.metrics import make_shared_directory
from bartizan.spool.contract import Share

_ROLES = ("collector", "worker", "console")


def _share(_ctx: click.Context, _option: click.Parameter, value: str | None) -> Share | None:
    if value is None:
        return None
    number, _, of = value.partition("/")
    if not (number.isdecimal() and of.isdecimal() and 1 <= int(number) <= int(of)):
        raise click.BadParameter("want K/N, such as 1/2")
    return Share(index=int(number) - 1, of=int(of))


@click.command()
@click.option("--demo", is_flag=True, help="Also send recorded traffic from demo sensors.")
@click.option(
    "--role",
    type=click.Choice([*_ROLES, "demo"]),
    help="Run only this role, in this process (for several machines, or a service manager).",
)
@click.option(
    "--share",
    callback=_share,
    help="With --role worker: K/N, this worker is number K of N that share the spool.",
)
@click.pass_context
def serve(ctx: click.Context, *, demo: bool, role: str | None, share: Share | None) -> None:
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
        run = importlib.import_module(f"bartizan.app.roles.{role}").run
        run(settings, share) if role == "worker" else run(settings)
        return
    settings.data_directory.mkdir(mode=0o700, parents=True, exist_ok=True)
    options = ("--settings", str(ctx.obj)) if ctx.obj else ()
    workers = settings.ingest.workers
    roles = [
        ("collector", role_command("collector", options)),
        *(
            ("worker", role_command("worker", options, ("--share", f"{number}/{workers}")))
            for number in range(1, workers + 1)
        ),
        ("console", role_command("console", options)),
    ]
    if demo:
        roles.append(("demo", role_command("demo", options)))
    supervise(roles, make_shared_directory(settings.data_directory / "metrics"))
