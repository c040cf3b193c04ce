"""`bartizan reprocess`: what is stored, through today's decoders and enrichers."""

import sys
from collections.abc import Sequence
from contextlib import closing
from typing import Any

import click
import msgspec

from bartizan import __version__
from bartizan.app import wiring
from bartizan.app.bookmark import Bookmark, Place
from bartizan.app.settings import Settings
from bartizan.cli.context import load_settings
from bartizan.cli.counting import counting
from bartizan.domain.errors import BartizanError, Refused
from bartizan.domain.search import Search
from bartizan.domain.transaction import Format, RuleMatch
from bartizan.ingest.reprocess import Example, Findings, Reprocess
from bartizan.kit import clock
from bartizan.kit.text import visible
from bartizan.query.moments import moment
from bartizan.store.contract import Store

_WIDTH = 56


@click.command()
@click.option("--sensor", "sensors", multiple=True, metavar="NAME", help="Only of this sensor.")
@click.option("--since", metavar="TIME", help="Only since then: ISO 8601, or such as now-7d.")
@click.option("--until", metavar="TIME", help="Only before then.")
@click.option(
    "--format",
    "formats",
    multiple=True,
    type=click.Choice([each.value for each in Format]),
    help="Only what was stored as this format.",
)
@click.option("--rule", "rules", multiple=True, type=int, metavar="ID", help="Only with this rule.")
@click.option(
    "--redact", is_flag=True, help="Also take out of kept entries what the rules name, for good."
)
@click.option("--dry-run", is_flag=True, help="Only say what would change.")
@click.option("--restart", is_flag=True, help="Begin anew where an earlier run was interrupted.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object.")
@click.pass_context
def reprocess(
    ctx: click.Context,
    *,
    sensors: tuple[str, ...],
    since: str | None,
    until: str | None,
    formats: tuple[str, ...],
    rules: tuple[int, ...],
    redact: bool,
    dry_run: bool,
    restart: bool,
    as_json: bool,
) -> None:
    """Decode the stored entries again, as this version does it, and say what changed.

    Rows and rule matches are rewritten in place where they differ; ids, the times of receipt and,
    without --redact, raw entries stay. What this version cannot decode stays as it is and is told;
    the exit code is then 1. Safe beside `bartizan serve`. An interrupted run goes on when the same
    command is given again.

    \b
    Examples:
      bartizan reprocess --dry-run --since now-7d
      bartizan reprocess --format modsecurity2-native --rule 949110
    """
    settings = load_settings(ctx)
    search = _search(sensors, since, until, formats, rules)
    if redact:  # what somebody preserved stays as it is
        search = msgspec.structs.replace(search, preserved=False)
    asked = (sensors, since, until, formats, rules, redact)
    task = repr((__version__, settings.store_url(), *asked))
    with closing(wiring.transactions(settings)) as store:
        run = _Run(settings, store, task, is_rehearsal=dry_run, redacts_entries=redact)
        findings = run.go(search, is_new=restart)
    if as_json:
        click.echo(msgspec.json.encode(_document(findings, is_rehearsal=dry_run)))
    else:
        for line in report(findings, is_rehearsal=dry_run):
            click.echo(line)
    ctx.exit(1 if findings.refused else 0)


def _search(
    sensors: tuple[str, ...],
    since: str | None,
    until: str | None,
    formats: tuple[str, ...],
    rules: tuple[int, ...],
) -> Search:
    now = clock.now()
    try:
        return Search(
            sensors=sensors,
            since=None if since is None else moment(since, "--since", now),
            until=None if until is None else moment(until, "--until", now),
            formats=formats,
            rule_ids=rules,
        )
    except Refused as error:
        raise click.UsageError(error.message) from None


