"""What only PostgreSQL needs: its settings, its words, its NUL, and a server that fails."""

import re
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psycopg
import pytest
from sqlalchemy.exc import DBAPIError

from bartizan.domain.errors import Misconfigured, Unavailable
from bartizan.domain.search import Facet, Search
from bartizan.domain.transaction import Request
from bartizan.store.registry import open_store, upgrade_control, upgrade_store
from bartizan.store.sql.errors import is_conflict
from bartizan.store.sql.transactions import SqlStore
from tests.contract.records import record
from tests.servers import postgresql as server_module
from tests.servers.postgresql import PASSWORD, USER, Postgresql
from tests.servers.private import started

pytestmark = pytest.mark.peers


@pytest.fixture
def address(postgresql_url: Callable[[], str]) -> str:
    """The URL of a database whose schema is current."""
    url = postgresql_url()
    upgrade_store(url)
    return url


@pytest.fixture
def store(address: str) -> Iterator[SqlStore]:
    opened = open_store(address)
    assert isinstance(opened, SqlStore)
    yield opened
    opened.close()


@pytest.fixture
def fragile() -> Iterator[Postgresql]:
    """A server of its own, to be harmed."""
    there = server_module.is_installed()
    with started(Postgresql, is_installed=there, lacking="postgresql is not installed") as server:
        yield server


def _told(url: str) -> str:
    """What `upgrade` says of this URL, and that no password is in it."""
    with pytest.raises(Unavailable) as caught:
        upgrade_store(url)
    error: BaseException | None = caught.value
    while error is not None:
        assert "sekret" not in str(error)
        assert PASSWORD not in str(error)
        error = error.__cause__
    return caught.value.message


def test_what_is_wrong_with_a_connection_is_told_in_clear_words(postgresql: Postgresql) -> None:
    url = postgresql.url("lonely")
    start, _, place = url.rpartition("@")
    assert "user or password is wrong" in _told(f"postgresql://{USER}:sekret@{place}")
    assert "user or password is wrong" in _told(f"postgresql://nobody:sekret@{place}")
    assert "no password" in _told(f"postgresql://{USER}@{place}")
    assert "no such database" in _told(url.replace("/lonely", "/nowhere"))
    assert "Connection refused" in _told(f"{start}@127.0.0.1:1/lonely")
    assert "SSL" in _told(f"{url}?sslmode=require")


def test_the_statements_of_the_page_make_a_database_that_serves(postgresql: Postgresql) -> None:
    page = (Path(__file__).parents[2] / "docs" / "operate.md").read_text()
    section = page.partition("## PostgreSQL")[2]
    (block,) = re.findall(r"```sql\n(.*?)```", section.partition("\n## ")[0], re.DOTALL)
    assert block.count("bartizan") == 3
    statements = block.replace("bartizan", "page").split(";\n")
    postgresql.execute(*filter(None, statements))
    url = f"postgresql://page:PASSWORD@127.0.0.1:{postgresql.port}/page"
    upgrade_store(url)
    upgrade_control(url)
    store = open_store(url)
    assert len(store.append([record(b"x")]).ids) == 1
    store.close()


def test_a_socket_and_a_server_with_its_standby_can_be_named(
    address: str, postgresql: Postgresql
) -> None:
    who = address.partition("@")[0]
    port, database = postgresql.port, address.rpartition("/")[2]
    options = f"host=127.0.0.1:1&host=127.0.0.1:{port}&target_session_attrs=read-write"
    for place in (f":{port}/{database}?host={postgresql.directory}", f"/{database}?{options}"):
        store = open_store(f"{who}@{place}")
        assert store.count(Search()).transactions == 0
        store.close()


def test_a_user_who_may_not_make_tables_is_told_so(postgresql: Postgresql) -> None:
    url = postgresql.url("of_another")
    postgresql.execute("ALTER DATABASE of_another OWNER TO postgres")
    with pytest.raises(Unavailable, match="own the database"):
        upgrade_store(url)


def test_a_database_of_another_encoding_is_refused(postgresql: Postgresql) -> None:
    postgresql.execute(
        f"CREATE DATABASE latin OWNER {USER} TEMPLATE template0 ENCODING 'LATIN1' "
        "LOCALE_PROVIDER libc LOCALE 'C'"
    )
    for upgrade in (upgrade_store, upgrade_control):
        with pytest.raises(Misconfigured) as caught:
            upgrade(postgresql.url("latin"))
        assert caught.value.code == "wrong-encoding"


def test_a_commit_is_on_disk_whatever_the_server_is_set_to(
    postgresql: Postgresql, store: SqlStore
) -> None:
    with store._writer.connect() as connection:
        database = connection.exec_driver_sql("SELECT current_database()").scalar_one()
        postgresql.execute(f"ALTER DATABASE {database} SET synchronous_commit = off")
    store._writer.dispose()
    with store._writer.connect() as connection:
        assert connection.exec_driver_sql("SHOW synchronous_commit").scalar_one() == "on"


