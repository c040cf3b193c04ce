"""docs/sql.md is true: its examples run, and it names every column there is."""

import re
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import create_engine, text

from bartizan.store.registry import open_store, upgrade_store
from bartizan.store.sql.tables import METADATA
from tests.contract.test_stores import FULL

PAGE = (Path(__file__).parents[2] / "docs" / "sql.md").read_text()
_DRIVERS = {
    "sqlite": "sqlite",
    "mysql": "mysql+pymysql",
    "postgresql": "postgresql+psycopg",
}
EXAMPLES = re.findall(r"```sql\n-- ([a-z, ]+)\n(.*?)```", PAGE, re.DOTALL)


def _answers(url: str) -> list[list[Any]]:
    """What each example for this database answers about one stored transaction."""
    upgrade_store(url)
    store = open_store(url)
    (number,) = store.append([FULL]).ids
    store.close()
    kind, _, rest = url.partition("://")
    engine = create_engine(f"{_DRIVERS[kind]}://{rest}")
    with engine.connect() as connection:
        found = [
            list(
                connection.execute(
                    text(statement.strip().rstrip(";")),
                    {"unique_id": "Y1@abc", "id": number} if ":" in statement else {},
                )
            )
            for kinds, statement in EXAMPLES
            if kind in kinds
        ]
    engine.dispose()
    return found


def test_every_example_runs(url: str) -> None:
    newest, parts, today, blocked, network, matches, skewed = _answers(url)
    assert [row.country for row in newest] == ["DE"]
    assert newest[0].time is not None
    assert [tuple(row) for row in parts] == [("a", None, None, "h")]
    assert isinstance(today, list)
    assert [tuple(row) for row in blocked] == [("2001:db8::7", "DE", 1, 1)]
    assert network == []
    assert [row.rule_id for row in matches] == [942100, None, 942100, 949110]
    assert skewed == []


@pytest.mark.parametrize("table", sorted(METADATA.tables))
def test_every_column_is_on_the_page(table: str) -> None:
    section = next(part for part in PAGE.split("\n### ") if f"`{table}`" in part.partition("\n")[0])
    documented = set(
        re.findall(
            r"`(?:\w+\.)?(\w+)`", "\n".join(re.findall(r"^\| (`.*?) \|", section, re.MULTILINE))
        )
    )
    assert {column.name for column in METADATA.tables[table].columns} <= documented
