"""`bartizan store import-waf-fle`: the events of a WAF-FLE database."""

import re
import time
from collections import Counter
from collections.abc import Mapping
from contextlib import ExitStack, closing
from typing import Any

import click
import msgspec

from bartizan.acquire.waf_fle.event import WafFleSensor
from bartizan.acquire.waf_fle.reading import SPAN, WafFle
from bartizan.acquire.waf_fle.rebuilding import Exactness
from bartizan.acquire.waf_fle.taking import Taken, Taking
from bartizan.app import wiring
from bartizan.app.bookmark import Bookmark, Place
from bartizan.app.settings import Settings
from bartizan.cli.context import load_settings
from bartizan.cli.counting import counting
from bartizan.cli.store_url import HELP, masked, store_url
from bartizan.domain.errors import Refused
from bartizan.kit.clock import now
from bartizan.kit.text import visible

_NOT_IN_A_NAME = re.compile(r"[^A-Za-z0-9._@-]")
_LONGEST_NAME = 64
_LONGEST_LABEL = 100
_EXACTNESS = {
    Exactness.EXACT: "are the bytes that the sensor sent",
    Exactness.UNPROVEN: "are probably those bytes: nothing tells how long a body was",
    Exactness.CUT: "lack a part of a body that WAF-FLE cut off",
    Exactness.FORGED: "are not what was sent: a body that looked like sections took their place",
    Exactness.COLUMNS: "had no sections left and were written anew from the columns",
}


@click.command("import-waf-fle", epilog=HELP)
@click.argument("waf_fle", metavar="URL")
@click.option("--add-sensors", is_flag=True, help="Register sensors that there are not yet.")
@click.option("--from-start", is_flag=True, help="Also the events that were imported before.")
@click.option("--dry-run", is_flag=True, help="Say what would be imported; store nothing.")
@click.option("--json", "as_json", is_flag=True, help="Print the summary as one JSON object.")
@click.pass_context
def import_waf_fle(
    ctx: click.Context,
    waf_fle: str,
    *,
    add_sensors: bool,
    from_start: bool,
    dry_run: bool,
    as_json: bool,
) -> None:
    """Store the events of the WAF-FLE database at URL (MySQL or MariaDB), which is not changed.

    Entries are put together from the sections that WAF-FLE keeps, byte for byte where it kept them
    whole, and go the way of every import: what was delivered or imported before is a duplicate.
    Sensors keep their names, times of receipt stay, preserved events are preserved here, and
    false positives are marked as such. With
    --add-sensors the sensors get the passwords that they have there, so they only need the new
    address. Interrupted and started again, it goes on where it was; given again later, it takes
    what came since. The exit code is 1 if something could not be taken.

    \b
    Examples:
      bartizan store import-waf-fle @/root/waf-fle.url --dry-run
      bartizan store import-waf-fle mysql://reader@localhost/waffle --add-sensors
    """
    settings = load_settings(ctx)
    url = store_url(ctx, waf_fle)
    begun = time.monotonic()
    with closing(WafFle(url)) as database:
        sensors = database.sensors()
        names = {number: _name(sensor.name) for number, sensor in sensors.items()}
        added = _check_sensors(settings, sensors, names, may_add=add_sensors, is_dry_run=dry_run)
        run = _Run(settings, database, url, names, is_dry_run=dry_run)
        taken = run.go(from_start=from_start)
    seconds = time.monotonic() - begun
    headers = {names[n]: s.client_header for n, s in sensors.items() if s.client_header}
    if as_json:
        told = _document(taken, added, headers, seconds)
        click.echo(msgspec.json.encode({"is_dry_run": dry_run} | told))
    else:
        for line in _lines(taken, added, headers, seconds, is_dry_run=dry_run):
            click.echo(line, err=True)
    is_short = taken.of_unknown_sensors or taken.not_preserved or taken.not_judged
    ctx.exit(1 if taken.set_aside or is_short else 0)


def _name(name: str) -> str:
    """As close to the name there as a name here may be."""
    close = _NOT_IN_A_NAME.sub("_", name)[:_LONGEST_NAME]
    return close if re.match(r"[A-Za-z0-9_]", close) else f"_{close}"[:_LONGEST_NAME]


def _check_sensors(
    settings: Settings,
    sensors: Mapping[int, WafFleSensor],
    names: Mapping[int, str],
    *,
    may_add: bool,
    is_dry_run: bool,
) -> list[str]:
    """The names of those that were added."""
    from bartizan.accounts.sensors import SensorFacts

    twice = [name for name, count in Counter(names.values()).items() if count > 1]
    if twice:
        raise Refused("same-name", f"several sensors would be called {', '.join(twice)}")
    with wiring.sensor_desk(settings) as desk:
        known = {sensor.name for sensor in desk.sensors()}
        missing = {number: name for number, name in names.items() if name not in known}
        if is_dry_run or not missing:
            return []
        if not may_add:
            listed = ", ".join(sorted(missing.values()))
            raise click.UsageError(f"there are no sensors called {listed}: say --add-sensors")
        for number, name in missing.items():
            sensor = sensors[number]
            facts = SensorFacts(label=visible(sensor.label)[:_LONGEST_LABEL])
            try:
                desk.register(name, facts, password=sensor.password or None)
            except Refused as error:
                if error.code != "bad-password":
                    raise
                desk.register(name, facts)
            if not sensor.is_enabled:
                desk.disable(name)
    return sorted(missing.values())