def test_a_reader_cannot_write_and_does_not_hold_up_the_writer(store: SqlStore) -> None:
    store.append([record(b"1")])
    with store._reader.connect() as reading:
        assert reading.exec_driver_sql("SELECT count(*) FROM transactions").scalar() == 1
        assert len(store.append([record(b"2")]).ids) == 1
        with pytest.raises(DBAPIError, match="read-only"):
            reading.exec_driver_sql("DELETE FROM transactions")


@pytest.mark.promise("R12")
def test_a_search_that_takes_too_long_is_stopped_and_told(
    address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bartizan.store.sql.dialects.postgresql.SEARCH_S", 0.001)
    store = open_store(address)
    for start in range(0, 10_000, 1000):
        store.append(
            [record(b"%d" % n, request=Request(uri="/x" * 400)) for n in range(start, start + 1000)]
        )
    with pytest.raises(Unavailable) as caught:
        store.facet(Search(paths=("*x*y*",)), Facet.PATH)
    assert caught.value.code == "search-too-slow"
    store.close()


def test_a_row_that_another_writer_holds_is_waited_for(store: SqlStore, address: str) -> None:
    store.append([record(b"0")])
    holder = psycopg.connect(address)
    holder.execute("SELECT FROM sensor_activity FOR UPDATE")
    appended = threading.Thread(target=lambda: store.append([record(b"1")]), daemon=True)
    appended.start()
    appended.join(0.3)
    assert appended.is_alive()
    assert store.count(Search()).transactions == 1
    holder.rollback()
    appended.join(20)
    assert store.count(Search()).transactions == 2
    holder.close()


def test_an_upgrade_waits_for_another_one_and_says_so(
    address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bartizan.store.sql.dialects.postgresql.UPGRADE_WAIT_S", 1)
    with psycopg.connect(address) as holder:
        holder.execute("SELECT pg_advisory_xact_lock(%s)", (int.from_bytes(b"bartizan"),))
        with pytest.raises(Unavailable, match="another process is upgrading"):
            upgrade_store(address)
    upgrade_store(address)


def test_an_upgrade_that_fails_leaves_nothing(
    postgresql_url: Callable[[], str], postgresql: Postgresql
) -> None:
    url = postgresql_url()
    database = url.rpartition("/")[2]
    postgresql.execute("CREATE TYPE transaction_parts AS (n int)", database=database)
    with pytest.raises(Unavailable):
        upgrade_store(url)
    with psycopg.connect(url) as connection:
        found = connection.execute(
            "SELECT tablename FROM pg_tables WHERE schemaname = 'public'"
        ).fetchall()
    assert found == []


def test_a_restarted_server_is_found_again(fragile: Postgresql) -> None:
    url = fragile.url("bartizan")
    upgrade_store(url)
    store = open_store(url)
    store.append([record(b"1")])
    fragile.kill()
    with pytest.raises(Unavailable):
        store.append([record(b"2")])
    with pytest.raises(Unavailable):
        store.count(Search())
    fragile.start()
    assert store.count(Search()).transactions == 1
    assert len(store.append([record(b"1"), record(b"2")]).ids) == 1
    store.close()


def test_a_server_that_hangs_is_not_waited_for_for_ever(
    fragile: Postgresql, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bartizan.store.sql.dialects.postgresql.WRITE_S", 0.5)
    url = fragile.url("bartizan")
    upgrade_store(url)
    store = open_store(url)
    store.append([record(b"1")])
    fragile.freeze()
    with pytest.raises(Unavailable, match="does not answer"):
        store.append([record(b"2")])
    fragile.thaw()
    assert len(store.append([record(b"1"), record(b"2")]).ids) == 1
    store.close()


def test_paths_with_control_characters_are_found_as_they_are(store: SqlStore) -> None:
    """As written, U+0000 is three characters, of which none is found alone."""
    uris = ["/a\x00", "/a\x01", "/a\x02", "/a\x03", "/a\x01\x02\x02"]
    store.append([record(uri.encode(), request=Request(uri=uri)) for uri in uris])

    def found(*paths: str) -> list[str | None]:
        return [row.uri for row in reversed(store.page(Search(paths=paths)).rows)]

    assert found("*\x02*") == ["/a\x02", "/a\x01\x02\x02"]
    assert found("*\x01*") == ["/a\x01", "/a\x01\x02\x02"]
    assert found("/a\x00") == ["/a\x00"]
    assert [count.value for count in store.facet(Search(), Facet.PATH)] == sorted(uris)


def test_a_deadlock_is_a_conflict_after_which_the_batch_is_tried_again(store: SqlStore) -> None:
    store.append([record(b"1", sensor="one"), record(b"2", sensor="other")])
    lock = "SELECT FROM sensor_activity WHERE sensor = '{}' FOR UPDATE"
    together = threading.Barrier(2)

    def cross(first: str, then: str) -> DBAPIError | None:
        with store._writer.connect() as connection:
            connection.exec_driver_sql(lock.format(first))
            together.wait(10)
            try:
                connection.exec_driver_sql(lock.format(then))
            except DBAPIError as error:
                return error
        return None

    with ThreadPoolExecutor(2) as pool:
        ends = list(pool.map(cross, ("one", "other"), ("other", "one")))
    (error,) = [end for end in ends if end is not None]
    assert is_conflict(error)
    assert error.orig is not None
    assert "deadlock" in str(error.orig)
