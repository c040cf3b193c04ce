"""Settings of the worker."""

from pydantic import Field

from bartizan.kit.settings import Section


class IngestSettings(Section):
    """Decoding, enriching and storing what the spool holds."""

    workers: int = Field(2, ge=1, le=64, description="worker processes that share the spool")
