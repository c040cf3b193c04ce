"""`bartizan spool dead-letters`: see, decode again or remove what could not be decoded.

Everything shown was written by whoever sent it, so it is printed with control characters named.
"""

import sys
import time
from collections.abc import Callable, Sequence
from contextlib import closing
from functools import wraps
from typing import Any

import click
import msgspec

from bartizan.app import wiring
from bartizan.cli.context import load_settings
from bartizan.cli.counting import counting
from bartizan.domain.delivery import LetterSelection
from bartizan.kit.text import text, visible
from bartizan.query.dead_letters import DeadLetterDesk, KindView, LetterStep, LetterView

_HEX_COLUMNS = 16
_HEAD = 60
_LOOK_EVERY_S = 0.2


@click.group("dead-letters")
def dead_letters() -> None:
    """What could not be decoded: see it, decode it again, remove it on purpose.

    \b
    Example:
      bartizan spool dead-letters list
    """


def _chosen(command: Callable[..., None]) -> Callable[..., None]:
    """The options that choose letters, as one argument `selection`."""

    @click.argument("ids", nargs=-1, type=click.IntRange(1, 2**63 - 1), metavar="[ID]...")
    @click.option("--sensor", metavar="NAME", help="Only of this sensor.")
    @click.option("--code", metavar="CODE", help="Only with this reason, such as unknown-format.")
    @click.option("--all", "is_all", is_flag=True, help="Really all of them.")
    @wraps(command)
    def choosing(
        *args: Any,
        ids: tuple[int, ...],
        sensor: str | None,
        code: str | None,
        is_all: bool,
        **more: Any,
    ) -> None:
        if not (ids or sensor or code or is_all):
            raise click.UsageError("say which: IDs, --sensor, --code or --all")
        selection = LetterSelection(ids=ids, sensor=sensor, code=code)
        command(*args, selection=selection, **more)

    return choosing


@dead_letters.command("list")
@click.option("--sensor", metavar="NAME", help="Only of this sensor.")
@click.option("--code", metavar="CODE", help="Only with this reason, such as unknown-format.")
@click.option("--kinds", is_flag=True, help="Only how many there are, per sensor and reason.")
@click.option("--limit", type=click.IntRange(1, 1_000_000), default=50, show_default=True)
@click.option("--json", "as_json", is_flag=True, help="One JSON object per line.")
@click.pass_context
def list_(
    ctx: click.Context,
    *,
    sensor: str | None,
    code: str | None,
    kinds: bool,
    limit: int,
    as_json: bool,
) -> None:
    """Show the dead letters, the newest first.

    \b
    Examples:
      bartizan spool dead-letters list --kinds
      bartizan spool dead-letters list --code unknown-format --limit 10
    """
    settings = load_settings(ctx)
    with closing(wiring.dead_letters(settings)) as box:
        desk = wiring.dead_letter_desk(settings, box)
        shown: Sequence[KindView] | Sequence[LetterView]
        shown = desk.summary().kinds if kinds else _letters(desk, sensor, code, limit)
    if as_json:
        for one in shown:
            click.echo(msgspec.json.encode(one))
    elif not shown:
        click.echo("No dead letters: everything that arrived could be decoded.", err=True)
    elif kinds:
        kinds_table([one for one in shown if isinstance(one, KindView)])
    else:
        _letters_table([one for one in shown if isinstance(one, LetterView)])


def _letters(
    desk: DeadLetterDesk, sensor: str | None, code: str | None, limit: int
) -> list[LetterView]:
    selection = LetterSelection(sensor=sensor, code=code)
    letters: list[LetterView] = []
    cursor: str | None = None
    while len(letters) < limit:
        page = desk.list(selection, cursor=cursor, limit=min(200, limit - len(letters)))
        letters += page.dead_letters
        cursor = page.next
        if cursor is None:
            break
    return letters


@dead_letters.command()
@click.argument("letter_id", type=click.IntRange(1, 2**63 - 1), metavar="ID")
@click.option("--hex", "as_hex", is_flag=True, help="The entry in hexadecimal.")
@click.option("--raw", is_flag=True, help="Only the entry, byte for byte; not on a terminal.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object; the entry is in base64.")
@click.pass_context
def show(ctx: click.Context, letter_id: int, *, as_hex: bool, raw: bool, as_json: bool) -> None:
    """Show one dead letter and its entry.

    \b
    Examples:
      bartizan spool dead-letters show 17
      bartizan spool dead-letters show 17 --raw | bartizan decode -
    """
    if raw and sys.stdout.isatty():
        raise click.UsageError("--raw is for a file or a pipe: a terminal obeys what it shows")
    settings = load_settings(ctx)
    with closing(wiring.dead_letters(settings)) as box:
        desk = wiring.dead_letter_desk(settings, box)
        letter, opened = desk.letter(letter_id), desk.open(letter_id)
    entry = letter.entry.raw
    if raw:
        sys.stdout.buffer.write(entry)
    elif as_json:
        click.echo(msgspec.json.encode({"letter": opened.letter, "entry": entry}))
    else:
        for name, value in _facts(opened.letter):
            click.echo(f"{name:<12} {visible(str(value))}")
        click.echo("")
        for line in hex_lines(entry) if as_hex else text_lines(entry):
            click.echo(line)


