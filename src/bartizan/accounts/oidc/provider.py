"""The provider, as it describes itself, and what it is asked.

Its description and keys are fetched when first needed and kept for an hour, so that a provider that
is down keeps nobody from a local log-in or from starting. Raises `Unavailable` (`provider-away`)
when it does not answer, and `Refused` (`provider-says-no`, `provider-wrong`) for what it answers.
Blocking, thread-safe. Never logs what it sends or gets.
"""

import base64
import threading
import time
from collections.abc import Callable, Mapping
from typing import Any, Final, TypeVar
from urllib.parse import quote_plus, urlencode, urlsplit

import msgspec

from bartizan.domain.errors import Refused, Unavailable
from bartizan.kit.outbound import Answered, Outbound
from bartizan.kit.struct import Struct

_T = TypeVar("_T")
_FRESH_S: Final = 3600.0
_KEYS_AGAIN_S: Final = 60.0
_DESCRIPTION: Final = "/.well-known/openid-configuration"
_JSON: Final = {"Accept": "application/json"}


class Description(Struct, frozen=True, kw_only=True):
    """The part of OpenID Connect Discovery 1.0 section 3 that is used here."""

    issuer: str
    authorization_endpoint: str
    token_endpoint: str
    jwks_uri: str
    userinfo_endpoint: str | None = None
    end_session_endpoint: str | None = None
    token_endpoint_auth_methods_supported: tuple[str, ...] = ("client_secret_basic",)
    authorization_response_iss_parameter_supported: bool = False


class Tokens(Struct, frozen=True, kw_only=True):
    """What the code was exchanged for."""

    id_token: str
    access_token: str | None = None


class Provider:
    def __init__(
        self,
        *,
        issuer: str,
        client_id: str,
        client_secret: str | None,
        outbound: Callable[[], Outbound],
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._issuer = issuer
        self._client_id = client_id
        self._client_secret = client_secret
        self._outbound = outbound
        self._monotonic = monotonic
        self._lock = threading.Lock()
        self._description: Description | None = None
        self._described_at = 0.0
        self._keys: Mapping[str, Any] | None = None
        self._keys_at = 0.0

    def description(self) -> Description:
        with self._lock:
            now = self._monotonic()
            if self._description is None or now - self._described_at > _FRESH_S:
                self._description = self._fetch_description()
                self._described_at = now
            return self._description

    def keys(self, *, renewed: bool = False) -> Mapping[str, Any]:
        """Its JSON Web Key Set; `renewed` where a key was missing, once a minute at most."""
        address = self.description().jwks_uri
        with self._lock:
            now = self._monotonic()
            limit_s = _KEYS_AGAIN_S if renewed else _FRESH_S
            if self._keys is None or now - self._keys_at > limit_s:
                self._keys = self._read(self._get(address, _JSON), dict[str, Any])
                self._keys_at = now
            return self._keys

    def exchange(self, code: str, verifier: str, redirect_uri: str) -> Tokens:
        """RFC 6749 section 4.1.3 and RFC 7636 section 4.5."""
        description = self.description()
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": redirect_uri,
            "code_verifier": verifier,
        }
        headers = {**_JSON, "Content-Type": "application/x-www-form-urlencoded"}
        secret, methods = self._client_secret, description.token_endpoint_auth_methods_supported
        if secret is None:
            form["client_id"] = self._client_id
        elif "client_secret_basic" in methods or "client_secret_post" not in methods:
            # RFC 6749 section 2.3.1: both are form-encoded first.
            pair = f"{quote_plus(self._client_id)}:{quote_plus(secret)}".encode()
            headers["Authorization"] = "Basic " + base64.b64encode(pair).decode()
        else:
            form |= {"client_id": self._client_id, "client_secret": secret}
        with self._outbound() as client:
            answered = client.post(description.token_endpoint, urlencode(form).encode(), headers)
        return self._read(answered, Tokens)

    def person_facts(self, access_token: str) -> Mapping[str, Any]:
        """The claims of its userinfo endpoint; none where it has no such."""
        address = self.description().userinfo_endpoint
        if address is None:
            return {}
        headers = {**_JSON, "Authorization": f"Bearer {access_token}"}
        return self._read(self._get(address, headers), dict[str, Any])

    def _fetch_description(self) -> Description:
        found = self._read(self._get(self._issuer.rstrip("/") + _DESCRIPTION, _JSON), Description)
        if found.issuer != self._issuer:
            raise Refused("provider-wrong", f"it calls itself {found.issuer}", "oidc.issuer")
        for address in (
            found.authorization_endpoint,
            found.token_endpoint,
            found.jwks_uri,
            found.userinfo_endpoint,
            found.end_session_endpoint,
        ):
            self._check(address)
        return found

    def _check(self, address: str | None) -> None:
        """What a provider says of itself may not lead from https to anything else."""
        allowed = ("https", urlsplit(self._issuer).scheme)
        if address is not None and urlsplit(address).scheme not in allowed:
            raise Refused("provider-wrong", "one of its addresses is not https", "oidc.issuer")

    def _get(self, address: str, headers: Mapping[str, str]) -> object:
        with self._outbound() as client:
            return client.get(address, headers)

    @staticmethod
    def _read(answered: object, kind: type[_T]) -> _T:
        if not isinstance(answered, Answered) or answered.status >= 500:
            raise Unavailable("provider-away", "the provider does not answer", "oidc.issuer")
        if answered.status != 200:
            raise Refused("provider-says-no", f"the provider answers {answered.status}")
        try:
            return msgspec.json.decode(answered.body, type=kind)
        except msgspec.MsgspecError:
            raise Refused("provider-wrong", "the provider answers something else") from None
