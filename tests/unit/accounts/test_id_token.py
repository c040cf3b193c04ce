"""ID tokens: only the right signature, for us, now, for this log-in (OIDC Core 3.1.3.7)."""

import base64
import hmac
import json
import time

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from bartizan.accounts.oidc.id_token import read_id_token
from bartizan.domain.errors import Refused

ISSUER, CLIENT, NONCE = "https://id.example", "bartizan", "once"
KEY = rsa.generate_private_key(public_exponent=65537, key_size=2048)
OTHER = rsa.generate_private_key(public_exponent=65537, key_size=2048)
CURVE = ec.generate_private_key(ec.SECP256R1())


def _jwk(key, kid, **facts):
    maker = jwt.algorithms.ECAlgorithm if key is CURVE else jwt.algorithms.RSAAlgorithm
    return {**json.loads(maker.to_jwk(key.public_key())), "kid": kid, "use": "sig", **facts}


KEYS = {"keys": [_jwk(KEY, "one"), _jwk(CURVE, "two")]}


def _token(key=KEY, kid="one", algorithm="RS256", **changes):
    now = int(time.time())
    claims = {
        "iss": ISSUER,
        "sub": "u-1",
        "aud": CLIENT,
        "exp": now + 300,
        "iat": now,
        "nonce": NONCE,
        **changes,
    }
    present = {name: value for name, value in claims.items() if value is not None}
    return jwt.encode(present, key, algorithm, headers={"kid": kid} if kid else {})


def _read(token, keys=KEYS):
    asked = []

    def fetch(renewed):
        asked.append(renewed)
        return keys

    return read_id_token(token, issuer=ISSUER, client_id=CLIENT, nonce=NONCE, keys=fetch), asked


def test_a_right_token_says_who_it_is() -> None:
    claims, asked = _read(_token())
    assert claims["sub"] == "u-1"
    assert asked == [False]
    assert _read(_token(key=CURVE, kid="two", algorithm="ES256"))[0]["sub"] == "u-1"
    assert _read(_token(aud=[CLIENT, "other"], azp=CLIENT))[0]["sub"] == "u-1"


def test_a_new_key_is_fetched() -> None:
    sets = {False: {"keys": []}, True: KEYS}
    found = read_id_token(
        _token(), issuer=ISSUER, client_id=CLIENT, nonce=NONCE, keys=lambda renewed: sets[renewed]
    )
    assert found["sub"] == "u-1"


@pytest.mark.promise("S22")
@pytest.mark.parametrize(
    "changes",
    [
        {"iss": "https://evil.example"},
        {"aud": "other"},
        {"aud": [CLIENT, "other"]},
        {"aud": [CLIENT, "other"], "azp": "other"},
        {"azp": "other"},
        {"exp": 1_000_000},
        {"exp": None},
        {"iat": 9_999_999_999},
        {"nonce": "another"},
        {"nonce": None},
        {"sub": None},
        {"sub": ""},
        {"key": OTHER},
        {"kid": "three"},
        {"key": OTHER, "kid": None},
    ],
)
def test_any_other_is_refused_and_not_repeated(changes) -> None:
    token = _token(**changes)
    with pytest.raises(Refused) as caught:
        _read(token)
    assert caught.value.code == "bad-id-token"
    assert token not in str(caught.value)


@pytest.mark.promise("S22")
def test_a_signature_that_anybody_could_make_is_refused() -> None:
    unsigned = jwt.encode({"sub": "u-1"}, None, "none", headers={"kid": "one"})
    secret = json.dumps(KEYS["keys"][0]).encode()  # public, so known to everybody
    signed = b".".join(
        base64.urlsafe_b64encode(json.dumps(part).encode()).rstrip(b"=")
        for part in ({"alg": "HS256", "kid": "one"}, {"sub": "u-1", "nonce": NONCE})
    )
    mac = base64.urlsafe_b64encode(hmac.digest(secret, signed, "sha256")).rstrip(b"=")
    symmetric = (signed + b"." + mac).decode()
    oct_keys = {"keys": [{"kty": "oct", "k": "AAAA", "kid": "one", "alg": "HS256"}]}
    for token, keys in ((unsigned, KEYS), (symmetric, KEYS), (symmetric, oct_keys)):
        with pytest.raises(Refused) as caught:
            _read(token, keys)
        assert caught.value.code == "bad-id-token"


@pytest.mark.parametrize("token", ["", "x", "a.b.c", "..", "é" * 10, "a" * 100_000])
def test_nonsense_is_refused(token) -> None:
    with pytest.raises(Refused):
        _read(token)
