"""`bartizan store`: where transactions live, as a whole."""

import click

from bartizan.cli.store_backup import backup, restore
from bartizan.cli.store_copy import copy
from bartizan.cli.store_upgrade import upgrade
from bartizan.cli.store_verify import verify
from bartizan.cli.store_waf_fle import import_waf_fle


@click.group()
def store() -> None:
    """The stores as a whole: upgrade, move, verify, back up, restore.

    \b
    Example:
      bartizan store copy settings @/etc/bartizan/new-store.url
    """


for command in (upgrade, copy, verify, backup, restore, import_waf_fle):
    store.add_command(command)
