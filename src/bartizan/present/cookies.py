"""The session cookie.

`__Host-bartizan` with Secure wherever browsers reach the console by https. On plain http (the
default, on loopback) it is `bartizan` without Secure: not every browser keeps Secure cookies on
http://localhost, and none does on another plain-http address. SameSite=Lax and not Strict, because
with Strict a link from a mail or a ticket would open the console logged out; requests that change
something are protected by `cross_site.py` anyway.
"""

from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import Response

from bartizan.present.settings import ConsoleSettings


@dataclass(frozen=True, kw_only=True)
class SessionCookie:
    is_secure: bool
    lifetime_s: int

    @property
    def name(self) -> str:
        return "__Host-bartizan" if self.is_secure else "bartizan"

    def read(self, request: Request) -> str | None:
        return request.cookies.get(self.name)

    def write(self, response: Response, secret: str) -> None:
        self._set(response, secret, self.lifetime_s)

    def remove(self, response: Response) -> None:
        self._set(response, "", 0)

    def _set(self, response: Response, value: str, max_age_s: int) -> None:
        response.set_cookie(
            self.name,
            value,
            max_age=max_age_s,
            path="/",
            secure=self.is_secure,
            httponly=True,
            samesite="lax",
        )


@dataclass(frozen=True, kw_only=True)
class AttemptCookie:
    """What a log-in elsewhere is checked with when the browser comes back: for ten minutes."""

    is_secure: bool

    @property
    def name(self) -> str:
        return "__Host-bartizan-attempt" if self.is_secure else "bartizan-attempt"

    def read(self, request: Request) -> str | None:
        return request.cookies.get(self.name)

    def write(self, response: Response, value: str, max_age_s: int = 600) -> None:
        response.set_cookie(
            self.name,
            value,
            max_age=max_age_s,
            path="/",
            secure=self.is_secure,
            httponly=True,
            samesite="lax",
        )

    def remove(self, response: Response) -> None:
        self.write(response, "", 0)


def is_https(settings: ConsoleSettings) -> bool:
    """Whether browsers reach the console by https, directly or through a proxy."""
    public = settings.public_url or ""
    return settings.tls_certificate is not None or public.lower().startswith("https://")
