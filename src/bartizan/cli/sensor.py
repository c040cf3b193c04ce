"""`bartizan sensor`: register the WAF instances that send, and show what to paste into them."""

import sys
from collections.abc import Callable
from typing import Any, TypeVar

import click
import msgspec
from rich.console import Console
from rich.table import Table
from rich.text import Text

from bartizan.accounts.sensors import SensorFacts
from bartizan.app import wiring
from bartizan.app.sensor_configuration import (
    PLACEHOLDER,
    Kind,
    collector_address,
    configuration,
    printed,
)
from bartizan.app.settings import Settings
from bartizan.cli.context import load_settings
from bartizan.domain.sensor import Sensor
from bartizan.kit.text import visible

_F = TypeVar("_F", bound=Callable[..., Any])
# Their address holds the secret, which only a generated one may be: it names its sensor by itself.
_SECRET_IN_ADDRESS = (Kind.NGINX_HTTPS, Kind.CORAZA)


@click.group()
def sensor() -> None:
    """Register sensors and see them.

    \b
    Example:
      bartizan sensor add shop-1 --label "Shop, Frankfurt" --at 50.11,8.68
    """


def _position(
    _ctx: click.Context, _option: click.Parameter, value: str | None
) -> tuple[float, float] | None:
    if value is None:
        return None
    try:
        latitude, longitude = (float(part) for part in value.split(","))
    except ValueError:
        raise click.BadParameter("want LATITUDE,LONGITUDE, such as 50.11,8.68") from None
    if not (-90 <= latitude <= 90 and -180 <= longitude <= 180):
        raise click.BadParameter("latitude is -90 to 90, longitude -180 to 180")
    return latitude, longitude


def _secret_options(command: _F) -> _F:
    for option in (
        click.option(
            "--collector",
            metavar="URL",
            help="How the web server reaches the collector. Default: as the settings say.",
        ),
        click.option(
            "--for",
            "kind",
            type=click.Choice([kind.value for kind in Kind]),
            default=Kind.APACHE.value,
            callback=lambda _context, _option, value: Kind(value),
            show_default=True,
            help="What the configuration is for.",
        ),
        click.option(
            "--password-stdin",
            is_flag=True,
            help="Choose the password: read from standard input. Default: a generated one.",
        ),
    ):
        command = option(command)
    return command


def _fact_options(command: _F) -> _F:
    for option in (
        click.option(
            "--trust-proxy",
            "trusted_proxies",
            multiple=True,
            metavar="CIDR",
            help="Whose X-Forwarded-For is believed in what it logs. May be repeated; '' for none.",
        ),
        click.option(
            "--allow",
            "allowed_sources",
            multiple=True,
            metavar="CIDR",
            help="Where it may deliver from; default anywhere. May be repeated; '' for anywhere.",
        ),
        click.option(
            "--zone",
            metavar="NAME",
            help="Of its clock, for logs without a time zone: Europe/Berlin. Default UTC.",
        ),
        click.option("--at", "position", callback=_position, help="LATITUDE,LONGITUDE on the map."),
        click.option("--label", help="What people call it."),
    ):
        command = option(command)
    return command


def _facts(known: SensorFacts, given: dict[str, Any]) -> SensorFacts:
    """The facts with those changed that were given on the command line."""
    changes: dict[str, Any] = {}
    if given["label"] is not None:
        changes["label"] = given["label"]
    if given["zone"] is not None:
        changes["zone"] = given["zone"] or None
    if given["position"] is not None:
        changes["latitude"], changes["longitude"] = given["position"]
    for name in ("allowed_sources", "trusted_proxies"):
        if given[name]:
            changes[name] = tuple(block for block in given[name] if block)
    return msgspec.structs.replace(known, **changes)


