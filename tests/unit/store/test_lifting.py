"""What of a search text becomes a filter; that both find the same is test_expressions.py's."""

from datetime import UTC, datetime

import pytest

from bartizan.domain.search import Search
from bartizan.query.filters import search_text
from bartizan.store.lifting import lifted

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)


def asked(text, **given):
    return Search(expression=search_text(text, NOON), **given)


@pytest.mark.parametrize(
    ("text", "filters", "rest"),
    [
        ("rule:942100", {"rule_ids": (942100,)}, None),
        ("status:(403 406) score:5", {"statuses": (403, 406)}, "score:5"),
        ("client:(192.0.2.1 10.0.0.0/8)", {"clients": ("192.0.2.1", "10.0.0.0/8")}, None),
        ("path:/a/*", {"paths": ("/a/*",)}, None),
        ("path:/a", {"paths": ("/a",)}, None),
        ('path:"/a*"', {}, 'path:"/a*"'),
        ("blocked:true", {"intercepted": True}, None),
        ("unique_id:a", {"unique_id": "a"}, None),
        ("at:>=2026-11-01", {"since": datetime(2026, 11, 1, tzinfo=UTC)}, None),
        ("host:x host:y", {"hosts": ("x",)}, "host:y"),
        ("NOT rule:1", {}, "NOT rule:1"),
        ("rule:1 OR status:403", {}, "rule:1 OR status:403"),
        ("rule:1..5", {}, "rule:1..5"),
        ("sqlmap", {}, "sqlmap"),
    ],
)
def test_a_condition_that_a_filter_can_say_becomes_one(text, filters, rest):
    expression = None if rest is None else search_text(rest, NOON)
    assert lifted(asked(text)) == Search(expression=expression, **filters)


def test_a_filter_that_is_given_stays_as_it_is():
    given = {"rule_ids": (1,), "since": NOON}
    assert lifted(asked("rule:2 at:>=2026-11-01", **given)) == asked(
        "rule:2 at:>=2026-11-01", **given
    )
