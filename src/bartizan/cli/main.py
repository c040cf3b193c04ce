"""`bartizan`: one command, each subcommand in a file of its own, loaded when it is asked for.

Exit codes: 0 done, 1 something is wrong and was said, 2 the command line is wrong.
"""

import importlib
import sys
from pathlib import Path

import click

from bartizan import __version__
from bartizan.domain.errors import BartizanError

# name -> (module, object); the order is the one people meet them in.
_COMMANDS = {
    "serve": ("serve", "serve"),
    "demo": ("demo", "demo"),
    "sensor": ("sensor", "sensor"),
    "user": ("user", "user"),
    "token": ("token", "token"),
    "decode": ("decode", "decode"),
    "import": ("import_", "import_"),
    "search": ("search", "search"),
    "ship": ("ship", "ship"),
    "spool": ("spool", "spool"),
    "store": ("store", "store"),
    "redact": ("redact", "redact"),
    "reprocess": ("reprocess", "reprocess"),
    "retention": ("retention", "retention"),
    "triage": ("triage", "triage"),
    "check": ("check", "check"),
}


class Commands(click.Group):
    """Loads a command's module only when it is used: `decode` needs no web server."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002
        return list(_COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        if cmd_name not in _COMMANDS:
            return None
        module, name = _COMMANDS[cmd_name]
        command: click.Command = getattr(importlib.import_module(f"bartizan.cli.{module}"), name)
        return command


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.option(
    "--settings",
    "settings_file",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="Settings file; default: bartizan.toml here, if there is one.",
)
@click.version_option(__version__, prog_name="bartizan")
@click.pass_context
def program(ctx: click.Context, settings_file: Path | None) -> None:
    """The home for WAF audit logs.

    \b
    Example:
      bartizan serve --demo
    """
    ctx.obj = settings_file


def main() -> None:
    """The entry point: tells errors of ours in one line, without a traceback."""
    try:
        program(prog_name="bartizan", standalone_mode=True)
    except BartizanError as error:
        click.echo(f"bartizan: {error}", err=True)
        sys.exit(1)


if __name__ == "__main__":
    main()
