"""`bartizan sensor`: register the WAF instances that send, and show what to paste into them."""

import sys

import click
import msgspec
from rich.console import Console
from rich.table import Table
from rich.text import Text

from bartizan.app import wiring
from bartizan.app.sensor_configuration import mlogc_configuration
from bartizan.cli.context import load_settings
from bartizan.domain.sensor import Sensor
from bartizan.kit.text import visible

_PASSWORD_OPTION = click.option(
    "--password-stdin",
    is_flag=True,
    help="Choose the password: read from standard input. Default: a generated one.",
)


@click.group()
def sensor() -> None:
    """Register sensors and see them.

    \b
    Example:
      bartizan sensor add shop-1 --label "Shop, Frankfurt" --at 50.11,8.68
    """


def _password(password_stdin: bool) -> str | None:
    return sys.stdin.readline().rstrip("\r\n") if password_stdin else None


def _position(_ctx: click.Context, _option: click.Parameter, value: str | None) -> str | None:
    if value is None:
        return None
    try:
        latitude, longitude = (float(part) for part in value.split(","))
    except ValueError:
        raise click.BadParameter("want LATITUDE,LONGITUDE, such as 50.11,8.68") from None
    if not (-90 <= latitude <= 90 and -180 <= longitude <= 180):
        raise click.BadParameter("latitude is -90 to 90, longitude -180 to 180")
    return value


@sensor.command()
@click.argument("name")
@_PASSWORD_OPTION
@click.option("--label", default="", help="What people call it.")
@click.option("--at", "position", callback=_position, help="LATITUDE,LONGITUDE on the map.")
@click.pass_context
def add(
    ctx: click.Context, name: str, *, password_stdin: bool, label: str, position: str | None
) -> None:
    """Register a sensor and print the configuration to paste.

    \b
    Examples:
      bartizan sensor add shop-1
      echo admin | bartizan sensor add admin --password-stdin
    """
    settings = load_settings(ctx)
    at = [float(part) for part in position.split(",")] if position else [None, None]
    with wiring.sensor_desk(settings) as desk:
        added, secret = desk.add(
            name, password=_password(password_stdin), label=label, latitude=at[0], longitude=at[1]
        )
    click.echo(mlogc_configuration(settings.collector, added.name, secret))


@sensor.command()
@click.argument("name")
@_PASSWORD_OPTION
@click.pass_context
def rotate(ctx: click.Context, name: str, *, password_stdin: bool) -> None:
    """Give a sensor a new password. Until it is pasted, the sensor waits and loses nothing.

    \b
    Example:
      bartizan sensor rotate shop-1
    """
    settings = load_settings(ctx)
    with wiring.sensor_desk(settings) as desk:
        rotated, secret = desk.rotate(name, password=_password(password_stdin))
    click.echo(mlogc_configuration(settings.collector, rotated.name, secret))


@sensor.command()
@click.argument("name")
@click.pass_context
def disable(ctx: click.Context, name: str) -> None:
    """Refuse a sensor from now on; what it sent stays.

    \b
    Example:
      bartizan sensor disable shop-1
    """
    with wiring.sensor_desk(load_settings(ctx)) as desk:
        desk.disable(name)
    click.echo(f"{name} is disabled.")


@sensor.command()
@click.argument("name")
@click.pass_context
def enable(ctx: click.Context, name: str) -> None:
    """Accept a disabled sensor again.

    \b
    Example:
      bartizan sensor enable shop-1
    """
    with wiring.sensor_desk(load_settings(ctx)) as desk:
        desk.enable(name)
    click.echo(f"{name} is enabled.")


@sensor.command("list")
@click.option("--json", "as_json", is_flag=True, help="One JSON object per line.")
@click.pass_context
def list_(ctx: click.Context, *, as_json: bool) -> None:
    """Show the sensors.

    \b
    Example:
      bartizan sensor list --json
    """
    with wiring.sensor_desk(load_settings(ctx)) as desk:
        sensors = desk.sensors()
    if as_json:
        for one in sensors:
            click.echo(msgspec.json.encode(_public(one)))
        return
    if not sensors:
        click.echo("No sensor yet. Add one: bartizan sensor add NAME", err=True)
        return
    table = Table("name", "label", "position", "state", "since", box=None)
    for one in sensors:
        position = "" if one.latitude is None else f"{one.latitude:.2f}, {one.longitude:.2f}"
        state = ("demo, " if one.is_demo else "") + ("enabled" if one.is_enabled else "disabled")
        row = (one.name, visible(one.label), position, state, f"{one.created_at:%Y-%m-%d}")
        table.add_row(*(Text(cell) for cell in row))
    Console().print(table)


def _public(sensor: Sensor) -> dict[str, object]:
    return {
        "name": sensor.name,
        "label": sensor.label,
        "latitude": sensor.latitude,
        "longitude": sensor.longitude,
        "is_demo": sensor.is_demo,
        "is_enabled": sensor.is_enabled,
        "created_at": sensor.created_at,
        "rotated_at": sensor.rotated_at,
    }
