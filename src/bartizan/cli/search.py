"""`bartizan search`: the same search text as in the console, at a terminal or in a script."""

import re
from collections.abc import Iterator
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
from bartizan.query.facets import FACETS, Facets
from bartizan.query.filters import search_text
from bartizan.query.language.mistake import Mistake
from bartizan.query.moments import moment
from bartizan.query.rows import RowViews
from bartizan.query.views import RowView
from bartizan.store.contract import Store

_PAGE: Final = 200
_URI_WIDTH: Final = 100
_AGO: Final = re.compile(r"[0-9]{1,6}[smhdw]")


@click.command()
@click.argument("words", nargs=-1, metavar="[TEXT]")
@click.option("--since", metavar="TIME", help="Only since then: 24h, ISO 8601, or such as now-7d.")
@click.option("--until", metavar="TIME", help="Only before then.")
@click.option(
    "--limit",
    type=click.IntRange(min=0),
    default=50,
    show_default=True,
    metavar="N",
    help="How many at most; 0 for all there are.",
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
    limit: int,
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
    """
    asked = _search(" ".join(words), since, until)
    with (
        wiring.questions(load_settings(ctx)) as (store, facets, rows),
        suppress(BrokenPipeError),  # `| head` has seen enough
    ):
        if only_count:
            _count(store, asked, as_json=as_json)
        elif facet is not None:
            _facet(facets, asked, facet, limit, as_json=as_json)
        else:
            _list(_rows(store, rows, asked, limit), as_json=as_json)


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


def _rows(store: Store, views: RowViews, asked: Search, limit: int) -> Iterator[RowView]:
    cursor, left = None, limit
    while True:
        size = min(_PAGE, left) if limit else _PAGE
        page = store.page(asked, before=cursor, limit=size)
        yield from views.view(page.rows)
        cursor, left = page.next, left - len(page.rows)
        if cursor is None or (limit and left <= 0):
            return


def _list(rows: Iterator[RowView], *, as_json: bool) -> None:
    for row in rows:
        click.echo(msgspec.json.encode(row) if as_json else _line(row))


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
