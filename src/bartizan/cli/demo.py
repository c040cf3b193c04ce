"""`bartizan demo`: recorded attacks on the map before the first sensor of one's own."""

import threading

import click

from bartizan.app import demo_play
from bartizan.app.stopping import stop_on_signals
from bartizan.cli.context import load_settings


@click.command()
@click.option(
    "--rate",
    type=click.FloatRange(0, 500),
    default=demo_play.RATE,
    show_default=True,
    help="Entries a second; 0 sends only the burst.",
)
@click.option(
    "--for", "for_s", type=click.FloatRange(0), help="Seconds to send; default: until Ctrl-C."
)
@click.option(
    "--burst",
    type=click.IntRange(0, 1_000_000),
    help=f"Entries to send at once first. Default: {demo_play.FIRST_BURST} if the demo is new.",
)
@click.option(
    "--spread",
    "spread_h",
    type=click.FloatRange(0, 24 * 365),
    default=24.0,
    show_default=True,
    help="Hours over which the burst seems to have happened.",
)
@click.option("--remove", is_flag=True, help="Remove the demo sensors and all they sent.")
@click.pass_context
def demo(
    ctx: click.Context,
    *,
    rate: float,
    for_s: float | None,
    burst: int | None,
    spread_h: float,
    remove: bool,
) -> None:
    """Send recorded real attacks through the collector, as if they happened now.

    They come from sensors marked as demo, named demo-...; `bartizan serve` must be running. The
    attacks are real, the client addresses are made up.

    \b
    Examples:
      bartizan demo
      bartizan demo --burst 2000 --spread 72 --rate 0
      bartizan demo --remove
    """
    settings = load_settings(ctx)
    if remove:
        removed = demo_play.clear(settings)
        click.echo(f"The demo is removed: {removed} transactions and its sensors.")
        return
    stop = stop_on_signals()
    if for_s is not None:
        timer = threading.Timer(for_s, stop.set)
        timer.daemon = True
        timer.start()
    demo_play.play(settings, stop, rate=rate, burst=burst, spread_over_s=spread_h * 3600)
