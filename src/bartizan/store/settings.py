"""Settings of the stores."""

from pathlib import Path

from pydantic import Field

from bartizan.kit.settings import Section


class StoreSettings(Section):
    """Where transactions live, and where people, sensors and sessions do."""

    url: str | None = Field(
        None, description="sqlite:///path, mysql://...; default: SQLite in the data directory"
    )
    url_file: Path | None = Field(None, description="file that holds the URL")
    control_url: str | None = Field(None, description="SQL for people and sensors; same default")
    control_url_file: Path | None = None
    sql_parts: bool = Field(False, description="keep the parts readable with plain SQL too")
