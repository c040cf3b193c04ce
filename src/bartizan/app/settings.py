"""Every setting: `bartizan.toml`, then `BARTIZAN_*` in the environment, then the defaults here.

`BARTIZAN_STORE__URL` sets `[store] url`. Secrets may come from files (`url_file`). An unknown key
is an error that names it. With no settings at all everything works in `./bartizan-data/`.
Sizes are in bytes, times in seconds. docs/settings.md documents each; a test holds it to that.
"""

import tomllib
from pathlib import Path
from typing import Any, Literal, Self

from pydantic import ValidationError, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict
from pydantic_settings import PydanticBaseSettingsSource as Source

from bartizan.accounts.settings import AccountsSettings, OidcSettings, TrustedHeaderSettings
from bartizan.acquire.ship.settings import ShipSettings
from bartizan.domain.errors import Misconfigured
from bartizan.enrich.settings import EnrichSettings
from bartizan.ingest.redaction.settings import RedactionSettings
from bartizan.ingest.retention.settings import RetentionSettings
from bartizan.ingest.settings import IngestSettings
from bartizan.kit.settings import Section
from bartizan.present.settings import ConsoleSettings
from bartizan.receive.settings import CollectorSettings
from bartizan.spool.settings import SpoolSettings
from bartizan.store.settings import StoreSettings


class Log(Section):
    level: Literal["debug", "info", "warning", "error"] = "info"
    form: Literal["console", "json"] = "console"


class Settings(BaseSettings):
    model_config = SettingsConfigDict(
        env_prefix="BARTIZAN_", env_nested_delimiter="__", extra="forbid", frozen=True
    )

    data_directory: Path = Path("bartizan-data")
    collector: CollectorSettings = CollectorSettings()
    console: ConsoleSettings = ConsoleSettings()
    spool: SpoolSettings = SpoolSettings()
    store: StoreSettings = StoreSettings()
    ingest: IngestSettings = IngestSettings()
    retention: RetentionSettings = RetentionSettings()
    redaction: RedactionSettings = RedactionSettings()
    enrich: EnrichSettings = EnrichSettings()
    ship: ShipSettings = ShipSettings()
    accounts: AccountsSettings = AccountsSettings()
    oidc: OidcSettings = OidcSettings()
    trusted_header: TrustedHeaderSettings = TrustedHeaderSettings()
    log: Log = Log()

    @classmethod
    def settings_customise_sources(  # type: ignore[override]
        cls,
        _cls: type[BaseSettings],
        init_settings: Source,
        env_settings: Source,
        **_others: Source,
    ) -> tuple[Source, ...]:
        """The environment wins over the file, whose content comes as arguments."""
        return env_settings, init_settings

    @model_validator(mode="after")
    def _retention_before_refusing(self) -> Self:
        least, kept = self.retention.min_free_bytes, self.spool.min_free_bytes
        if 0 < least <= kept:
            raise ValueError(
                f"retention.min_free_bytes ({least}) must be more than spool.min_free_bytes"
                f" ({kept}), or sensors are refused before anything old goes; 0 is never"
            )
        return self

    def store_url(self) -> str:
        return (
            _secret(self.store.url, self.store.url_file)
            or f"sqlite:///{self.data_directory / 'transactions.sqlite'}"
        )

    def control_url(self) -> str:
        return (
            _secret(self.store.control_url, self.store.control_url_file)
            or f"sqlite:///{self.data_directory / 'control.sqlite'}"
        )

    def oidc_secret(self) -> str | None:
        return _secret(self.oidc.client_secret, self.oidc.client_secret_file)

    def ship_secret(self) -> str | None:
        return _secret(self.ship.secret, self.ship.secret_file)


def _secret(value: str | None, file: Path | None) -> str | None:
    if value is not None:
        return value
    if file is None:
        return None
    try:
        return file.read_text().strip()
    except OSError as error:
        raise Misconfigured("unreadable-file", f"cannot read {file}: {error}") from error


def load(path: Path | None) -> Settings:
    """Read settings without touching anything else; `Misconfigured` names the offending key.

    Without `path`, `bartizan.toml` in the working directory is used if it exists.
    """
    file = path or Path("bartizan.toml")
    content: dict[str, Any] = {}
    if path is not None or file.exists():
        try:
            content = tomllib.loads(file.read_text())
        except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
            raise Misconfigured("unreadable-settings", str(error), str(file)) from error
    try:
        return Settings(**content)
    except ValidationError as error:
        first = error.errors()[0]
        key = ".".join(str(part) for part in first["loc"])
        message = first["msg"].removeprefix("Value error, ")
        raise Misconfigured(
            "bad-setting", f"{key}: {message}" if key else message, str(file)
        ) from error
