"""The WAF instances that send, and how they prove who they are."""

from datetime import datetime
from enum import StrEnum

from bartizan.kit.struct import Struct


class SecretKind(StrEnum):
    """How a sensor's secret is kept: a generated 256-bit secret may be kept by a fast hash."""

    SHA256 = "sha256"
    ARGON2ID = "argon2id"


class Sensor(Struct, frozen=True, kw_only=True):
    """A sensor as registered. `name` is its Basic user name: no colon, no control characters.

    `latitude`/`longitude` (degrees) are where the map draws it; None = not set by anybody.
    `zone` is the IANA name of the clock behind times that are logged without a zone; None = UTC.
    `allowed_sources` are the networks (CIDR) it may deliver from, empty = any.
    `trusted_proxies` are the networks whose X-Forwarded-For is believed in what it logs.
    """

    name: str
    secret_kind: SecretKind
    secret_hash: str  # hex for SHA-256, the encoded string for argon2id
    label: str = ""
    latitude: float | None = None
    longitude: float | None = None
    is_demo: bool = False
    is_enabled: bool = True
    created_at: datetime
    rotated_at: datetime | None = None
    zone: str | None = None
    allowed_sources: tuple[str, ...] = ()
    trusted_proxies: tuple[str, ...] = ()
