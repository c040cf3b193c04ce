"""The session cookie, and that of a log-in elsewhere.

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
class Cookie:
    """One that no script of a page can read."""

    purpose: str = ""
    is_secure: bool
    lifetime_s: int

    @property
    def name(self) -> str:
        return ("__Host-bartizan" if self.is_secure else "bartizan") + self.purpose

    def read(self, request: Request) -> str | None:
        return request.cookies.get(self.name)

    def write(self, response: Response, value: str) -> None:
        self._set(response, value, self.lifetime_s)

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


def session_cookie(*, is_secure: bool, lifetime_s: int) -> Cookie:
    return Cookie(is_secure=is_secure, lifetime_s=lifetime_s)


def attempt_cookie(*, is_secure: bool) -> Cookie:
    """What a log-in elsewhere is checked with when the browser comes back: for ten minutes."""
    return Cookie(purpose="-attempt", is_secure=is_secure, lifetime_s=600)


def is_https(settings: ConsoleSettings) -> bool:
    """Whether browsers reach the console by https, directly or through a proxy."""
    public = settings.public_url or ""
    return settings.tls_certificate is not None or public.lower().startswith("https://")
