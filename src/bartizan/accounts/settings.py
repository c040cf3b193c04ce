"""Settings of who may come in: the access trail, OpenID Connect, a trusted header."""

from pathlib import Path
from typing import Self
from urllib.parse import urlsplit

from pydantic import Field, field_validator, model_validator

from bartizan.domain.person import Role
from bartizan.kit import networks
from bartizan.kit.settings import Section


class GroupRule(Section):
    """What a group of the provider's may do here. Of several that fit, the first decides."""

    group: str = Field(min_length=1)
    role: Role = Role.VIEWER
    scope: str = ""
    payloads: bool | None = None

    @model_validator(mode="after")
    def _administrators_see_everything(self) -> Self:
        if self.role is Role.ADMIN and self.scope:
            raise ValueError("an administrator sees everything: leave the scope out")
        return self


class AccountsSettings(Section):
    """People, and what is kept of what they did."""

    trail_days: int = Field(365, gt=0, le=36_500, description="how long the access trail goes back")


class OidcSettings(Section):
    """An OpenID Connect provider; `issuer` and `client_id` switch it on."""

    issuer: str | None = Field(None, description="such as https://id.example.com/realms/main")
    client_id: str | None = None
    client_secret: str | None = Field(None, repr=False)
    client_secret_file: Path | None = Field(None, description="file that holds it")
    name: str = Field("single sign-on", description="what the button says after 'Log in with'")
    scopes: tuple[str, ...] = ("openid", "profile", "email")
    name_claim: str = Field("preferred_username", description="what people are called here")
    groups_claim: str = "groups"
    groups: tuple[GroupRule, ...] = ()
    default_role: Role | None = Field(None, description="of people in none of the groups")
    allowed_domains: tuple[str, ...] = Field(
        (), description="of verified e-mail addresses; empty: any, also none"
    )
    ca_file: Path | None = Field(None, description="PEM: the authority behind the provider")

    @model_validator(mode="after")
    def _both_or_neither(self) -> Self:
        if (self.issuer is None) != (self.client_id is None):
            raise ValueError("set both issuer and client_id, or neither")
        if self.client_secret is not None and self.client_secret_file is not None:
            raise ValueError("set client_secret or client_secret_file, not both")
        if "openid" not in self.scopes:
            raise ValueError("scopes must have openid")
        if self.issuer is not None and not self.groups and self.default_role is None:
            raise ValueError("nobody could come in: set groups or default_role")
        return self

    @field_validator("issuer")
    @classmethod
    def _is_address(cls, value: str | None) -> str | None:
        parts = urlsplit(value or "https://x")
        if parts.scheme not in ("https", "http") or not parts.netloc or parts.query:
            raise ValueError("an issuer is an address such as https://id.example.com")
        if parts.scheme == "http" and not _is_loopback(parts.hostname or ""):
            raise ValueError("an issuer elsewhere must be https")
        return value

    @property
    def is_on(self) -> bool:
        return self.issuer is not None


class TrustedHeaderSettings(Section):
    """A proxy that says who it is; `header` and `proxies` switch it on."""

    header: str | None = Field(None, description="such as X-Forwarded-User")
    groups_header: str | None = Field(None, description="such as X-Forwarded-Groups, with commas")
    proxies: tuple[str, ...] = Field((), description="networks (CIDR) that are believed")
    groups: tuple[GroupRule, ...] = ()
    default_role: Role | None = Field(None, description="of people in none of the groups")

    @model_validator(mode="after")
    def _both_or_neither(self) -> Self:
        if (self.header is None) != (not self.proxies):
            raise ValueError("set both header and proxies, or neither")
        if self.groups_header is not None and self.header is None:
            raise ValueError("groups_header needs header")
        return self

    @field_validator("proxies")
    @classmethod
    def _are_networks(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        for text in value:
            block = networks.network(text)
            if block.prefixlen == 0:
                raise ValueError("a network of everybody names no proxy")
        return value

    @field_validator("header", "groups_header")
    @classmethod
    def _is_name(cls, value: str | None) -> str | None:
        if value is not None and not (value.isascii() and value.replace("-", "a").isalnum()):
            raise ValueError("a header's name has letters, digits and -")
        if value is not None and value.lower() in ("cookie", "authorization", "host", "origin"):
            raise ValueError("this header is everybody's")
        return value

    @property
    def is_on(self) -> bool:
        return self.header is not None


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    found = networks.address(host)
    return found is not None and found.is_loopback