def _facts(letter: LetterView) -> list[tuple[str, object]]:
    known = [
        ("dead letter", letter.id),
        ("sensor", letter.sensor),
        ("reason", f"{letter.reason} ({letter.code})"),
        ("detail", letter.detail),
        ("what to do", letter.advice),
        ("received", f"{letter.received_at:%Y-%m-%d %H:%M:%S} UTC"),
        ("set aside", f"{letter.died_at:%Y-%m-%d %H:%M:%S} UTC"),
        ("last tried", f"{letter.tried_at:%Y-%m-%d %H:%M:%S} UTC by version {letter.program}"),
        ("size", size(letter.size_bytes)),
    ]
    if letter.origin is not None:
        known.append(("from", f"{letter.origin}, byte {letter.origin_offset}"))
    return [(name, value) for name, value in known if value]


def text_lines(entry: bytes) -> list[str]:
    """For a terminal: only line feeds stay what they are."""
    return [visible(line) for line in text(entry).split("\n")]


def hex_lines(entry: bytes) -> list[str]:
    lines = []
    for start in range(0, len(entry), _HEX_COLUMNS):
        row = entry[start : start + _HEX_COLUMNS]
        plain = "".join(chr(byte) if 0x20 <= byte < 0x7F else "." for byte in row)
        lines.append(f"{start:08x}  {row.hex(' '):<{_HEX_COLUMNS * 3}} {plain}")
    return lines


@dead_letters.command()
@_chosen
@click.option("--wait", is_flag=True, help="Until a worker has tried them all.")
@click.pass_context
def retry(ctx: click.Context, *, selection: LetterSelection, wait: bool) -> None:
    """Decode dead letters again: they go back to the end of the queue, where a worker takes them.

    What still cannot be decoded becomes a dead letter again. After an upgrade this happens by
    itself, once.

    \b
    Examples:
      bartizan spool dead-letters retry --all --wait
      bartizan spool dead-letters retry --code decoder-failed --sensor web-1
    """
    settings = load_settings(ctx)
    with closing(wiring.dead_letters(settings)) as box:
        desk = wiring.dead_letter_desk(settings, box)
        before = desk.summary()
        revived = _in_steps(desk, selection, desk.retry, "put back")
        click.echo(f"{revived:,} put back to be decoded.")
        if wait and revived:
            _wait(desk, revived, before.again)


def _wait(desk: DeadLetterDesk, revived: int, again_before: int) -> None:
    with counting(revived) as show_progress:
        while waiting := desk.summary().waiting:
            done = max(0, revived - waiting)
            show_progress(done, f"{done:,} of {revived:,} decoded again")
            time.sleep(_LOOK_EVERY_S)
    failed = desk.summary().again - again_before
    click.echo(f"{revived - failed:,} could be decoded, {failed:,} still could not.")


@dead_letters.command()
@_chosen
@click.option("--yes", is_flag=True, help="Do not ask.")
@click.pass_context
def remove(ctx: click.Context, *, selection: LetterSelection, yes: bool) -> None:
    """Delete dead letters for good. Nothing else ever deletes them.

    \b
    Example:
      bartizan spool dead-letters remove --code empty
    """
    settings = load_settings(ctx)
    with closing(wiring.dead_letters(settings)) as box:
        desk = wiring.dead_letter_desk(settings, box)
        count = desk.count(selection)
        if count and not yes:
            click.confirm(f"Delete {count:,} dead letters for good?", abort=True)
        removed = _in_steps(desk, selection, desk.remove, "removed")
    click.echo(f"{removed:,} removed.")


def _in_steps(
    desk: DeadLetterDesk,
    selection: LetterSelection,
    change: Callable[[LetterSelection], LetterStep],
    words: str,
) -> int:
    total, done = desk.count(selection), 0
    with counting(total) as show_progress:
        while True:
            step = change(selection)
            done += step.letters
            show_progress(done, f"{done:,} of {total:,} {words}")
            if step.is_done:
                return done
            selection = msgspec.structs.replace(selection, until_id=int(step.until))


def kinds_table(kinds: Sequence[KindView]) -> None:
    """The counts, and what each code means."""
    rows = [
        (
            visible(kind.sensor),
            visible(kind.code),
            f"{kind.letters:,}",
            size(kind.size_bytes),
            f"{kind.first_at:%Y-%m-%d %H:%M}",
            f"{kind.last_at:%Y-%m-%d %H:%M}",
        )
        for kind in kinds
    ]
    _print_columns([("sensor", "code", "letters", "size", "first", "last"), *rows])
    click.echo("")
    for code, reason in {kind.code: kind.reason for kind in kinds}.items():
        click.echo(f"{visible(code)}: {reason}")


def _letters_table(letters: Sequence[LetterView]) -> None:
    rows = [
        (
            letter.id,
            f"{letter.died_at:%Y-%m-%d %H:%M:%S}",
            visible(letter.sensor),
            visible(letter.code),
            size(letter.size_bytes),
            visible(letter.head[:_HEAD]),
        )
        for letter in letters
    ]
    _print_columns([("id", "set aside", "sensor", "code", "size", "begins with"), *rows])


def _print_columns(rows: Sequence[tuple[str, ...]]) -> None:
    """Nothing is cut, so that a pipe gets all of it."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        cells = [cell.ljust(width) for cell, width in zip(row, widths, strict=True)]
        click.echo("  ".join(cells).rstrip())


def size(count: int) -> str:
    """Bytes for people."""
    for unit, worth in (("GiB", 1024**3), ("MiB", 1024**2), ("KiB", 1024)):
        if count >= worth:
            return f"{count / worth:.1f} {unit}"
    return f"{count} bytes"