def _password(kind: Kind, *, password_stdin: bool) -> str | None:
    if not password_stdin:
        return None
    if kind in _SECRET_IN_ADDRESS:
        raise click.UsageError(f"--for {kind.value} needs a generated secret, not a chosen one")
    return sys.stdin.readline().rstrip("\r\n")


def _check(settings: Settings, kind: Kind, collector: str | None, password: str | None) -> None:
    """Refuse what cannot be written into a configuration before anything is changed."""
    address = collector_address(settings.collector, collector)
    configuration(kind, address, "", PLACEHOLDER if password is None else password)


def _show(settings: Settings, kind: Kind, collector: str | None, name: str, secret: str) -> None:
    address = collector_address(settings.collector, collector)
    click.echo(printed(configuration(kind, address, name, secret)))


@sensor.command()
@click.argument("name")
@_fact_options
@_secret_options
@click.pass_context
def add(
    ctx: click.Context,
    /,
    name: str,
    *,
    kind: Kind,
    collector: str | None,
    password_stdin: bool,
    **given: Any,
) -> None:
    """Register a sensor and print the configuration to paste.

    \b
    Examples:
      bartizan sensor add shop-1
      bartizan sensor add shop-2 --for nginx --zone Europe/Berlin --allow 192.0.2.7
      echo admin | bartizan sensor add admin --password-stdin
    """
    settings = load_settings(ctx)
    password = _password(kind, password_stdin=password_stdin)
    _check(settings, kind, collector, password)
    with wiring.sensor_desk(settings) as desk:
        added, secret = desk.register(name, _facts(SensorFacts(), given), password=password)
    _show(settings, kind, collector, added.name, secret)


@sensor.command()
@click.argument("name")
@_fact_options
@click.pass_context
def change(ctx: click.Context, /, name: str, **given: Any) -> None:
    """Change what is known of a sensor; what is not given stays as it is.

    \b
    Example:
      bartizan sensor change shop-1 --zone Europe/Berlin --trust-proxy 10.0.0.0/8
    """
    with wiring.sensor_desk(load_settings(ctx)) as desk:
        known = desk.find(name)
        facts = SensorFacts(
            **{field: getattr(known, field) for field in SensorFacts.__struct_fields__}
        )
        desk.change(name, _facts(facts, given))
    click.echo(f"{name} is changed.")


@sensor.command()
@click.argument("name")
@_secret_options
@click.pass_context
def rotate(
    ctx: click.Context, name: str, *, kind: Kind, collector: str | None, password_stdin: bool
) -> None:
    """Give a sensor a new password. Until it is pasted, the sensor waits and loses nothing.

    \b
    Example:
      bartizan sensor rotate shop-1
    """
    settings = load_settings(ctx)
    password = _password(kind, password_stdin=password_stdin)
    _check(settings, kind, collector, password)
    with wiring.sensor_desk(settings) as desk:
        rotated, secret = desk.rotate(name, password=password)
    _show(settings, kind, collector, rotated.name, secret)


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
    table = Table("name", "label", "position", "zone", "state", "since", box=None)
    for one in sensors:
        position = "" if one.latitude is None else f"{one.latitude:.2f}, {one.longitude:.2f}"
        state = ("demo, " if one.is_demo else "") + ("enabled" if one.is_enabled else "disabled")
        since = f"{one.created_at:%Y-%m-%d}"
        row = (one.name, visible(one.label), position, one.zone or "", state, since)
        table.add_row(*(Text(cell) for cell in row))
    Console().print(table)


def _public(sensor: Sensor) -> dict[str, object]:
    return {
        "name": sensor.name,
        "label": sensor.label,
        "latitude": sensor.latitude,
        "longitude": sensor.longitude,
        "zone": sensor.zone,
        "allowed_sources": sensor.allowed_sources,
        "trusted_proxies": sensor.trusted_proxies,
        "is_demo": sensor.is_demo,
        "is_enabled": sensor.is_enabled,
        "created_at": sensor.created_at,
        "rotated_at": sensor.rotated_at,
    }
