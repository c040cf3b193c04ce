"""In what MySQL and MariaDB differ, and what both need."""

from collections.abc import Callable, Iterator

import pytest
from sqlalchemy.exc import DBAPIError

from bartizan.domain.errors import Unavailable
from bartizan.domain.search import Facet, Search
from bartizan.domain.transaction import Request
from bartizan.store.registry import open_store, upgrade_store
from bartizan.store.sql.transactions import SqlStore
from tests.contract.records import record

pytestmark = pytest.mark.peers

KINDS = ["mariadb", "mysql"]


@pytest.fixture(params=KINDS)
def address(request: pytest.FixtureRequest) -> str:
    """The URL of a database whose schema is current."""
    make: Callable[[], str] = request.getfixturevalue(f"{request.param}_url")
    url = make()
    upgrade_store(url)
    return url


@pytest.fixture
def store(address: str) -> Iterator[SqlStore]:
    opened = open_store(address)
    assert isinstance(opened, SqlStore)
    yield opened
    opened.close()


def test_texts_compare_by_their_bytes_and_trailing_spaces_count(
    store: SqlStore, request: pytest.FixtureRequest
) -> None:
    kind = request.node.callspec.params["address"]
    with store._reader.connect() as connection:
        names = connection.exec_driver_sql(
            "SELECT DISTINCT collation_name FROM information_schema.columns "
            "WHERE table_schema = database() AND table_name <> 'bartizan_transactions_version' "
            "AND collation_name IS NOT NULL"
        ).scalars()
        wanted = {"mariadb": "utf8mb4_nopad_bin", "mysql": "utf8mb4_0900_bin"}[kind]
        assert set(names) == {wanted}
        equal = "SELECT count(*) FROM transactions WHERE sensor = 'web1 '"
        store.append([record(b"x", sensor="web1")])
        assert connection.exec_driver_sql(equal).scalar_one() == 0


@pytest.mark.promise("R12")
def test_a_search_that_takes_too_long_is_stopped_and_told(
    address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By max_statement_time in MariaDB, by max_execution_time in MySQL."""
    monkeypatch.setattr("bartizan.store.sql.dialects.mysql.SEARCH_S", 0.001)
    store = open_store(address)
    for start in range(0, 4_000, 1000):
        store.append(
            [record(b"%d" % n, request=Request(uri="/x" * 400)) for n in range(start, start + 1000)]
        )
    with pytest.raises(Unavailable) as caught:
        store.facet(Search(paths=("*x*y*",)), Facet.PATH)
    assert caught.value.code == "search-too-slow"
    store.close()


def test_a_reader_cannot_write(store: SqlStore) -> None:
    with store._reader.connect() as reading, pytest.raises(DBAPIError, match="READ ONLY"):
        reading.exec_driver_sql("DELETE FROM transactions")


def test_values_that_a_text_of_a_statement_could_mistake_come_back(store: SqlStore) -> None:
    """They are sent in hexadecimal, whatever the server's sql_mode takes for an escape."""
    uris = ["/'\"\\", "/%s%(a)s", "/\\'; DROP TABLE transactions; --", "/\x00\x1a\n", "/\U0001f600"]
    store.append([record(uri.encode(), request=Request(uri=uri)) for uri in uris])
    assert [row.uri for row in store.newer(0)] == uris
