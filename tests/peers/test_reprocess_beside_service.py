"""`bartizan reprocess` on MariaDB while the service receives and stores."""

import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pymysql
import pytest

from tests.peers.captures import serial_entries
from tests.servers.bartizan import Bartizan, eventually, free_port, running

pytestmark = pytest.mark.peers

STORED = 150
MORE = 100


@pytest.fixture
def url(mariadb_url: Callable[[], str]) -> str:
    return mariadb_url()


@pytest.fixture
def service(tmp_path: Path, url: str) -> Iterator[Bartizan]:
    made = Bartizan(tmp_path / "bartizan", store_url=url, collector_port=free_port())
    with running(made):
        yield made


def execute(url: str, *statements: str) -> None:
    """Change what is stored, as an older version might have stored it."""
    address = urlsplit(url)
    with pymysql.connect(
        host=address.hostname,
        port=address.port or 3306,
        user=address.username,
        password=address.password or "",
        database=address.path[1:],
        autocommit=True,
    ) as connection:
        for statement in statements:
            connection.cursor().execute(statement)


def test_what_is_stored_changes_and_what_arrives_meanwhile_is_stored_once(
    service: Bartizan, url: str
) -> None:
    api = service.login()
    entries = serial_entries("v2-native-serial-block-pl4")[: STORED + MORE]
    for raw in entries[:STORED]:
        assert service.deliver(raw) == 200
    eventually(lambda: api.stored() == STORED, 30, "stored")
    before = {row["id"]: row for row in api.every_row()}
    execute(
        url,
        "UPDATE transactions SET verdict = 'older', category = NULL, intercepted = NULL",
        "DELETE FROM rule_matches WHERE position > 0",
    )
    arriving = threading.Thread(
        target=lambda: [service.deliver(raw) for raw in entries[STORED:]], daemon=True
    )
    arriving.start()
    told = service.command("reprocess")
    arriving.join()
    assert f" {STORED} changed, " in told
    eventually(lambda: api.stored() == STORED + MORE, 30, "stored too")
    after = {row["id"]: row for row in api.every_row()}
    assert {number: after[number] for number in before} == before
    assert " 0 changed, " in service.command("reprocess")
    assert api.dead_letters() == 0
