"""The API is asked what its own document says, and what it does not: no failure, no 5xx.

schemathesis makes the requests from the document, with and without mistakes in them, and compares
each answer with it: status, content type, and every field.
"""

import warnings
from collections.abc import Callable
from contextlib import closing
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis.errors import Unsatisfiable
from starlette.testclient import TestClient

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # its own, about what it imports
    import schemathesis
    from schemathesis import Case, GenerationMode
    from schemathesis.checks import CHECKS, load_all_checks

from bartizan.domain.delivery import AuditLogEntry
from bartizan.domain.person import Role
from bartizan.present.app import ROUTES
from bartizan.spool.outlet import Outlet
from tests.unit.present.conftest import House

load_all_checks()
_EXAMPLES = 8
_ASKED = [
    (method, route.path)
    for route in ROUTES
    for method in route.methods
    # What never ends is asked in tests/unit/present/test_stream.py and test_every_route.py.
    if route.is_api and route.content_type != "text/event-stream"
]
# A request may be well-formed and still be refused: the id is nobody's, the text no search.
_MAY_BE_REFUSED = CHECKS.get_by_names(["positive_data_acceptance"])
# What is refused for its size alone was refused too, which schemathesis does not count.
_IS_REFUSED = CHECKS.get_by_names(["negative_data_rejection"])
_TOO_LARGE = 413


@pytest.fixture
def furnished(house: House, make_record: Callable[..., Any], tmp_path) -> House:
    """A bit of everything, so that answers have something in them."""
    house.add_sensor("edge")
    house.store.append([make_record(), make_record(country=None, category=None)])
    with closing(Outlet(tmp_path / "spool")) as outlet:
        outlet.set_aside(AuditLogEntry(sensor="edge", received_at_us=1, raw=b"odd"), "x", "")
    return house


@pytest.mark.promise("S13")
@pytest.mark.timeout(120)
@pytest.mark.parametrize("mode", [GenerationMode.POSITIVE, GenerationMode.NEGATIVE])
@pytest.mark.parametrize(("method", "path"), _ASKED, ids=lambda each: each)
def test_the_api_does_what_its_document_says(furnished, visit, method, path, mode) -> None:
    client: TestClient = visit(Role.ADMIN)
    document = client.get("/api/v1/openapi.json").json()
    operation = schemathesis.openapi.from_dict(document)[path][method]
    asked = 0

    @settings(
        max_examples=_EXAMPLES,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(case=operation.as_strategy(generation_mode=mode))
    def ask(case: Case) -> None:
        nonlocal asked
        asked += 1
        request = case.as_transport_kwargs()
        request.pop("cookies", None)  # the document has none
        if "data" in request:
            request["content"] = request.pop("data")
        response = client.request(**request)
        assert response.status_code < 500, response.text
        is_too_large = response.status_code == _TOO_LARGE
        excluded = [*_MAY_BE_REFUSED, *(_IS_REFUSED if is_too_large else ())]
        case.validate_response(response, excluded_checks=excluded)

    try:
        ask()
    except Unsatisfiable:
        assert mode is GenerationMode.NEGATIVE, "nothing can be wrong with a request without terms"
    assert asked or mode is GenerationMode.NEGATIVE
