"""The enrichers, in the order in which they work. Adding one is one line here."""

from bartizan.enrich.client import ClientAddress
from bartizan.enrich.contract import Enricher
from bartizan.enrich.crs import RulesetFacts
from bartizan.enrich.place import Places
from bartizan.enrich.settings import EnrichSettings
from bartizan.enrich.verdict import Verdict


def places(settings: EnrichSettings) -> Places:
    """Places of addresses, and whose data say so. Raises `Misconfigured` as `enrichers` does."""
    return Places(settings)


def enrichers(settings: EnrichSettings) -> tuple[Enricher, ...]:
    """Raises `Misconfigured` for own networks that are none; missing place data are no error."""
    return (
        ClientAddress(),  # before Places, which reads the address it spelled
        places(settings),
        RulesetFacts(),  # before Verdict, which tells the category and the scores
        Verdict(),
    )


def ruleset_facts() -> Enricher:
    """Only what the entry itself tells: category, severity, scores. Needs no settings."""
    return RulesetFacts()
