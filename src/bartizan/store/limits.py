"""How long a kept text may be, and what a kept number may be.

Everything here comes from the wire, so every value has a bound. A longer text is cut at its bound
(characters, not bytes), a number that no column can hold is not kept: the raw entry has all of it.
The lengths are the column lengths of docs/sql.md.
"""

import math
from collections.abc import Iterable
from string import ascii_uppercase
from typing import Final

from bartizan.domain.expression import Field
from bartizan.domain.transaction import Place, RuleMatch
from bartizan.domain.triage import MAX_LABEL, MAX_NOTE, MAX_REASON

SENSOR: Final = 255
UNIQUE_ID: Final = 255
CLIENT: Final = 255
PLACE: Final = 255
METHOD: Final = 64
HOST: Final = 255
PATH: Final = 1024
URI: Final = 4096
CATEGORY: Final = 64
VERDICT: Final = 1024
ENGINE_MODE: Final = 64
RULESET: Final = 255
MESSAGE: Final = 2048
TAG: Final = 255
TAGS: Final = 64  # how many
FILE: Final = 512
VERSION: Final = 64
OPERATOR: Final = 4096
TARGET: Final = 1024
DATA: Final = 4096
ORIGIN: Final = 1024
TRAIT: Final = 255
TRAIT_VALUES: Final = 20  # of one trait of one sensor
DEFECT_CODE: Final = 64
PART_BYTES: Final = 64 * 1024
CLAIMED_HASH: Final = 128
PERSON: Final = 255
REASON: Final = 2000
TRIAGE_REASON: Final = MAX_REASON
LABEL: Final = MAX_LABEL
NOTE: Final = MAX_NOTE
ENTRIES_BYTES: Final = 32 * 1024 * 1024  # of entries that are fetched together
SMALL: Final = 2**31 - 1
BIG: Final = 2**63 - 1

# Where a value that somebody asks for ends, so that it is found though it was cut when stored.
OF_FIELD: Final = {
    Field.SENSOR: SENSOR,
    Field.CLIENT: CLIENT,
    Field.METHOD: METHOD,
    Field.HOST: HOST,
    Field.PATH: PATH,
    Field.UNIQUE_ID: UNIQUE_ID,
    Field.RULESET: RULESET,
    Field.TAG: TAG,
    Field.PARAMETER: TARGET,
}


def cut(value: str | None, length: int) -> str | None:
    return value if value is None or len(value) <= length else value[:length]


def cut_all(values: Iterable[str], length: int) -> list[str]:
    return [value[:length] for value in values]


def small(value: int | None) -> int | None:
    """A 32-bit number, or None."""
    return value if value is None or -SMALL <= value <= SMALL else None


def big(value: int | None) -> int | None:
    """A 64-bit number, or None."""
    return value if value is None or -BIG <= value <= BIG else None


def kept_match(match: RuleMatch) -> RuleMatch:
    """What the stores keep of a rule match."""
    return RuleMatch(
        rule_id=big(match.rule_id),
        message=cut(match.message, MESSAGE),
        data=cut(match.data, DATA),
        severity=small(match.severity),
        tags=tuple(cut_all(match.tags[:TAGS], TAG)),
        file=cut(match.file, FILE),
        line=small(match.line),
        revision=cut(match.revision, VERSION),
        version=cut(match.version, VERSION),
        phase=small(match.phase),
        target=cut(match.target, TARGET),
        operator=cut(match.operator, OPERATOR),
        disruptive=match.disruptive,
    )


def position(place: Place | None) -> tuple[float, float] | tuple[None, None]:
    """Latitude and longitude in degrees if both are there and on the globe."""
    if place is None or place.latitude is None or place.longitude is None:
        return None, None
    # A comparison with NaN is false.
    if abs(place.latitude) <= 90 and abs(place.longitude) <= 180:
        return float(place.latitude), float(place.longitude)
    return None, None


def cell(degrees: float | None) -> float | None:
    """The middle of the 0.5 degree cell that the map counts by."""
    return None if degrees is None else math.floor(degrees * 2 + 0.5) / 2


def ascii_lower(text: str) -> str:
    """With the letters A to Z in lower case, and everything else as it is: so in every database."""
    return text.translate(_LOWER)


_LOWER: Final = {ord(letter): letter.lower() for letter in ascii_uppercase}
