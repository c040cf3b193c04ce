"""Settings of the spool."""

from pydantic import Field

from bartizan.kit.settings import Section


class SpoolSettings(Section):
    """The durable queue of undecoded entries."""

    max_bytes: int = Field(10 * 1024**3, gt=0, description="then 503 until the worker caught up")
    max_dead_letter_bytes: int = Field(
        1024**3, ge=0, description="room of the dead letters; more of them take from max_bytes"
    )
    min_free_bytes: int = Field(256 * 1024**2, ge=0, description="free disk to leave alone")
