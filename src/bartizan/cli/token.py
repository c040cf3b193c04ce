"""`bartizan token`: what programs show instead of a password."""

import re
from datetime import UTC, datetime, timedelta

import click
import msgspec

from bartizan.accounts.tokens import TokenTerms
from bartizan.app import wiring
from bartizan.cli.context import load_settings
from bartizan.domain.errors import Refused
from bartizan.domain.person import Role
from bartizan.kit.clock import now
from bartizan.kit.text import visible

_ROLE = click.Choice([role.value for role in Role])
_DAYS = re.compile(r"([1-9][0-9]{0,4})d")


@click.group()
def token() -> None:
    """Make, list and revoke tokens for API v1.

    \b
    Example:
      bartizan token add dashboard --until 90d
    """


def _until(text: str | None) -> datetime | None:
    """`90d`, or an ISO date, which counts to its end."""
    if text is None:
        return None
    days = _DAYS.fullmatch(text)
    if days is not None:
        return now() + timedelta(days=int(days[1]))
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise click.BadParameter("write it as 90d or 2027-12-31", param_hint="--until") from None
    if len(text) <= len("2027-12-31"):
        moment += timedelta(days=1)
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)


@token.command()
@click.argument("name")
@click.option("--role", type=_ROLE, default=Role.VIEWER.value, show_default=True)
@click.option("--scope", default="", help="What it sees, such as 'sensor=web-1'.")
@click.option("--payloads/--no-payloads", default=None, help="Default: as the role.")
@click.option("--until", help="90d or 2027-12-31; default: without end.")
@click.option("--person", help="Whose it is; default: nobody's, the installation's.")
@click.pass_context
def add(
    ctx: click.Context,
    name: str,
    *,
    role: str,
    scope: str,
    payloads: bool | None,
    until: str | None,
    person: str | None,
) -> None:
    """Make a token and print it, this once.

    \b
    Example:
      bartizan token add wall --role viewer --until 90d
    """
    with wiring.accounts(load_settings(ctx)) as desk:
        terms = TokenTerms(
            name=name,
            role=Role(role),
            scope=desk.scope(scope),
            sees_payloads=payloads,
            until=_until(until),
        )
        owner = None if person is None else desk.people.find(person)
        made, secret = desk.tokens.add(terms, owner=owner, by="bartizan token")
        desk.note("token.added", name, f"{role}; scope {made.scope or 'everything'}")
    click.echo(secret)


@token.command("list")
@click.option("--json", "as_json", is_flag=True, help="One JSON object per line.")
@click.pass_context
def list_(ctx: click.Context, *, as_json: bool) -> None:
    """Show the tokens, the newest first; never their secrets.

    \b
    Example:
      bartizan token list --json
    """
    with wiring.accounts(load_settings(ctx)) as desk:
        names = {person.id: person.name for person in desk.people.people()}
        found = desk.tokens.tokens()
    for one in found:
        owner = names.get(one.person_id or 0)
        if as_json:
            public = {
                "id": one.id,
                "name": one.name,
                "person": owner,
                "role": one.role,
                "scope": one.scope,
                "until": one.until,
                "used_at": one.used_at,
            }
            click.echo(msgspec.json.encode(public))
        else:
            until = "without end" if one.until is None else f"until {one.until:%Y-%m-%d}"
            whose = f"of {owner}" if owner else "of nobody"
            used = "never used" if one.used_at is None else f"used {one.used_at:%Y-%m-%d %H:%M}"
            line = f"{one.id}  {one.name}  {whose}  {one.role.value}  {until}  {used}"
            click.echo(visible(line))


@token.command()
@click.argument("token_id", type=int)
@click.pass_context
def revoke(ctx: click.Context, token_id: int) -> None:
    """Revoke a token at once, by the number that `list` shows.

    \b
    Example:
      bartizan token revoke 7
    """
    with wiring.accounts(load_settings(ctx)) as desk:
        gone = desk.tokens.revoke(token_id)
        if gone is None:
            raise Refused("no-such-token", "there is no token with this number", str(token_id))
        desk.note("token.revoked", gone.name)
    click.echo(f"{visible(gone.name)} is worth nothing any more.")
