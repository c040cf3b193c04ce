"""Requests from other sites, in a matrix of what browsers send."""

from itertools import product

import pytest

from bartizan.present.cross_site import CrossSite
from bartizan.present.settings import ConsoleSettings

pytestmark = pytest.mark.promise("S12")
_OWN = "http://127.0.0.1:8080"
_SERVER = ("127.0.0.1", 8080)
_SITES = [None, "same-origin", "none", "same-site", "cross-site", "evil"]
_ORIGINS = [None, _OWN, "http://localhost:8080", "http://evil.example", "null", ""]
_GOOD_ORIGINS = {_OWN, "http://localhost:8080"}


def _headers(site: str | None, origin: str | None) -> list[tuple[bytes, bytes]]:
    headers = [(b"host", b"evil.example"), (b"cookie", b"bartizan=x")]
    if site is not None:
        headers.append((b"sec-fetch-site", site.encode()))
    if origin is not None:
        headers.append((b"origin", origin.encode()))
    return headers


@pytest.mark.parametrize("method", ["GET", "HEAD", "POST", "DELETE", "PUT"])
@pytest.mark.parametrize(("site", "origin"), list(product(_SITES, _ORIGINS)))
def test_only_our_own_pages_may_change_something(method, site, origin):
    reason = CrossSite(ConsoleSettings()).why_refused(method, _headers(site, origin), _SERVER)
    if method in ("GET", "HEAD"):
        allowed = True
    elif site is not None:
        allowed = site in ("same-origin", "none")
    else:
        allowed = origin in _GOOD_ORIGINS
    assert (reason is None) is allowed


def _is_allowed(origin: str, server: tuple[str, int] = _SERVER, **settings: object) -> bool:
    reason = CrossSite(ConsoleSettings(**settings)).why_refused(
        "POST", _headers(None, origin), server
    )
    return reason is None


def test_the_host_header_is_not_believed():
    assert not _is_allowed("http://evil.example")


@pytest.mark.parametrize(
    ("origin", "settings", "server"),
    [
        ("https://waf.example", {"public_url": "https://waf.example/"}, _SERVER),
        ("https://waf.example:8443", {"public_url": "https://WAF.example:8443"}, _SERVER),
        ("https://waf.example", {"public_url": "https://waf.example:443"}, _SERVER),
        ("http://192.0.2.9:8080", {"host": "0.0.0.0"}, ("192.0.2.9", 8080)),
        ("http://[2001:db8::9]:8080", {"host": "::"}, ("2001:db8::9", 8080)),
        ("http://[::1]:8080", {"host": "::1"}, ("::1", 8080)),
        ("http://192.0.2.9", {"host": "0.0.0.0", "port": 80}, ("192.0.2.9", 80)),
        (
            "https://192.0.2.9:8080",
            {"host": "0.0.0.0", "tls_certificate": "/c", "tls_key": "/k"},
            ("192.0.2.9", 8080),
        ),
    ],
)
def test_own_origins_come_from_settings_and_the_socket(origin, settings, server):
    assert _is_allowed(origin, server, **settings)


@pytest.mark.parametrize(
    ("origin", "settings"),
    [
        ("http://waf.example", {"public_url": "https://waf.example"}),
        ("https://waf.example:444", {"public_url": "https://waf.example"}),
        ("https://waf.example.evil.example", {"public_url": "https://waf.example"}),
        ("http://127.0.0.1:8081", {}),
        ("https://127.0.0.1:8080", {}),
    ],
)
def test_nearly_our_own_is_not_our_own(origin, settings):
    assert not _is_allowed(origin, **settings)


@pytest.mark.parametrize("name", [b"sec-fetch-site", b"origin"])
def test_a_header_sent_twice_is_nobodys_browser(name):
    value = b"same-origin" if name == b"sec-fetch-site" else _OWN.encode()
    headers = [(name, value), (name, value)]
    assert CrossSite(ConsoleSettings()).why_refused("POST", headers, _SERVER) is not None


def test_a_refused_request_changes_nothing(visit, house):
    client = visit()
    code = house.setup.code_for_printing()
    body = {"code": code, "name": "anna", "password": "a long enough sentence"}
    for headers in ({"Sec-Fetch-Site": "cross-site"}, {"Sec-Fetch-Site": "same-site"}):
        response = client.post("/api/v1/setup", json=body, headers=headers)
        assert response.status_code == 403
        assert response.json()["error"]["code"] == "cross-site"
    assert house.setup.is_open()


def test_forms_of_other_sites_cannot_send_what_the_api_reads(visit):
    response = visit().post("/api/v1/login", content='{"name": "a", "password": "b"}')
    assert response.status_code == 400
