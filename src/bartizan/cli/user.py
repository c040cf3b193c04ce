"""`bartizan user`: the people of the console, from the command line."""

import sys

import click
import msgspec

from bartizan.accounts.people import Terms
from bartizan.accounts.permissions import sees_payloads
from bartizan.app import wiring
from bartizan.app.accounts_wiring import Accounts, console_url
from bartizan.cli.context import load_settings
from bartizan.domain.errors import Misconfigured
from bartizan.domain.person import Person, Role
from bartizan.kit.text import visible

_ROLE = click.Choice([role.value for role in Role])
_SCOPE = click.option(
    "--scope",
    default="",
    help="What they see, such as 'sensor=web-1&host=shop.example', 'view=Shop' or 'status:403'.",
)
_PAYLOADS = click.option(
    "--payloads/--no-payloads",
    default=None,
    help="Whether they see payloads; default: as the role.",
)


@click.group()
def user() -> None:
    """Add, invite, change, list and remove people.

    \b
    Example:
      bartizan user invite anna --role analyst
    """


def _password(password_stdin: bool) -> str:
    if password_stdin:
        return sys.stdin.readline().rstrip("\r\n")
    password: str = click.prompt("Password", hide_input=True, confirmation_prompt=True)
    return password


@user.command()
@click.argument("name")
@click.option("--role", type=_ROLE, default=Role.VIEWER.value, show_default=True)
@_SCOPE
@_PAYLOADS
@click.option("--password-stdin", is_flag=True, help="Read the password from standard input.")
@click.pass_context
def add(
    ctx: click.Context,
    name: str,
    *,
    role: str,
    scope: str,
    payloads: bool | None,
    password_stdin: bool,
) -> None:
    """Add a person with a password.

    \b
    Example:
      bartizan user add anna --role analyst
    """
    with wiring.accounts(load_settings(ctx)) as desk:
        password = _password(password_stdin)
        person = desk.people.add(name, password, Role(role), desk.scope(scope), payloads)
        desk.note("person.added", name, _told(person))
    click.echo(f"{name} may log in as {role}.")


@user.command()
@click.argument("name")
@click.option("--role", type=_ROLE, default=Role.VIEWER.value, show_default=True)
@_SCOPE
@_PAYLOADS
@click.pass_context
def invite(ctx: click.Context, name: str, *, role: str, scope: str, payloads: bool | None) -> None:
    """Make a one-time link with which a person chooses a password; for one who exists, a new one.

    \b
    Example:
      bartizan user invite anna --role analyst --scope host=shop.example
    """
    settings = load_settings(ctx)
    with wiring.accounts(settings) as desk:
        terms = Terms(role=Role(role), scope=desk.scope(scope), sees_payloads=payloads)
        if desk.people.is_known(name):
            person, code = desk.invitations.renew(desk.people.find(name))
        else:
            person, code = desk.invitations.invite(name, terms)
        desk.note("person.invited", name, _told(person))
    try:
        address = console_url(settings)
    except Misconfigured:
        address = f"http://THIS-MACHINE:{settings.console.port}"
    click.echo(f"For {visible(name)} alone, once, within three days:")
    click.echo(f"  {address}/welcome#code={code}")


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
    with wiring.accounts(load_settings(ctx)) as desk:
        desk.people.set_password(name, _password(password_stdin))
        desk.note("password.changed", name)
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
    with wiring.accounts(load_settings(ctx)) as desk:
        desk.people.set_role(name, Role(role))
        _note(desk, "person.changed", name)
    click.echo(f"{name} is {role} from the next login on.")


@user.command()
@click.argument("name")
@click.argument("scope")
@_PAYLOADS
@click.pass_context
def scope(ctx: click.Context, name: str, scope: str, *, payloads: bool | None) -> None:
    """Change what a person sees ('' is everything); ends their sessions if that changes anything.

    \b
    Example:
      bartizan user scope anna 'sensor=web-1&sensor=web-2' --no-payloads
    """
    with wiring.accounts(load_settings(ctx)) as desk:
        person = desk.people.find(name)
        terms = Terms(role=person.role, scope=desk.scope(scope), sees_payloads=payloads)
        desk.people.change(person, terms)
        _note(desk, "person.changed", name)
    click.echo(f"{name} sees {terms.scope or 'everything'}.")


@user.command()
@click.argument("name")
@click.pass_context
def disable(ctx: click.Context, name: str) -> None:
    """Shut a person out at once.

    \b
    Example:
      bartizan user disable anna
    """
    with wiring.accounts(load_settings(ctx)) as desk:
        desk.people.disable(name)
        desk.note("person.disabled", name)
    click.echo(f"{name} is disabled; their sessions have ended.")


@user.command()
@click.argument("name")
@click.pass_context
def enable(ctx: click.Context, name: str) -> None:
    """Let a disabled person in again.

    \b
    Example:
      bartizan user enable anna
    """
    with wiring.accounts(load_settings(ctx)) as desk:
        desk.people.enable(name)
        desk.note("person.enabled", name)
    click.echo(f"{name} may log in again.")


@user.command()
@click.argument("name")
@click.pass_context
def remove(ctx: click.Context, name: str) -> None:
    """Remove a person with their sessions and tokens.

    \b
    Example:
      bartizan user remove anna
    """
    with wiring.accounts(load_settings(ctx)) as desk:
        desk.people.remove(desk.people.find(name))
        desk.note("person.removed", name)
    click.echo(f"{name} is removed, with their sessions and tokens.")


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
        if as_json:
            click.echo(msgspec.json.encode(_public(one)))
        else:
            state = "" if one.is_enabled else "  disabled"
            state += "  invited" if one.invite_digest and not one.password_hash else ""
            seen = f"  sees {one.scope}" if one.scope else ""
            click.echo(f"{visible(one.name)}  {one.role.value}{visible(seen)}{state}")


def _public(one: Person) -> dict[str, object]:
    return {
        "name": one.name,
        "role": one.role,
        "is_enabled": one.is_enabled,
        "scope": one.scope,
        "sees_payloads": sees_payloads(one.role, stated=one.sees_payloads),
        "source": one.source,
    }


def _note(desk: Accounts, action: str, name: str) -> None:
    desk.note(action, name, _told(desk.people.find(name)))


def _told(person: Person) -> str:
    return f"{person.role.value}; scope {person.scope or 'everything'}"
