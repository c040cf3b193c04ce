"""`bartizan redact`: what the rules of redaction leave of the entries in a file."""

import sys
from collections import Counter
from pathlib import Path

import click

from bartizan.acquire.files import entries
from bartizan.acquire.found import DECODABLE, SKIPPED
from bartizan.app import wiring
from bartizan.cli.context import load_settings
from bartizan.domain.errors import Refused
from bartizan.kit.text import visible


@click.command()
@click.option(
    "--try",
    "file",
    required=True,
    metavar="FILE",
    type=click.Path(exists=True, path_type=Path),
    help="An audit or error log, a directory or an archive of them.",
)
@click.pass_context
def redact(ctx: click.Context, file: Path) -> None:
    """Print what the settings would leave of each entry in FILE. Nothing is stored.

    A summary goes to standard error: how many places each rule replaces. The exit code is 1 if of
    some entry nothing of the content would be kept, or it cannot be decoded.

    \b
    Example:
      bartizan redact --try /var/log/apache2/modsec_audit.log
    """
    settings = load_settings(ctx)
    rules, found = settings.redaction.rules(), Counter[str]()
    looked_at = bad = 0
    for one in entries([str(file)], lambda _: None):
        if one.problem in SKIPPED:
            continue
        looked_at += 1
        if one.problem not in DECODABLE:
            bad += 1
            continue
        try:
            trial = wiring.redaction_trial(one.raw, rules, settings)
        except Refused:
            bad += 1
            continue
        bad += trial.is_withheld
        for finding in trial.findings:
            found[f"{finding.kind} {finding.rule}"] += finding.count
        _show("".join(piece.text for piece in trial.pieces))
    told = ", ".join(f"{name}: {count}" for name, count in found.most_common())
    summary = f"{looked_at} entries, {bad} withheld or undecodable; replaced: {told or 'nothing'}"
    click.echo(visible(summary), err=True)
    ctx.exit(1 if bad else 0)


def _show(kept: str) -> None:
    """What a terminal would obey is made visible for one; a file gets it as it is."""
    if sys.stdout.isatty():
        kept = "\n".join(map(visible, kept.split("\n")))
    click.echo(kept)