class _Run:
    """One import with its bookmark and its progress bar."""

    def __init__(
        self,
        settings: Settings,
        database: WafFle,
        url: str,
        names: Mapping[int, str],
        *,
        is_dry_run: bool,
    ) -> None:
        self._settings = settings
        self._database = database
        self._origin = (
            f"waf-fle:{masked(url).partition('://')[2].rpartition('@')[2].partition('?')[0]}"
        )
        self._names = names
        self._is_dry_run = is_dry_run
        task = repr(("import-waf-fle", url, settings.store_url()))
        self._bookmark = Bookmark(settings.data_directory / "bookmarks", task, Place)

    def go(self, *, from_start: bool) -> Taken:
        first, last, count = self._database.bounds()
        place = None if from_start or self._is_dry_run else self._bookmark.read()
        position = first - 1 if place is None else place.position
        with ExitStack() as parts, counting(count) as show:
            taking = self._taking(parts)
            begun = time.monotonic()
            while position < last:
                until = min(position + SPAN, last)
                taking.take(self._database.events(position, until))
                position = until
                if not self._is_dry_run:
                    done = taking.taken.events + (0 if place is None else place.looked_at)
                    self._bookmark.write(Place(position=position, until=last, looked_at=done))
                rate = taking.taken.events / max(time.monotonic() - begun, 0.001)
                show(taking.taken.events, f"{taking.taken.stored:,} stored, {rate:,.0f}/s")
        return taking.taken

    def _taking(self, parts: ExitStack) -> Taking:
        if self._is_dry_run:
            loader = wiring.loader(self._settings, None)
            return Taking(self._origin, self._names, loader, lambda *_: None, store=None, now=now)
        store = parts.enter_context(closing(wiring.transactions(self._settings)))
        letters = parts.enter_context(closing(wiring.letters_of_import(self._settings)))
        loader = wiring.loader(self._settings, store)
        return Taking(self._origin, self._names, loader, letters.set_aside, store=store, now=now)


def _document(
    taken: Taken, added: list[str], headers: Mapping[str, str | None], seconds: float
) -> dict[str, Any]:
    return {
        "events": taken.events,
        "stored": taken.stored,
        "duplicates": taken.duplicates,
        "set_aside": dict(taken.set_aside),
        "of_unknown_sensors": taken.of_unknown_sensors,
        "entries": dict(taken.exactness),
        "preserved": taken.preserved,
        "not_preserved": taken.not_preserved,
        "false_positives": taken.false_positives,
        "not_judged": taken.not_judged,
        "sensors_added": added,
        "client_headers": dict(headers),
        "seconds": round(seconds, 3),
    }


def _lines(
    taken: Taken,
    added: list[str],
    headers: Mapping[str, str | None],
    seconds: float,
    *,
    is_dry_run: bool,
) -> list[str]:
    """The summary for people, with what is lost and what is left to do."""
    told = [f"{taken.events:,} events in {seconds:,.0f} s"]
    if is_dry_run:
        told.append("Nothing was stored: this was a dry run.")
    else:
        aside = sum(taken.set_aside.values())
        told.append(
            f"{taken.stored:,} stored, {taken.duplicates:,} duplicates, {aside:,} set aside"
        )
    told += [f"  {count:,} set aside: {code}" for code, count in taken.set_aside.items()]
    told += [
        f"  {taken.exactness[kind.value]:,} entries {words}"
        for kind, words in _EXACTNESS.items()
        if taken.exactness[kind.value]
    ]
    if taken.of_unknown_sensors:
        told.append(f"  {taken.of_unknown_sensors:,} events belong to no sensor: left out")
    if taken.preserved or taken.not_preserved:
        told.append(f"  {taken.preserved:,} preserved events are preserved here")
    if taken.not_preserved:
        told.append(f"  {taken.not_preserved:,} could not be preserved")
    if taken.false_positives:
        told.append(f"  {taken.false_positives:,} false positives are marked as such here")
    if taken.not_judged:
        told.append(f"  {taken.not_judged:,} false positives could not be marked")
    if added:
        told.append(f"Sensors added, with the passwords they have there: {', '.join(added)}")
    told += [
        f"{name} told the client's address in {visible(header or '')}: to have that here, say who"
        f" may: bartizan sensor change {name} --trust-proxy ADDRESS"
        for name, header in headers.items()
    ]
    return told
