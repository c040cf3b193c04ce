"""What every command begins with: the settings, and the parts they describe."""

import click

from bartizan.app.settings import Settings, load


def load_settings(ctx: click.Context) -> Settings:
    """The settings named by `--settings`, which the program keeps as its context's object."""
    return load(ctx.find_root().obj)
