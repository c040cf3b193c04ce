"""Whether an ID token is one: signed by the provider, for us, for this log-in, and not too old.

OpenID Connect Core 1.0 section 3.1.3.7. Only asymmetric signatures count: with a symmetric one, or
none, whoever reads the token could have made it. `Refused` (`bad-id-token`) never repeats it.
"""

from collections.abc import Callable, Mapping
from typing import Any, Final

import jwt

from bartizan.domain.errors import Refused

_ALGORITHMS: Final = (
    "RS256",
    "RS384",
    "RS512",
    "PS256",
    "PS384",
    "PS512",
    "ES256",
    "ES384",
    "ES512",
    "EdDSA",
)
_CLOCKS_DIFFER_S: Final = 60
_NEEDED: Final = ["iss", "sub", "aud", "exp", "iat", "nonce"]
_LONGEST: Final = 64 * 1024


def read_id_token(
    token: str,
    *,
    issuer: str,
    client_id: str,
    nonce: str,
    keys: Callable[[bool], Mapping[str, Any]],
) -> Mapping[str, Any]:
    """Its claims. `keys` gives the provider's key set, fetched anew if it is asked with True."""
    if len(token) > _LONGEST:
        raise _refused("it is too long")
    try:
        key = _key(token, keys(False)) or _key(token, keys(True))
        if key is None:
            raise _refused("it is signed with a key that the provider does not have")
        claims: dict[str, Any] = jwt.decode(
            token,
            key,
            algorithms=list(_ALGORITHMS),
            audience=client_id,
            issuer=issuer,
            leeway=_CLOCKS_DIFFER_S,
            options={"require": _NEEDED},
        )
    except jwt.PyJWTError as error:
        raise _refused(type(error).__name__) from None
    if claims["nonce"] != nonce:
        raise _refused("it is of another log-in")
    is_shared = isinstance(claims["aud"], list) and len(claims["aud"]) > 1
    if (is_shared or "azp" in claims) and claims.get("azp") != client_id:
        raise _refused("it is for somebody else")
    if not isinstance(claims["sub"], str) or not claims["sub"]:
        raise _refused("it names nobody")
    return claims


def _key(token: str, found: Mapping[str, Any]) -> jwt.PyJWK | None:
    """The key that the token names, or the only one there is for its algorithm."""
    header = jwt.get_unverified_header(token)
    if header.get("alg") not in _ALGORITHMS:
        raise _refused("it is not signed as it must be")
    try:
        every = jwt.PyJWKSet.from_dict(dict(found)).keys
    except jwt.PyJWKSetError:
        return None  # none that can be used
    usable = [key for key in every if key.public_key_use in (None, "sig") and key.key_type != "oct"]
    if "kid" in header:
        return next((key for key in usable if key.key_id == header["kid"]), None)
    return usable[0] if len(usable) == 1 else None


def _refused(why: str) -> Refused:
    return Refused("bad-id-token", f"the provider's token does not count: {why}")
