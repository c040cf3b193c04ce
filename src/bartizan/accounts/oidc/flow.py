"""A log-in with the provider, from the way there to the way back.

What the way back is checked with is kept by the browser alone, in a cookie: `state` against forged
answers, `nonce` against tokens of other log-ins, the PKCE verifier against codes that somebody else
saw. Blocking, thread-safe.
"""

import base64
import hashlib
import hmac
import secrets
from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import urlencode

import msgspec

from bartizan.accounts.oidc.id_token import read_id_token
from bartizan.accounts.oidc.provider import Provider
from bartizan.accounts.settings import OidcSettings
from bartizan.accounts.vouched import Vouched
from bartizan.domain.errors import Refused
from bartizan.domain.person import Source
from bartizan.kit.struct import Struct

CALLBACK: Final = "/oidc/callback"
_MOST_GROUPS: Final = 1000


class Attempt(Struct, frozen=True, kw_only=True):
    """What the browser keeps meanwhile; `next` is where it wanted to go."""

    state: str
    nonce: str
    verifier: str
    next: str

    def as_text(self) -> str:
        return base64.urlsafe_b64encode(msgspec.json.encode(self)).rstrip(b"=").decode()


def read_attempt(text: str) -> Attempt | None:
    try:
        return msgspec.json.decode(
            base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)), type=Attempt
        )
    except (ValueError, msgspec.MsgspecError):
        return None


class OidcLogin:
    """The `Refused` codes: `bad-state`, `provider-says-no`, `bad-id-token`, `wrong-domain`."""

    def __init__(self, settings: OidcSettings, provider: Provider, console_url: str) -> None:
        """`console_url` is how browsers reach the console, without a slash at its end."""
        self._settings = settings
        self._issuer = settings.issuer or ""
        self._client_id = settings.client_id or ""
        self._provider = provider
        self._redirect_uri = console_url + CALLBACK
        self._landing = console_url + "/login"

    @property
    def name(self) -> str:
        return self._settings.name

    def begin(self, next_path: str) -> tuple[Attempt, str]:
        """What to keep, and where to send the browser."""
        attempt = Attempt(
            state=secrets.token_urlsafe(32),
            nonce=secrets.token_urlsafe(32),
            verifier=secrets.token_urlsafe(64),
            next=next_path,
        )
        challenge = hashlib.sha256(attempt.verifier.encode()).digest()
        parameters = {
            "response_type": "code",
            "client_id": self._client_id,
            "redirect_uri": self._redirect_uri,
            "scope": " ".join(self._settings.scopes),
            "state": attempt.state,
            "nonce": attempt.nonce,
            "code_challenge": base64.urlsafe_b64encode(challenge).rstrip(b"=").decode(),
            "code_challenge_method": "S256",
        }
        return attempt, _with(self._provider.description().authorization_endpoint, parameters)

    def finish(self, attempt: Attempt | None, answer: Mapping[str, str]) -> Vouched:
        """Who came back. `answer` are the parameters that the provider sent the browser with."""
        stated = answer.get("state", "").encode()
        if attempt is None or not hmac.compare_digest(attempt.state.encode(), stated):
            raise Refused("bad-state", "this answer belongs to no log-in of this browser")
        self._check_issuer(answer.get("iss"))
        if "error" in answer or "code" not in answer:
            raise Refused("provider-says-no", "the provider let nobody in")
        tokens = self._provider.exchange(answer["code"], attempt.verifier, self._redirect_uri)
        claims = read_id_token(
            tokens.id_token,
            issuer=self._issuer,
            client_id=self._client_id,
            nonce=attempt.nonce,
            keys=lambda renewed: self._provider.keys(renewed=renewed),
        )
        if tokens.access_token is not None and self._lacks(claims):
            further = self._provider.person_facts(tokens.access_token)
            if further.get("sub") == claims["sub"]:
                claims = {**further, **claims}
        return self._vouched(claims)

    def sign_out_address(self) -> str | None:
        """Where a browser goes to end its log-in with the provider too; None if it has no such."""
        address = self._provider.description().end_session_endpoint
        if address is None:
            return None
        parameters = {"client_id": self._client_id, "post_logout_redirect_uri": self._landing}
        return _with(address, parameters)

    def _check_issuer(self, stated: str | None) -> None:
        """RFC 9207: an answer of another provider is not ours."""
        if stated is None:
            must = self._provider.description().authorization_response_iss_parameter_supported
            if must:
                raise Refused("bad-state", "the answer does not say whose it is")
        elif stated != self._issuer:
            raise Refused("bad-state", "the answer is another provider's")

    def _lacks(self, claims: Mapping[str, Any]) -> bool:
        wanted = {self._settings.name_claim}
        if self._settings.groups:
            wanted.add(self._settings.groups_claim)
        if self._settings.allowed_domains:
            wanted |= {"email", "email_verified"}
        return not wanted <= claims.keys()

    def _vouched(self, claims: Mapping[str, Any]) -> Vouched:
        self._check_domain(claims)
        subject = claims["sub"]
        told = (claims.get(self._settings.name_claim), claims.get("email"), subject)
        names = tuple(dict.fromkeys(one for one in told if isinstance(one, str) and one))
        return Vouched(
            source=Source.OIDC,
            identity=f"{self._issuer} {subject}",
            names=names,
            groups=_groups(claims.get(self._settings.groups_claim)),
        )

    def _check_domain(self, claims: Mapping[str, Any]) -> None:
        """An address that nobody verified is whatever somebody typed, so it opens nothing."""
        allowed = {domain.lower() for domain in self._settings.allowed_domains}
        if not allowed:
            return
        email = claims.get("email")
        domain = email.rpartition("@")[2].lower() if isinstance(email, str) else ""
        if claims.get("email_verified") is not True or domain not in allowed:
            raise Refused("wrong-domain", "your e-mail address is not of a domain that may log in")


def _groups(stated: object) -> tuple[str, ...]:
    """A list, or one name; anything else is no group at all."""
    if isinstance(stated, str):
        return (stated,)
    if not isinstance(stated, list):
        return ()
    return tuple(one for one in stated[:_MOST_GROUPS] if isinstance(one, str))


def _with(address: str, parameters: Mapping[str, str]) -> str:
    return address + ("&" if "?" in address else "?") + urlencode(parameters)
