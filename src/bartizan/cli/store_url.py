"""Naming a store on the command line, without its password being there for everybody to read."""

import os
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import click

from bartizan.app.settings import load
from bartizan.cli.context import load_settings
from bartizan.domain.errors import BartizanError

HELP = """A store is named by its URL, or by where its URL is, so that no password is on the
command line: `settings` (the store of your settings), `settings:FILE` (that of other settings),
`@FILE` (a file that holds the URL) or `env:NAME` (a variable of the environment)."""


def store_url(ctx: click.Context, given: str, *, is_control: bool = False) -> str:
    """The URL that was meant. Raises what clicks tells as a wrong command line."""
    try:
        url = _looked_up(ctx, given, is_control=is_control)
    except (OSError, UnicodeDecodeError) as error:
        raise click.BadParameter(f"cannot read the URL: {error}") from error
    except BartizanError as error:
        raise click.BadParameter(str(error)) from error
    if "://" not in url:
        raise click.BadParameter(
            f"{given} is no URL of a store; else: settings, settings:FILE, @FILE, env:NAME"
        )
    return url


def _looked_up(ctx: click.Context, given: str, *, is_control: bool) -> str:
    kind, _, name = given.partition(":")
    if kind == "settings" and "://" not in given:
        settings = load(Path(name)) if name else load_settings(ctx)
        return settings.control_url() if is_control else settings.store_url()
    if given.startswith("@"):
        return Path(given[1:]).read_text().strip()
    if kind == "env":
        if name not in os.environ:
            raise click.BadParameter(f"there is no variable {name} in the environment")
        return os.environ[name]
    return given


def masked(url: str) -> str:
    """The URL for people: without its password."""
    parts = urlsplit(url)
    if parts.password is None:
        return url
    user, _, host = parts.netloc.rpartition("@")
    name = user.partition(":")[0]
    return urlunsplit(parts._replace(netloc=f"{name}:***@{host}"))
