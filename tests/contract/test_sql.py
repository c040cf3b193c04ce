"""What only the SQL stores promise: schema, URLs, files, atomicity, and that readers are harmless."""

import sqlite3
import stat
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Engine, String, Text, create_engine

from bartizan.domain.errors import BartizanError, Corrupt, Misconfigured, Refused, Unavailable
from bartizan.domain.search import Facet, Search
from bartizan.domain.transaction import Request
from bartizan.kit.ids import IdSource
from bartizan.store.registry import open_control, open_store, upgrade_control, upgrade_store
from bartizan.store.sql import control_tables, tables
from tests.contract.records import match, record
from tests.servers.mariadb import MariaDb


def _engine(url: str) -> Engine:
    drivers = {"mysql": "mysql+pymysql", "postgresql": "postgresql+psycopg"}
    scheme, _, rest = url.partition("://")
    return create_engine(f"{drivers.get(scheme, scheme)}://{rest}")


def _execute(url: str, *statements: str) -> None:
    engine = _engine(url)
    with engine.begin() as connection:
        for statement in statements:
            connection.exec_driver_sql(statement)
    engine.dispose()


def test_the_migrations_leave_the_tables_that_the_program_knows(url: str) -> None:
    """And both sets of tables fit into one database."""
    upgrade_store(url)
    upgrade_control(url)
    engine = _engine(url)
    with engine.connect() as connection:
        for metadata in (tables.METADATA, control_tables.METADATA):
            context = MigrationContext.configure(
                connection,
                opts={
                    "include_name": lambda name, kind, _, known=metadata: (
                        kind != "table" or name in known.tables
                    ),
                    "compare_type": _is_another_type,
                },
            )
            assert compare_metadata(context, metadata) == []
    engine.dispose()


def _is_another_type(
    context: MigrationContext, _: Any, __: Any, found: Any, declared: Any
) -> bool | None:
    """None is for Alembic to say. In PostgreSQL every text is one that compares by its bytes."""
    if context.dialect.name == "postgresql" and isinstance(declared, String):
        return not isinstance(found, Text) or found.collation != "C"
    return None


def test_two_processes_may_upgrade_at_once(url: str) -> None:
    program = "import sys; from bartizan.store.registry import *; u = sys.argv[1]; "
    program += "upgrade_store(u); upgrade_control(u)"
    command = [sys.executable, "-c", program, url]
    started = [subprocess.Popen(command) for _ in range(3)]
    assert [process.wait(60) for process in started] == [0, 0, 0]
    store = open_store(url)
    assert len(store.append([record(b"x")]).ids) == 1
    store.close()


def test_an_upgrade_that_was_killed_goes_on(url: str) -> None:
    """MySQL commits every DDL statement by itself, so half of them may be there."""
    upgrade_store(url)
    _execute(
        url,
        "DROP TABLE sensor_activity",
        "DROP TABLE bartizan_transactions_version",
        "DROP INDEX ix_transactions_at" + (" ON transactions" if url.startswith("mysql") else ""),
    )
    upgrade_store(url)
    open_store(url).close()


@pytest.mark.promise("R14")
def test_a_newer_schema_is_refused(url: str) -> None:
    upgrade_store(url)
    upgrade_control(url)
    for kind in ("transactions", "control"):
        _execute(url, f"UPDATE bartizan_{kind}_version SET version_num = 'x9999'")
    for call in (upgrade_store, upgrade_control, open_store, open_control):
        with pytest.raises(Misconfigured, match="newer version") as caught:
            call(url)
        assert caught.value.code == "newer-schema"


def test_a_database_that_was_not_upgraded_is_not_opened(url: str) -> None:
    with pytest.raises(Misconfigured, match="not been upgraded"):
        open_store(url)


