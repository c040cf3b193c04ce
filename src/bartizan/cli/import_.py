"""`bartizan import`: files, trees and archives into the store; safe to repeat and to interrupt."""

import signal
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager
from types import FrameType

import click
import msgspec

from bartizan.acquire.checkpoint import Checkpoint
from bartizan.acquire.files import STANDARD_INPUT, Files, total_bytes
from bartizan.acquire.found import Problem
from bartizan.acquire.intake import Intake, KeepMarks, SetAside
from bartizan.acquire.opened import OnProgress
from bartizan.acquire.tally import Summary, Tally
from bartizan.app.settings import Settings
from bartizan.cli.context import load_settings
from bartizan.cli.import_summary import print_summary, sentence
from bartizan.cli.progress import progress
from bartizan.store.contract import Store


@click.command("import")
@click.argument("paths", nargs=-1, required=True, metavar="PATH...")
@click.option("--sensor", required=True, metavar="NAME", help="Whose entries they are.")
@click.option("--add-sensor", is_flag=True, help="Register the sensor if there is none so called.")
@click.option("--zone", metavar="ZONE", help="With --add-sensor: its clock, as Europe/Berlin.")
@click.option("--dry-run", is_flag=True, help="Say what would be imported; store nothing.")
@click.option("--from-start", is_flag=True, help="Read again what was imported before.")
@click.option("--limit", type=click.IntRange(min=1), metavar="N", help="Stop after N entries.")
@click.option("--json", "as_json", is_flag=True, help="Print the summary as one JSON object.")
@click.pass_context
def import_(
    ctx: click.Context,
    paths: tuple[str, ...],
    *,
    sensor: str,
    add_sensor: bool,
    zone: str | None,
    dry_run: bool,
    from_start: bool,
    limit: int | None,
    as_json: bool,
) -> None:
    """Store the entries in PATHS: files, directories and archives of audit logs, in any mixture.

    Each entry's format is told by its content; gzip, zstd, bzip2, xz, tar and zip are unpacked on
    the way. Entries that are stored already are told as duplicates and change nothing. What cannot
    be decoded goes to the dead letters with its reason, and the exit code is then 1. Interrupted
    and started again, or when files have grown, it goes on where it was. A path of - is standard
    input.

    \b
    Examples:
      bartizan import /var/log/modsec_audit.log /var/log/modsec_audit --sensor web-1
      bartizan import --dry-run --json evidence.tar.gz --sensor web-1
    """
    kind = click.Path(exists=True, allow_dash=True)
    for path in paths:
        kind.convert(path, None, ctx)
    if zone is not None and not add_sensor:
        raise click.UsageError(
            "--zone is for --add-sensor; else: bartizan sensor change NAME --zone"
        )
    settings = load_settings(ctx)
    _check_sensor(settings, sensor, zone, add_sensor=add_sensor, is_dry_run=dry_run)
    begun = time.monotonic()
    with _stopping(is_interactive=STANDARD_INPUT in paths) as stopping, ExitStack() as parts:
        run = _Run(settings, paths, sensor, parts, is_dry_run=dry_run, from_start=from_start)
        is_all = run.read(limit, stopping)
    summary = run.intake.tally.summary()
    seconds = time.monotonic() - begun
    is_interrupted = not is_all and stopping.is_set
    if as_json:
        facts = {"sensor": sensor, "is_complete": is_all, "is_dry_run": dry_run}
        told = facts | {"seconds": round(seconds, 3)} | msgspec.to_builtins(summary)
        click.echo(msgspec.json.encode(told))
    else:
        print_summary(summary, seconds, is_dry_run=dry_run, is_interrupted=is_interrupted)
    ctx.exit(1 if is_interrupted or _is_wrong(summary) else 0)


def _is_wrong(summary: Summary) -> bool:
    """Whether something was set aside, or what was named holds nothing that we know."""
    codes = {reason.code for reason in summary.reasons}
    is_unknown = not summary.entries and Problem.NO_ENTRIES in codes
    return bool(summary.set_aside) or is_unknown


def _check_sensor(
    settings: Settings, name: str, zone: str | None, *, add_sensor: bool, is_dry_run: bool
) -> None:
    from bartizan.accounts.sensors import SensorFacts
    from bartizan.app import wiring

    with wiring.sensor_desk(settings) as desk:
        names = [sensor.name for sensor in desk.sensors()]
        if name in names:
            return
        if add_sensor and not is_dry_run:
            desk.register(name, SensorFacts(zone=zone))
            return
    if not is_dry_run:
        known = f"There are: {', '.join(names)}." if names else "There is none yet."
        raise click.BadParameter(
            f"there is no sensor named {name}. {known} Add it with --add-sensor, or with"
            f" bartizan sensor add {name}, which also prints its configuration.",
            param_hint="--sensor",
        )


class _Stopping:
    """Whether a signal asked to stop. The second one does not ask."""

    def __init__(self, *, is_interactive: bool) -> None:
        self.is_set = False
        self._is_interactive = is_interactive

    def on_signal(self, _number: int, _frame: FrameType | None) -> None:
        if self.is_set or self._is_interactive:
            raise KeyboardInterrupt
        self.is_set = True


@contextmanager
def _stopping(*, is_interactive: bool) -> Iterator[_Stopping]:
    """While the block runs, SIGINT and SIGTERM ask to stop after the batch at hand."""
    stopping = _Stopping(is_interactive=is_interactive)
    numbers = (signal.SIGINT, signal.SIGTERM)
    before = [signal.signal(number, stopping.on_signal) for number in numbers]
    try:
        yield stopping
    finally:
        for number, handler in zip(numbers, before, strict=True):
            signal.signal(number, handler)


def _forget(*_: object) -> None:
    """A dry run keeps nothing."""


class _Run:
    """The parts of one import; `parts` closes them."""

    def __init__(
        self,
        settings: Settings,
        paths: tuple[str, ...],
        sensor: str,
        parts: ExitStack,
        *,
        is_dry_run: bool,
        from_start: bool,
    ) -> None:
        from bartizan.app import wiring

        self._paths = paths
        self._parts = parts
        self._total = total_bytes(paths)
        self._memory: Checkpoint | None = None
        store: Store | None = None
        set_aside: SetAside = _forget
        keep: KeepMarks = _forget
        if not is_dry_run:
            store = parts.enter_context(closing(wiring.transactions(settings)))
            self._memory = parts.enter_context(
                closing(wiring.checkpoint(settings, sensor, store, from_start=from_start))
            )
            set_aside = parts.enter_context(closing(wiring.letters_of_import(settings))).set_aside
            keep = self._memory.keep
        loader = wiring.loader(settings, store)
        self.intake = Intake(sensor, loader, set_aside, keep)

    def read(self, limit: int | None, stopping: _Stopping) -> bool:
        """Whether all was read."""
        if not sys.stderr.isatty():
            return self._read(limit, stopping, lambda _: None, lambda _: None)
        begun = time.monotonic()
        shown = self._parts.enter_context(progress(self._total))

        def tell(tally: Tally) -> None:
            rate = tally.entries / max(time.monotonic() - begun, 0.001)
            shown.tell(f"{sentence(tally)}, {rate:,.0f}/s")

        return self._read(limit, stopping, tell, shown.advance)

    def _read(
        self,
        limit: int | None,
        stopping: _Stopping,
        tell: Callable[[Tally], None],
        advance: OnProgress,
    ) -> bool:
        files = Files(advance, memory=self._memory)
        return self.intake.run(
            files.read(self._paths), tell, limit=limit, is_stopped=lambda: stopping.is_set
        )
