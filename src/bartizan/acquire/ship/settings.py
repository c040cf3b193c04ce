"""Settings of the shipper."""

from pathlib import Path
from typing import Literal

from pydantic import Field

from bartizan.kit.settings import Section


class ShipSettings(Section):
    """Which logs of this machine go to which collector."""

    url: str | None = Field(None, description="the collector, such as https://waf-logs:8888")
    sensor: str | None = Field(None, description="the name this machine is registered under")
    secret: str | None = None
    secret_file: Path | None = Field(None, description="file that holds the secret")
    ca_file: Path | None = Field(None, description="PEM: the authority, or the certificate itself")
    verify_certificate: bool = True
    files: tuple[str, ...] = Field((), description="serial logs; * and ? match names")
    trees: tuple[Path, ...] = Field((), description="roots of concurrent or parallel logs")
    remove_delivered: bool = Field(False, description="remove what the collector has from trees")
    unrecognised: Literal["send", "skip"] = Field(
        "send", description="what in the logs is no entry: dead letters at the collector, or not"
    )
    state_directory: Path | None = Field(None, description="default: ship in data_directory")
    spool_max_bytes: int = Field(1024**3, gt=0, description="then the logs are not read further")
    min_free_bytes: int = Field(256 * 1024**2, ge=0, description="free disk to leave alone")
    max_entry_bytes: int = Field(
        8 * 1024**2, ge=64 * 1024, description="as the collector's max_body_bytes"
    )
