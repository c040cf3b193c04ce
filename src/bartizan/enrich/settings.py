"""Settings of enrichment."""

from pathlib import Path

from pydantic import Field

from bartizan.kit.settings import Section


class EnrichSettings(Section):
    """Facts added to each transaction."""

    city_database: Path | None = Field(
        None, description="any MMDB with cities; wins over the embedded one"
    )
    own_networks: tuple[str, ...] = Field((), description="CIDR blocks shown as internal")