@pytest.mark.parametrize(
    ("url", "code"),
    [
        ("oracle://user:secret@host/db", "unknown-store"),
        ("secret", "unknown-store"),
        ("", "unknown-store"),
        ("sqlite:///", "bad-store-url"),
        ("sqlite:///:memory:", "bad-store-url"),
        ("sqlite://secret", "bad-store-url"),
        ("mysql://user:secret@host", "bad-store-url"),
        ("mysql://user:secret@host:port/db", "bad-store-url"),
        ("mysql://user:secret@host/db?local_infile=1", "bad-store-url"),
        ("postgresql://user:secret@host", "bad-store-url"),
        ("postgresql://user:secret@host:port/db", "bad-store-url"),
        ("postgresql://user:secret@/db", "bad-store-url"),
        ("postgresql://user:secret@host/db?options=-cfsync%3Doff", "bad-store-url"),
        ("postgresql://user:secret@host/db?sslmode=secret", "bad-store-url"),
    ],
)
def test_a_wrong_url_is_told_without_its_password(url: str, code: str) -> None:
    for call in (upgrade_store, open_store, upgrade_control, open_control):
        with pytest.raises(Misconfigured) as caught:
            call(url)
        assert caught.value.code == code
        assert "secret" not in str(caught.value)
    assert code != "unknown-store" or "mysql://" in str(caught.value)


@pytest.mark.peers
def test_a_wrong_password_and_a_dead_server_are_told_without_the_password(mariadb: MariaDb) -> None:
    mariadb.url("lonely")
    for place in (f"127.0.0.1:{mariadb.port}/lonely", "127.0.0.1:1/lonely"):
        with pytest.raises(Unavailable) as caught:
            upgrade_store(f"mysql://root:sekret@{place}")
        error: BaseException | None = caught.value
        while error is not None:
            assert "sekret" not in str(error)
            error = error.__cause__


def test_a_directory_that_cannot_be_made_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(Unavailable):
        upgrade_store(f"sqlite:///{tmp_path}/file/transactions.sqlite")