class _Run:
    """One run with its bookmark (a rehearsal has none) and its progress bar."""

    def __init__(
        self,
        settings: Settings,
        store: Store,
        task: str,
        *,
        is_rehearsal: bool,
        redacts_entries: bool = False,
    ) -> None:
        self._store = store
        self._bookmark = Bookmark(settings.data_directory / "bookmarks", task, Place)
        self._is_rehearsal = is_rehearsal
        self._work = Reprocess(
            store,
            wiring.pipeline(settings, store),
            is_rehearsal=is_rehearsal,
            redacts_entries=redacts_entries,
        )

    def go(self, search: Search, *, is_new: bool) -> Findings:
        place = None if is_new or self._is_rehearsal else self._bookmark.read()
        if place is not None:
            click.echo(f"Going on after {place.looked_at:,} transactions.", err=True)
        else:
            place = Place(position=0, until=self._store.last_id(), looked_at=0)
        findings = self._work.findings
        with counting(self._total()) as show_progress:

            def on_batch(position: int) -> None:
                looked_at = place.looked_at + findings.looked_at
                show_progress(looked_at, f"{findings.changed:,} changed")
                if not self._is_rehearsal:
                    self._bookmark.write(
                        Place(position=position, until=place.until, looked_at=looked_at)
                    )

            self._work.run(search, after_id=place.position, until_id=place.until, on_batch=on_batch)
        if not self._is_rehearsal:
            self._bookmark.remove()
        return findings

    def _total(self) -> int | None:
        """None where counting takes too long, and where nobody would see it."""
        if not sys.stderr.isatty():
            return None
        try:
            return self._store.count(Search()).transactions
        except BartizanError:
            return None


def report(findings: Findings, *, is_rehearsal: bool) -> list[str]:
    """The findings in lines for a terminal, whatever texts the entries hold."""
    would = "would change" if is_rehearsal else "changed"
    kept = findings.refused.total()
    sentence = (
        f"{findings.looked_at:,} transactions looked at, {findings.matched:,} decoded again:"
        f" {findings.changed:,} {would}, {findings.unchanged:,} are as they were,"
        f" {kept:,} could not be decoded and stay as they are"
    )
    lines = [sentence]
    if findings.without_payload:
        lines.append(f"  {findings.without_payload:,} have no entry any more (retention)")
    for name, count in findings.fields.most_common():
        lines.append(f"  {name:<16} {count:>10,}")
        lines += [f"    {line}" for line in _examples(name, findings.examples[name])]
    if kept:
        lines.append("  not decodable")
        lines += [f"    {code:<14} {count:>10,}" for code, count in findings.refused.most_common()]
        lines += [
            f"    {refusal.id}: {visible(refusal.code)} {visible(refusal.detail)[:_WIDTH]}"
            for refusal in findings.refusals
        ]
    return lines


def _examples(name: str, examples: Sequence[Example]) -> list[str]:
    lines = []
    for example in examples:
        before, after = _words(name, example.before, example.after)
        lines.append(f"{example.id}: {before} -> {after}")
    return lines


def _words(name: str, before: Any, after: Any) -> tuple[str, str]:
    if name == "matches":
        before, after = _tell_apart(before, after)
    return _short(before), _short(after)


def _tell_apart(before: Sequence[RuleMatch], after: Sequence[RuleMatch]) -> tuple[str, str]:
    """The rule ids; where they are the same, the first field of a match that is not."""
    ids = [", ".join(str(match.rule_id) for match in matches) for matches in (before, after)]
    if ids[0] == ids[1]:
        for old, new in zip(before, after, strict=True):
            for field in RuleMatch.__struct_fields__:
                if getattr(old, field) != getattr(new, field):
                    what = f"{old.rule_id} {field}"
                    return f"{what} {getattr(old, field)}", f"{what} {getattr(new, field)}"
    return ids[0] or "none", ids[1] or "none"


def _short(value: Any) -> str:
    text = "nothing" if value is None or value == "" else visible(str(value))
    return text if len(text) <= _WIDTH else text[: _WIDTH - 1] + "…"


def _document(findings: Findings, *, is_rehearsal: bool) -> dict[str, Any]:
    return {
        "is_dry_run": is_rehearsal,
        "looked_at": findings.looked_at,
        "matched": findings.matched,
        "changed": findings.changed,
        "unchanged": findings.unchanged,
        "without_payload": findings.without_payload,
        "refused": dict(findings.refused),
        "refusals": findings.refusals,
        "fields": [
            {"name": name, "transactions": count, "examples": findings.examples[name]}
            for name, count in findings.fields.most_common()
        ],
    }
