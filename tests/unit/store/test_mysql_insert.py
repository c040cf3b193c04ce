"""Rows as literals: nothing of a value stands in a statement but its hexadecimal digits."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bartizan.store.sql import mysql_insert

COMPILED = "INSERT INTO t (a, b) VALUES (%s, %s) ON DUPLICATE KEY UPDATE a = GREATEST(a, VALUES(a))"
ENDING = " ON DUPLICATE KEY UPDATE a = GREATEST(a, VALUES(a))"


def test_all_kinds_of_values_are_written() -> None:
    rows = [("é'", b"\x00\\"), (7, None), (-0.25, 2**63 - 1), ("", b"")]
    assert list(mysql_insert.statements(COMPILED, rows)) == [
        b"INSERT INTO t (a, b) VALUES (x'c3a927',x'005c'),(7,NULL),"
        b"(-0.25,9223372036854775807),(x'',x'')" + ENDING.encode()
    ]


@given(st.lists(st.tuples(st.text(), st.binary()), min_size=1))
def test_no_value_can_end_its_literal(rows: list[tuple[str, bytes]]) -> None:
    (statement,) = mysql_insert.statements(COMPILED, rows)
    body = statement.decode("ascii").removeprefix("INSERT INTO t (a, b) VALUES ")
    found = re.findall(r"\(x'([0-9a-f]*)',x'([0-9a-f]*)'\)", body.removesuffix(ENDING))
    assert ",".join(f"(x'{a}',x'{b}')" for a, b in found) + ENDING == body
    assert [(bytes.fromhex(a).decode(), bytes.fromhex(b)) for a, b in found] == rows


def test_a_statement_ends_when_it_has_a_megabyte() -> None:
    rows = [("x" * 100_000, b"")] * 20
    statements = list(mysql_insert.statements(COMPILED, rows))
    assert len(statements) == 4
    assert sum(statement.count(b"(x'78") for statement in statements) == 20
    assert all(len(statement) < 1_300_000 for statement in statements)


def test_text_that_is_not_unicode_is_refused() -> None:
    with pytest.raises(UnicodeEncodeError):
        list(mysql_insert.statements(COMPILED, [("\ud800", b"")]))
