"""The shell and the built assets."""

import re
from dataclasses import replace
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from bartizan.domain.errors import Misconfigured
from bartizan.present.app import console
from bartizan.present.assets import load_assets
from bartizan.present.pages import shell

_MANIFEST = """{"build": "b1234", "entries": {"console.js": "assets/console-AA.js",
 "console.css": "assets/console-BB.css"}, "preload": ["assets/chunk-CC.js"]}"""
_PAGES = ["/", "/map", "/transactions", "/transactions/7", "/sensors", "/account", "/login"]


@pytest.fixture
def built(tmp_path: Path) -> Path:
    directory = tmp_path / "static"
    (directory / "assets").mkdir(parents=True)
    (directory / "manifest.json").write_text(_MANIFEST)
    for name, content in {
        "console-AA.js": "alert;",
        "console-AA.js.br": "brotli",
        "console-AA.js.gz": "gzip",
        "console-BB.css": "body{}",
        "world-DD.json": "{}",
        "secret.py": "no",
    }.items():
        (directory / "assets" / name).write_text(content)
    return directory


@pytest.fixture
def browser(house, built) -> TestClient:
    parts = replace(house.parts, assets=load_assets(built))
    return TestClient(console(house.settings, parts))


@pytest.mark.parametrize("path", [*_PAGES, "/setup", "/map?theme=dark"])
def test_every_page_is_the_same_shell(browser, path):
    response = browser.get(path)
    assert response.headers["content-type"] == "text/html; charset=utf-8"
    assert response.headers["cache-control"] == "no-store"
    assert '<script type="module" src="/assets/console-AA.js"></script>' in response.text
    assert '<link rel="stylesheet" href="/assets/console-BB.css">' in response.text
    assert '<link rel="modulepreload" href="/assets/chunk-CC.js">' in response.text
    assert '<div id="app">' in response.text


@pytest.mark.promise("S2")
def test_the_pages_hold_no_inline_script_or_style(built):
    from bartizan.present.assets import Assets

    for page in (shell(load_assets(built)), shell(Assets())):
        assert not re.search(r"<style|\sstyle=|\son\w+=|javascript:", page)
        assert all(">" not in script for script in re.findall(r"<script[^>]*>(.+?)</script>", page))


def test_without_a_build_the_page_says_how_to_build(visit):
    response = visit().get("/map")
    assert response.status_code == 200
    assert "node build.mjs" in response.text
    assert visit().get("/api/v1/session").json()["build"] == "unbuilt"


def test_assets_are_kept_for_ever(browser):
    response = browser.get("/assets/console-BB.css")
    assert response.headers["cache-control"] == "public, max-age=31536000, immutable"
    assert response.headers["content-type"] == "text/css; charset=utf-8"
    assert response.headers["vary"] == "Accept-Encoding"
    assert response.text == "body{}"


@pytest.mark.parametrize(
    ("accepted", "coding"),
    [
        ("gzip, deflate, br, zstd", "br"),
        ("gzip", "gzip"),
        ("br;q=0, gzip;q=0.5", "gzip"),
        ("identity", None),
        ("", None),
        ("*", None),
    ],
)
def test_assets_come_in_the_best_coding(browser, accepted, coding):
    with browser.stream(
        "GET", "/assets/console-AA.js", headers={"accept-encoding": accepted}
    ) as response:
        assert response.headers.get("content-encoding") == coding
        assert (
            b"".join(response.iter_raw())
            == {
                None: b"alert;",
                "br": b"brotli",
                "gzip": b"gzip",
            }[coding]
        )


@pytest.mark.promise("S14")
@pytest.mark.parametrize(
    "name",
    [
        "secret.py",
        "console-AA.js.br",
        "..%2fmanifest.json",
        "%2e%2e/manifest.json",
        "%2fetc%2fpasswd",
        "console-AA.js%00",
        "CONSOLE-AA.JS",
        "",
    ],
)
def test_only_what_was_built_is_served(browser, name):
    assert browser.get(f"/assets/{name}").status_code == 404


def test_a_broken_build_is_told_at_start(built):
    (built / "manifest.json").write_text("{}")
    with pytest.raises(Misconfigured):
        load_assets(built)


_BROWSER = {"accept": "text/html,application/xhtml+xml,*/*;q=0.8"}


@pytest.mark.parametrize("path", ["/foo", "/map/more", "/transactions/7/raw", "/.env"])
def test_a_browser_at_an_unknown_address_gets_the_shell_that_says_so(browser, path):
    response = browser.get(path, headers=_BROWSER)
    known = browser.get("/map", headers=_BROWSER)
    assert response.status_code == 404
    assert response.text == known.text
    for name in ("content-type", "cache-control", "content-security-policy", "x-frame-options"):
        assert response.headers.get(name) == known.headers.get(name)
    assert response.headers["content-security-policy"]


@pytest.mark.parametrize("path", ["/api/v1/foo", "/api/foo", "/assets/foo.js"])
def test_what_is_no_page_answers_in_json_to_a_browser_too(browser, path):
    response = browser.get(path, headers=_BROWSER)
    assert response.status_code == 404
    assert response.json()["error"]["code"]


def test_a_program_at_an_unknown_address_gets_json(browser):
    assert browser.get("/foo").json()["error"]["code"] == "not-found"
    assert browser.post("/foo", headers=_BROWSER).status_code in {403, 404, 405}
