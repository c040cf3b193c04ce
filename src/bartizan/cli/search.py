"""`bartizan search`: the same search text as in the console, at a terminal or in a script."""

import re
from contextlib import suppress
from typing import Any, Final

import click
import msgspec

from bartizan.app import wiring
from bartizan.cli.context import load_settings
from bartizan.domain.errors import Refused
from bartizan.domain.search import Search
from bartizan.kit import clock
from bartizan.kit.text import visible
from bartizan.present.files import FileFormat, head, writer
from bartizan.query.export import COLUMNS, Batches, read_columns, run
from bartizan.query.facets import FACETS, Facets
from bartizan.query.filters import search_text
from bartizan.query.language.mistake import Mistake
from bartizan.query.moments import moment
from bartizan.query.page_query import search_of
from bartizan.query.scopes import narrowed
from bartizan.query.views import RowView
from bartizan.store.contract import Store

_PAGE: Final = 200
_FEW: Final = 50
_URI_WIDTH: Final = 100
_AGO: Final = re.compile(r"[0-9]{1,6}[smhdw]")


@click.command()
@click.argument("words", nargs=-1, metavar="[TEXT]")
@click.option("--since", metavar="TIME", help="Only since then: 24h, ISO 8601, or such as now-7d.")
@click.option("--until", metavar="TIME", help="Only before then.")
@click.option("--view", metavar="NAME", help="Within what a saved view finds.")
@click.option(
    "--limit",
    type=click.IntRange(min=0),
    metavar="N",
    help="How many at most; 0 for all there are. 50 unless --format asks for a file: then all.",
)
@click.option(
    "--format",
    "file_format",
    type=click.Choice(["table", *(kind.value for kind in FileFormat)]),
    help="A table to look at, or all there are as csv or ndjson, in constant memory.",
)
@click.option(
    "--column",
    "columns",
    multiple=True,
    type=click.Choice(list(COLUMNS)),
    metavar="NAME",
    help="A column of the csv, in the order wanted; may be repeated. Default: all of them.",
)
@click.option("--count", "only_count", is_flag=True, help="Only say how many there are.")
@click.option("--facet", type=click.Choice(FACETS), help="Count the values of a field.")
@click.option("--json", "as_json", is_flag=True, help="JSON as the API has it, one row per line.")
@click.pass_context
def search(
    ctx: click.Context,
    *,
    words: tuple[str, ...],
    since: str | None,
    until: str | None,
    view: str | None,
    limit: int | None,
    file_format: str | None,
    columns: tuple[str, ...],
    only_count: bool,
    facet: str | None,
    as_json: bool,
) -> None:
    """Find transactions, newest first, by the search text of the console (docs/search.md).

    Several arguments are one text with spaces between. Times are UTC. Without an error the exit
    code is 0, also if nothing is found; it is 2 if the text is wrong.

    \b
    Examples:
      bartizan search 'rule:942100 NOT status:403' --since 24h
      bartizan search 'client:203.0.113.0/24 score:>=20' --json | jq .uri
      bartizan search 'category:sqli' --facet client --limit 10
      bartizan search 'blocked:true' --view 'Shop, payments' --since 7d
      bartizan search 'host:shop.example' --since 30d --format csv > shop.csv
    """
    asked = _search(" ".join(words), since, until)
    if view is not None:
        asked = _within(asked, wiring.saved_query(load_settings(ctx), view))
    kind = _file(file_format, columns)
    limit = (0 if kind is not None else _FEW) if limit is None else limit
    with (
        wiring.questions(load_settings(ctx)) as (store, facets, rows),
        suppress(BrokenPipeError),  # `| head` has seen enough
    ):
        if only_count:
            _count(store, asked, as_json=as_json)
        elif facet is not None:
            _facet(facets, asked, facet, limit, as_json=as_json)
        else:
            batches = run(store, rows, asked, most=limit or None)
            if kind is None and not as_json:
                _table(batches)
            else:
                _write(batches, kind or FileFormat.NDJSON, columns)


def _search(text: str, since: str | None, until: str | None) -> Search:
    now = clock.now()
    try:
        return Search(
            expression=search_text(text, now),
            since=None if since is None else moment(_spelled(since), "--since", now),
            until=None if until is None else moment(_spelled(until), "--until", now),
        )
    except Mistake as mistake:
        raise click.UsageError(_pointed_at(text, mistake)) from None
    except Refused as error:
        raise click.UsageError(error.message) from None


def _within(asked: Search, query: str) -> Search:
    """The same among what a saved view finds. A view that cannot be read (any more) finds nothing:
    that is told.
    """
    try:
        found = narrowed(asked, [search_of(query)], clock.now())
    except Refused as error:
        raise click.UsageError(f"the view cannot be read: {error.message}") from None
    return asked if found is None else found


def _spelled(time: str) -> str:
    return f"now-{time}" if _AGO.fullmatch(time) else time


def _pointed_at(text: str, mistake: Mistake) -> str:
    """The reason, and the text with the wrong characters underlined."""
    before = visible(text[: mistake.position])
    wrong = visible(text[mistake.position :][: mistake.length])
    marks = " " * len(before) + "^" * max(1, len(wrong))
    lines = [mistake.reason, f"  {visible(text)}", f"  {marks}"]
    if mistake.suggestion is not None:
        lines.append(f"Perhaps: {visible(mistake.suggestion)}")
    return "\n".join(lines)


def _file(file_format: str | None, columns: tuple[str, ...]) -> FileFormat | None:
    """The kind of file that is asked for; None for what people read."""
    kind = None if file_format in (None, "table") else FileFormat(file_format)
    if columns and kind is not FileFormat.CSV:
        raise click.UsageError("--column is for --format csv")
    return kind


def _table(batches: Batches) -> None:
    for rows in batches:
        for row in rows:
            click.echo(_line(row))


def _write(batches: Batches, kind: FileFormat, columns: tuple[str, ...]) -> None:
    try:
        chosen = read_columns(columns)
    except Refused as error:
        raise click.UsageError(error.message) from None
    write = writer(kind, chosen)
    click.echo(head(kind, chosen), nl=False)
    for rows in batches:
        click.echo(write(rows), nl=False)


def _line(row: RowView) -> str:
    action = {True: "blocked", False: "passed", None: "unknown"}[row.intercepted]
    place = row.place.country if row.place is not None else None
    told = (
        f"{row.at:%Y-%m-%d %H:%M:%S}",
        row.id,
        row.sensor,
        row.client.address,
        place,
        row.status,
        action,
        row.category,
        ",".join(map(str, row.rule_ids[:4])),
        row.method,
        f"{row.host or ''}{(row.uri or '')[:_URI_WIDTH]}",
    )
    return "  ".join(visible(_shown(value)) for value in told)


def _shown(value: Any) -> str:
    return "-" if value is None or value == "" else str(value)


def _count(store: Store, asked: Search, *, as_json: bool) -> None:
    found = store.count(asked)
    if as_json:
        told = {"transactions": found.transactions, "intercepted": found.intercepted}
        click.echo(msgspec.json.encode(told))
    else:
        click.echo(f"{found.transactions:,} transactions, {found.intercepted:,} blocked")


def _facet(facets: Facets, asked: Search, facet: str, limit: int, *, as_json: bool) -> None:
    counts = facets.count(facet, asked, limit=limit or _PAGE)
    if as_json:
        click.echo(msgspec.json.encode(counts))
        return
    for one in counts.values:
        name = "" if one.name == one.value else f"  {visible(one.name)}"
        click.echo(
            f"{one.transactions:>12,}  {one.intercepted:>12,} blocked  {visible(one.value)}{name}"
        )
