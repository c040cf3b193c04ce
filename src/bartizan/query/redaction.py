"""What is taken out of entries before they are stored, and what rules would make of one."""

from collections.abc import Callable, Sequence
from typing import Protocol

from msgspec.structs import replace

from bartizan.domain.redaction import Kind, Rules, Trial
from bartizan.kit.struct import Struct


class RuleCount(Struct, frozen=True, kw_only=True):
    """How many places a rule has replaced since the service started."""

    kind: Kind
    rule: str
    replaced: int


class RedactionOverview(Struct, frozen=True, kw_only=True):
    """The rules in force, and what they did since the service started.

    `withheld` are entries of which no content was kept. `settings` are the rules as they stand in
    the settings file. Of literals only how many there are: they may be secrets themselves.
    """

    rules: Rules
    is_on: bool
    literals: int
    counts: tuple[RuleCount, ...]
    withheld: int
    settings: str


class Counts(Protocol):
    def __call__(self) -> tuple[Sequence[RuleCount], int]: ...


class TriedRules(Struct, frozen=True, kw_only=True):
    """What came of a trial, and the lines for the settings file that make these the rules."""

    trial: Trial
    settings: str


class RedactionDesk:
    """Stores and logs nothing. `write` gives rules as lines of the settings file."""

    def __init__(
        self,
        rules: Rules,
        counts: Counts,
        *,
        write: Callable[[Rules], str],
        attempt: Callable[[bytes, Rules], Trial],
    ) -> None:
        self._rules = rules
        self._counts = counts
        self._write = write
        self._attempt = attempt

    def overview(self) -> RedactionOverview:
        counts, withheld = self._counts()
        return RedactionOverview(
            rules=replace(self._rules, literals=()),
            literals=len(self._rules.literals),
            is_on=not self._rules.takes_nothing,
            counts=tuple(sorted(counts, key=lambda one: -one.replaced)),
            withheld=withheld,
            settings=self._write(replace(self._rules, literals=())),
        )

    def try_out(self, raw: bytes, rules: Rules | None = None) -> TriedRules:
        """What the rules (default: those in force) make of an entry; `Refused` for what is none."""
        wanted = self._rules if rules is None else rules
        shown = replace(wanted, literals=()) if rules is None else wanted
        return TriedRules(trial=self._attempt(raw, wanted), settings=self._write(shown))
