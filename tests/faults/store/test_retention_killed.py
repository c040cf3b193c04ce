"""R15: a removal that is killed at any point leaves nothing half removed, and the next one ends it."""

import multiprocessing
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import create_engine, text

from bartizan.domain.retention import Preserved
from bartizan.domain.search import Search
from bartizan.store.contract import Store
from bartizan.store.registry import open_store, upgrade_store
from tests.contract.records import NOON, match, record
from tests.faults.store.removal_process import remove, walk

pytestmark = [pytest.mark.faults, pytest.mark.promise("R15")]

COUNT = 300
# Statements of one step, about; a kill before each of them in turn, and before the commit.
POINTS = range(2, 38, 6)
_FORKS = multiprocessing.get_context("spawn")
_OF_ONE = ("rule_matches", "raw_entries", "raw_pieces", "transaction_parts", "removed_payloads")


@pytest.fixture(
    params=[
        "sqlite",
        pytest.param("mariadb", marks=pytest.mark.peers),
        pytest.param("postgresql", marks=pytest.mark.peers),
    ]
)
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if request.param != "sqlite":
        made: str = request.getfixturevalue(f"{request.param}_url")()
        return made
    return f"sqlite:///{tmp_path}/store/transactions.sqlite"


@pytest.fixture
def store(url: str) -> Iterator[Store]:
    upgrade_store(url)
    opened = open_store(url)
    opened.append(
        [
            record(
                b"entry %d" % number,
                parts=(("A", b"a"),),
                unique_id=f"id-{number}",
                matches=(match(1), match(2)),
            )
            for number in range(COUNT)
        ]
    )
    yield opened
    opened.close()


def _rows(url: str, table: str) -> set[int]:
    engine = create_engine(
        url.replace("mysql://", "mysql+pymysql://").replace(
            "postgresql://", "postgresql+psycopg://"
        )
    )
    column = "id" if table == "transactions" else "transaction_id"
    with engine.connect() as connection:
        found = set(connection.execute(text(f"SELECT {column} FROM {table}")).scalars())
    engine.dispose()
    return found


@pytest.mark.parametrize("kind", ["payloads", "transactions"])
def test_a_removal_killed_at_every_point_leaves_whole_transactions(
    url: str, store: Store, kind: str
) -> None:
    kept = store.newer(0)[7].id
    store.preserve([kept], Preserved(at=NOON, by="anna"))
    for point in POINTS:
        process = _FORKS.Process(target=remove, args=(url, point, kind), daemon=True)
        process.start()
        process.join(60)
        assert process.exitcode in (-signal.SIGKILL, 0)
        there = _rows(url, "transactions")
        with_entry, removed = _rows(url, "raw_entries"), _rows(url, "removed_payloads")
        assert with_entry | removed == there, "each has its entry, or it is told that it went"
        assert not with_entry & removed
        assert _rows(url, "transaction_parts") == with_entry
        assert _rows(url, "rule_matches") == there
        assert kept in with_entry
        assert store.count(Search()).transactions == len(there)
        assert {row.id for row in store.newer(0, limit=COUNT)} == there
    walk(store, kind)
    if kind == "payloads":
        assert _rows(url, "raw_entries") == {kept}
        assert len(_rows(url, "transactions")) == COUNT
    else:
        assert all(_rows(url, table) <= {kept} for table in _OF_ONE)
        assert _rows(url, "transactions") == {kept}
