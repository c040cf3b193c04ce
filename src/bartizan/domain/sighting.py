"""What a collector saw of its sensors, and of senders that are none: data for people who set up."""

from datetime import datetime
from enum import StrEnum

from bartizan.domain.delivery import Verdict
from bartizan.kit.struct import Struct


class Refusal(StrEnum):
    """Why a sender was not believed. It hears the same in each case; people may know."""

    UNKNOWN_SENSOR = "unknown-sensor"
    # No name was given, and the secret is no sensor's.
    UNKNOWN_SECRET = "unknown-secret"  # noqa: S105 - a reason
    WRONG_SECRET = "wrong-secret"  # noqa: S105 - a reason
    DISABLED = "disabled"
    ADDRESS_NOT_ALLOWED = "address-not-allowed"
    NO_CREDENTIALS = "no-credentials"


class Sighting(Struct, frozen=True, kw_only=True):
    """One sensor. Counts are of deliveries since it was first seen, addresses the socket's.

    `accepted` were taken, which means that their entries are on disk; `turned_away` were the
    sensor's but not taken, with the last verdict; `refused` only claimed to be the sensor's.
    """

    sensor: str
    accepted_at: datetime | None = None
    accepted_from: str | None = None
    accepted: int = 0
    turned_away_at: datetime | None = None
    turned_away_from: str | None = None
    turned_away: int = 0
    verdict: Verdict | None = None
    refused_at: datetime | None = None
    refused_from: str | None = None
    refused: int = 0
    refusal: Refusal | None = None


class Stranger(Struct, frozen=True, kw_only=True):
    """Somebody who is no sensor. `name` is what it called itself, from the wire, cut; or empty."""

    name: str
    refusal: Refusal
    peer: str | None
    first_seen_at: datetime
    last_seen_at: datetime
    count: int


class Sightings(Struct, frozen=True, kw_only=True):
    """Everything a collector saw; strangers seen last come first."""

    seen_at: datetime
    sensors: tuple[Sighting, ...] = ()
    strangers: tuple[Stranger, ...] = ()
