"""Whoever may not see payloads cannot find out by searching what is in them."""

import pytest

from bartizan.domain.errors import Refused
from bartizan.domain.expression import fields_of
from bartizan.query.language.payloads import PAYLOAD, besides_payloads
from bartizan.query.language.read import read


@pytest.mark.parametrize("text", ["secret", "NOT secret", "a OR (b NOT c)", "rule:1 a"])
def test_free_text_leaves_payloads_out(text):
    assert fields_of(read(text)) & PAYLOAD
    assert not fields_of(besides_payloads(read(text))) & PAYLOAD


@pytest.mark.parametrize(
    "text", ["uri:secret", "NOT data:secret", "a OR (b NOT uri:c)", "has:data", "-has:uri"]
)
def test_asking_for_payloads_by_name_is_refused(text):
    with pytest.raises(Refused) as caught:
        besides_payloads(read(text))
    assert caught.value.code == "not-allowed"


def test_everything_else_stays_as_it_is():
    expression = read("rule:1 (host:a OR NOT score:>5) path:/x*")
    assert besides_payloads(expression) == expression
