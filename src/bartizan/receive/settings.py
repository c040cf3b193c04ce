"""Settings of the listener for sensors."""

from pydantic import Field, field_validator

from bartizan.kit.networks import network, spelled
from bartizan.kit.settings import Tls


class CollectorSettings(Tls):
    """The listener for sensors."""

    host: str = "127.0.0.1"
    port: int = Field(8888, ge=0, le=65535)
    public_url: str | None = Field(
        None, description="how sensors reach it, if not as http(s)://host:port"
    )
    trusted_proxies: tuple[str, ...] = Field(
        (), description="networks (CIDR) of balancers whose X-Forwarded-For is believed"
    )
    max_body_bytes: int = Field(8 * 1024 * 1024, gt=0, description="larger entries get 409")
    max_batch_bytes: int = Field(16 * 1024 * 1024, gt=0, description="larger batches get 413")
    max_unpacked_batch_bytes: int = Field(
        32 * 1024 * 1024, gt=0, description="batches that unpack to more get 413"
    )
    max_held_bytes: int = Field(
        256 * 1024 * 1024, gt=0, description="bodies being read, all together; then 503"
    )
    max_head_bytes: int = Field(128 * 1024, ge=80 * 1024, description="request line and headers")
    head_timeout_s: float = Field(
        10.0, gt=0, description="from connect or last answer's first byte"
    )
    request_timeout_s: float = Field(30.0, gt=0, description="a whole request, head and body")
    idle_timeout_s: float = Field(75.0, gt=0, description="a kept-alive connection that is silent")
    answer_timeout_s: float = Field(0.8, gt=0, description="then 503 and the entry is not owed")
    batch_timeout_s: float = Field(30.0, gt=0, description="the same for a batch, once it is read")
    max_connections: int = Field(4096, gt=0)

    @field_validator("trusted_proxies")
    @classmethod
    def _are_networks(cls, typed: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(spelled(network(one)) for one in typed)