def test_nobody_else_may_read_the_files_of_a_sqlite_store(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/store/transactions.sqlite"
    upgrade_store(url)
    store = open_store(url)
    store.append([record(b"x")])
    assert stat.S_IMODE((tmp_path / "store").stat().st_mode) == 0o700
    files = list((tmp_path / "store").iterdir())
    assert len(files) == 3
    assert {stat.S_IMODE(file.stat().st_mode) for file in files} == {0o600}
    store.close()


def test_a_sqlite_store_is_durable_at_every_commit(tmp_path: Path) -> None:
    """PRAGMA values of the connections that write: WAL, synchronous=FULL (2)."""
    url = f"sqlite:///{tmp_path}/transactions.sqlite"
    upgrade_store(url)
    store = open_store(url)
    with store._writer.connect() as connection:  # type: ignore[attr-defined]
        assert connection.exec_driver_sql("PRAGMA journal_mode").scalar() == "wal"
        assert connection.exec_driver_sql("PRAGMA synchronous").scalar() == 2
    store.close()


def test_a_reader_cannot_write_and_does_not_hold_up_the_writer(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/transactions.sqlite"
    upgrade_store(url)
    store = open_store(url)
    store.append([record(b"1")])
    with store._reader.connect() as reading:  # type: ignore[attr-defined]
        assert reading.exec_driver_sql("SELECT count(*) FROM transactions").scalar() == 1
        assert len(store.append([record(b"2")]).ids) == 1
        assert reading.exec_driver_sql("SELECT count(*) FROM transactions").scalar() == 1
        with pytest.raises(Exception, match="readonly"):
            reading.exec_driver_sql("DELETE FROM transactions")
    store.close()


_FAILING = {
    "sqlite": "CREATE TRIGGER t BEFORE INSERT ON {table} BEGIN SELECT RAISE(FAIL, 'x'); END",
    "mysql": "CREATE TRIGGER t BEFORE INSERT ON {table} FOR EACH ROW SIGNAL SQLSTATE '45000'",
    "postgresql": "CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql"
    " AS 'BEGIN RAISE EXCEPTION ''x''; END'\n"
    "CREATE TRIGGER t BEFORE INSERT ON {table} FOR EACH ROW EXECUTE FUNCTION f()",
}


@pytest.mark.parametrize(
    "table", ["rule_matches", "raw_entries", "transaction_parts", "sensor_activity"]
)
def test_a_batch_is_stored_whole_or_not_at_all(url: str, table: str) -> None:
    """A trigger makes the last insert of each table fail."""
    upgrade_store(url)
    store = open_store(url)
    batch = [record(b"%d" % n, matches=(match(n),), parts=(("A", b"x"),)) for n in range(5)]
    _execute(url, *_FAILING[url.partition(":")[0]].format(table=table).split("\n"))
    with pytest.raises(BartizanError):
        store.append(batch)
    assert store.count(Search()).transactions == 0
    assert store.facet(Search(), Facet.RULE) == ()
    _execute(url, "DROP TRIGGER t" + (f" ON {table}" if url.startswith("postgresql") else ""))
    stored = store.append(batch).ids
    assert [store.raw(number) for number in stored] == [b"%d" % n for n in range(5)]
    assert [row.rule_ids for row in store.newer(0)] == [(n,) for n in range(5)]
    store.close()


def test_a_text_that_is_not_unicode_is_refused_and_not_retried(url: str) -> None:
    upgrade_store(url)
    store = open_store(url)
    with pytest.raises(Refused):
        store.append([record(b"1"), record(b"2", request=Request(uri="/\ud800"))])
    assert store.count(Search()).transactions == 0
    store.close()


@pytest.mark.promise("R3")
def test_two_processes_store_the_same_records_once(url: str) -> None:
    upgrade_store(url)
    program = (
        "import random, sys\n"
        "from bartizan.store.registry import open_store\n"
        "from tests.contract.records import record, match\n"
        "store, dice = open_store(sys.argv[1]), random.Random(int(sys.argv[2]))\n"
        "for _ in range(30):\n"
        "    some = dice.sample(range(300), 40)\n"
        "    store.append([record(b'%d' % n, matches=(match(n, message=str(n)),)) for n in some])\n"
        "store.append([record(b'%d' % n, matches=(match(n),)) for n in range(300)])\n"
    )
    started = [
        subprocess.Popen([sys.executable, "-c", program, url, str(seed)]) for seed in range(2)
    ]
    assert [process.wait(100) for process in started] == [0, 0]
    store = open_store(url)
    assert sorted(row.rule_ids for row in store.newer(0)) == [(n,) for n in range(300)]
    store.close()


@pytest.mark.promise("R11")
def test_who_follows_several_writers_by_id_misses_nothing(url: str) -> None:
    """Also when their clocks differ: what is committed later has a greater id."""
    upgrade_store(url)
    program = (
        "import sys\n"
        "from bartizan.kit.clock import now_us\n"
        "from bartizan.kit.ids import IdSource\n"
        "from bartizan.store.registry import open_store\n"
        "from tests.contract.records import record\n"
        "store, behind_us = open_store(sys.argv[1]), int(sys.argv[2])\n"
        "store._appender._ids = IdSource(lambda: now_us() - behind_us)\n"
        "for n in range(40):\n"
        "    store.append([record(b'%d %d %d' % (behind_us, n, k)) for k in range(1 + n % 7)])\n"
    )
    behind = (0, 2_000_000, 3_600_000_000)
    started = [subprocess.Popen([sys.executable, "-c", program, url, str(us)]) for us in behind]
    store = open_store(url)
    seen: list[int] = []
    while any(process.poll() is None for process in started):
        seen += [row.id for row in store.newer(max(seen, default=0))]
    seen += [row.id for row in store.newer(max(seen, default=0))]
    assert [process.wait() for process in started] == [0, 0, 0]
    assert seen == [row.id for row in store.newer(0)]
    assert len(seen) == 3 * sum(1 + n % 7 for n in range(40))
    store.close()


def test_two_writers_with_the_same_clock_never_give_the_same_id(
    url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bartizan.kit.ids.secrets.randbelow", lambda _: 7)
    upgrade_store(url)
    stores = [open_store(url) for _ in range(2)]
    for store in stores:
        store._appender._ids = IdSource(lambda: 1_790_000_000_000_000)  # type: ignore[attr-defined]
    with ThreadPoolExecutor(2) as pool:

        def append(which: int) -> list[int]:
            batches = ([record(b"%d %d" % (which, n))] for n in range(30))
            return [stores[which].append(batch).ids[0] for batch in batches]

        one, other = pool.map(append, range(2))
    assert len({*one, *other}) == 60
    assert stores[0].count(Search()).transactions == 60
    for store in stores:
        store.close()


@pytest.mark.promise("R14")
def test_a_program_that_runs_while_the_schema_becomes_newer_writes_no_more(url: str) -> None:
    upgrade_store(url)
    store = open_store(url)
    store.append([record(b"1")])
    _execute(url, "UPDATE bartizan_transactions_version SET version_num = 'x9999'")
    with pytest.raises(Misconfigured) as caught:
        store.append([record(b"2")])
    assert caught.value.code == "newer-schema"
    assert store.count(Search()).transactions == 1
    store.close()


def test_without_sql_parts_none_are_kept(url: str) -> None:
    upgrade_store(url)
    store = open_store(url, sql_parts=False)
    store.append([record(b"x", parts=(("A", b"x"),))])
    store.close()
    engine = _engine(url)
    with engine.connect() as connection:
        found = connection.exec_driver_sql("SELECT count(*) FROM transaction_parts").scalar()
    engine.dispose()
    assert found == 0


def test_rule_texts_are_stored_once_and_a_rolled_back_one_again(url: str) -> None:
    upgrade_store(url)
    store = open_store(url)
    same = match(message="the same", tags=("a", "b"))
    with pytest.raises(Refused):
        store.append([record(b"0", matches=(same,), verdict="\ud800")])
    store.append([record(b"%d" % n, matches=(same, same)) for n in range(10)])
    for row in store.newer(0):
        stored = store.get(row.id)
        assert stored is not None
        assert stored.matches == (same, same)
    store.close()
    engine = _engine(url)
    with engine.connect() as connection:
        assert connection.exec_driver_sql("SELECT count(*) FROM rule_texts").scalar() == 1
    engine.dispose()


def test_a_damaged_raw_entry_is_told_and_harms_no_other(tmp_path: Path) -> None:
    path = tmp_path / "transactions.sqlite"
    upgrade_store(f"sqlite:///{path}")
    store = open_store(f"sqlite:///{path}")
    bad, good = store.append([record(b"bad" * 99), record(b"good" * 99)]).ids
    with sqlite3.connect(path) as database:
        frame = database.execute(
            "SELECT data FROM raw_entries WHERE transaction_id = ?", (bad,)
        ).fetchone()[0]
        flipped = frame[:-1] + bytes([frame[-1] ^ 1])
        database.execute("UPDATE raw_entries SET data = ? WHERE transaction_id = ?", (flipped, bad))
    database.close()
    with pytest.raises(Corrupt):
        store.raw(bad)
    assert store.raw(good) == b"good" * 99
    assert store.get(bad) is not None
    store.close()


def test_a_locked_sqlite_store_is_unavailable_and_recovers(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bartizan.store.sql.dialects.sqlite.BUSY_S", 0.05)
    path = tmp_path / "transactions.sqlite"
    upgrade_store(f"sqlite:///{path}")
    store = open_store(f"sqlite:///{path}")
    holder = sqlite3.connect(path, isolation_level=None)
    holder.execute("BEGIN IMMEDIATE")
    with pytest.raises(Unavailable, match="locked"):
        store.append([record(b"x")])
    assert store.count(Search()).transactions == 0
    holder.execute("ROLLBACK")
    holder.close()
    assert len(store.append([record(b"x")]).ids) == 1
    store.close()


@pytest.mark.promise("R12")
def test_a_search_that_takes_too_long_is_stopped_and_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bartizan.store.sql.dialects.sqlite.SEARCH_S", 0.0)
    monkeypatch.setattr("bartizan.store.sql.dialects.sqlite._INTERRUPT_STEPS", 100)
    url = f"sqlite:///{tmp_path}/transactions.sqlite"
    upgrade_store(url)
    store = open_store(url)
    store.append([record(b"%d" % n) for n in range(500)])
    with pytest.raises(Unavailable) as caught:
        store.page(Search(paths=("*x*",)))
    assert caught.value.code == "search-too-slow"
    store.close()


@pytest.mark.promise("R12")
def test_readers_cannot_use_up_the_writers_connections(url: str) -> None:
    upgrade_store(url)
    store = open_store(url)
    with ThreadPoolExecutor(20) as pool:
        asked = [pool.submit(store.facet, Search(), Facet.PATH) for _ in range(200)]
        for number in range(20):
            assert len(store.append([record(b"%d" % number)]).ids) == 1
        for answer in asked:
            answer.result()
    store.close()
