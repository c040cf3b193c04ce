"""Settings of the listener for people."""

from pydantic import Field

from bartizan.kit.settings import Tls


class ConsoleSettings(Tls):
    """The listener for people."""

    host: str = "127.0.0.1"
    port: int = Field(8080, ge=0, le=65535)
    public_url: str | None = Field(
        None, description="how browsers reach it, if not as http(s)://host:port"
    )
    home: str | None = Field(
        None, description='"latitude,longitude" of sensors whose position nobody set'
    )
    session_idle_s: int = Field(30 * 60, gt=0)
    session_lifetime_s: int = Field(12 * 3600, gt=0)
