"""`bartizan user`: the people of the console, from the command line."""

import sys

import click
import msgspec

from bartizan.app import wiring
from bartizan.cli.context import load_settings
from bartizan.domain.person import Role
from bartizan.kit.text import visible

_ROLE = click.Choice([role.value for role in Role])


@click.group()
def user() -> None:
    """Add, list and disable people.

    \b
    Example:
      bartizan user add anna --role analyst
    """


def _password(password_stdin: bool) -> str:
    if password_stdin:
        return sys.stdin.readline().rstrip("\r\n")
    password: str = click.prompt("Password", hide_input=True, confirmation_prompt=True)
    return password


@user.command()
@click.argument("name")
@click.option("--role", type=_ROLE, default=Role.VIEWER.value, show_default=True)
@click.option("--password-stdin", is_flag=True, help="Read the password from standard input.")
@click.pass_context
def add(ctx: click.Context, name: str, *, role: str, password_stdin: bool) -> None:
    """Add a person.

    \b
    Example:
      bartizan user add anna --role analyst
    """
    with wiring.people_desk(load_settings(ctx)) as desk:
        desk.add(name, _password(password_stdin), Role(role))
    click.echo(f"{name} may log in as {role}.")


@user.command()
@click.argument("name")
@click.option("--password-stdin", is_flag=True, help="Read the password from standard input.")
@click.pass_context
def password(ctx: click.Context, name: str, *, password_stdin: bool) -> None:
    """Set a person's password; ends all their sessions.

    \b
    Example:
      bartizan user password anna
    """
    with wiring.people_desk(load_settings(ctx)) as desk:
        desk.set_password(name, _password(password_stdin))
    click.echo(f"{name} has a new password; their sessions have ended.")


@user.command()
@click.argument("name")
@click.argument("role", type=_ROLE)
@click.pass_context
def role(ctx: click.Context, name: str, role: str) -> None:
    """Change a person's role; ends all their sessions.

    \b
    Example:
      bartizan user role anna admin
    """
    with wiring.people_desk(load_settings(ctx)) as desk:
        desk.set_role(name, Role(role))
    click.echo(f"{name} is {role} from the next login on.")


@user.command()
@click.argument("name")
@click.pass_context
def disable(ctx: click.Context, name: str) -> None:
    """Shut a person out at once.

    \b
    Example:
      bartizan user disable anna
    """
    with wiring.people_desk(load_settings(ctx)) as desk:
        desk.disable(name)
    click.echo(f"{name} is disabled; their sessions have ended.")


@user.command("list")
@click.option("--json", "as_json", is_flag=True, help="One JSON object per line.")
@click.pass_context
def list_(ctx: click.Context, *, as_json: bool) -> None:
    """Show the people.

    \b
    Example:
      bartizan user list --json
    """
    with wiring.people_desk(load_settings(ctx)) as desk:
        people = desk.people()
    for one in people:
        public = {"name": one.name, "role": one.role, "is_enabled": one.is_enabled}
        if as_json:
            click.echo(msgspec.json.encode(public))
        else:
            state = "" if one.is_enabled else "  disabled"
            click.echo(f"{visible(one.name)}  {one.role.value}{state}")
