"""docs/api.md has every route of the console and every error code it sends."""

import re
from pathlib import Path

import pytest

from bartizan.present.app import ROUTES
from bartizan.query.filters import FILTERS

_ROOT = Path(__file__).parents[3]
_PAGE = (_ROOT / "docs" / "api.md").read_text()
_SOURCE = _ROOT / "src" / "bartizan"
_OWN_CODES = re.compile(
    r"""(?:Refused|Unavailable)\(\s*"([a-z-]+)"|(?:scope, \d{3}, )"([a-z-]+)\""""
)


def _described() -> set[tuple[str, str]]:
    found = re.findall(r"`(GET|POST|PUT|DELETE) (/[^`?\s]*)", _PAGE)
    return {(method, re.sub(r"\{\w+\}", "{}", path)) for method, path in found}


@pytest.mark.parametrize("route", ROUTES, ids=lambda route: route.path)
def test_every_route_is_described(route):
    if route.path.startswith(("/api/", "/csp", "/healthz", "/readyz")):
        path = re.sub(r"\{\w+\}", "{}", route.path)
        is_named = path == "/api/v1/openapi.json" and path in _PAGE
        assert is_named or (route.methods[0], path) in _described()


def test_nothing_is_described_that_is_not_there():
    served = {
        (method, re.sub(r"\{\w+\}", "{}", route.path))
        for route in ROUTES
        for method in route.methods
    }
    assert _described() <= served


def test_every_filter_is_described():
    assert [each.name for each in FILTERS if f"`{each.name}" not in _PAGE] == []


def test_every_error_code_is_described():
    files = [
        *(_SOURCE / "present").rglob("*.py"),
        *(_SOURCE / "query").rglob("*.py"),
        *(_SOURCE / "accounts" / name for name in ("people.py", "setup.py", "login.py")),
    ]
    codes = {
        code for file in files for pair in _OWN_CODES.findall(file.read_text()) for code in pair
    }
    codes -= {"", "no-such-person"}  # of the command line only
    assert len(codes) > 15
    assert sorted(code for code in codes if f"`{code}`" not in _PAGE) == []
