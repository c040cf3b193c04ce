"""`bartizan store copy`, `backup` and `restore` between real servers."""

import json
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from bartizan.accounts.people import PeopleDesk
from bartizan.accounts.sensors import SensorBook, SensorFacts
from bartizan.app import wiring
from bartizan.app.settings import load
from bartizan.cli.main import program
from bartizan.domain.delivery import AuditLogEntry
from bartizan.domain.errors import Refused
from bartizan.domain.person import Role
from bartizan.domain.retention import Preserved
from bartizan.kit.clock import now, now_us
from bartizan.store.contract import Expired
from bartizan.store.registry import open_control, open_store, upgrade_control
from tests.contract.test_moving import everything, take
from tests.fuzz import corpus

pytestmark = pytest.mark.peers
CAPTURES = ("v2-native-serial-block-pl4", "v3-json-serial-crs4", "coraza-json-serial-block-pl1")
SERVERS = ["mariadb", "postgresql"]
STORES = [*SERVERS, "opensearch"]
Go = Callable[..., Result]


@pytest.fixture
def server(request: pytest.FixtureRequest) -> str:
    """The URL of an empty database of the kind that the test is about."""
    make: Callable[[], str] = request.getfixturevalue(f"{request.param}_url")
    return make()


@pytest.fixture
def go(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Go:
    monkeypatch.chdir(tmp_path)
    for number, capture in enumerate(CAPTURES):
        _fill(f"web-{number}", corpus.entries(capture)[:40])
    with closing(wiring.transactions(load(None))) as store:
        ids = [one.id for one in take(store)]
        store.preserve(ids[3:5], Preserved(at=now(), by="anna", reason="'; -- \u202e"))
        only = Expired(before_id=ids[7] + 1)
        store.forget_payloads(only, after_id=ids[6], limit=1, at=now())

    def call(*arguments: str) -> Result:
        return CliRunner().invoke(program, ("store", *arguments), catch_exceptions=False)

    return call


def _fill(sensor: str, raws: list[bytes]) -> None:
    settings = load(None)
    with closing(wiring.transactions(settings)) as store:
        entries = [AuditLogEntry(sensor=sensor, received_at_us=now_us(), raw=raw) for raw in raws]
        assert wiring.pipeline(settings, store).run(entries).stored


def _answers(url: str) -> Any:
    with closing(open_store(url)) as store:
        return take(store), everything(store)


def _people(url: str) -> None:
    upgrade_control(url)
    with closing(open_control(url)) as control:
        SensorBook(control, now).register("web-1", SensorFacts(label="Köln \u202e"))
        PeopleDesk(control, now).add("anna", "correct horse battery", Role.ADMIN)


def _control(url: str) -> Any:
    with closing(open_control(url)) as control:
        return control.sensors(), control.people()


@pytest.mark.parametrize("server", STORES, indirect=True)
def test_there_and_back_again_nothing_is_different(go: Go, server: str) -> None:
    (url := Path("url")).write_text(server)
    first = "sqlite:///bartizan-data/transactions.sqlite"
    for source, target in (("settings", f"@{url}"), (f"@{url}", "sqlite:///last.sqlite")):
        result = go("copy", source, target, "--json")
        assert result.exit_code == 0, result.output
        assert json.loads(result.stdout)["is_equal"]
    assert _answers(server) == _answers(first)
    assert _answers("sqlite:///last.sqlite") == _answers(first)
    assert go("verify", f"@{url}").exit_code == 0
    assert go("verify", "sqlite:///last.sqlite").exit_code == 0
    again = json.loads(go("copy", "settings", f"@{url}", "--from-start", "--json").stdout)
    assert (again["stored"], again["is_equal"]) == (0, True)


@pytest.mark.parametrize("server", SERVERS, indirect=True)
@pytest.mark.parametrize("options", [("--zstd",), ()])
def test_a_server_is_backed_up_and_restored(
    go: Go, server: str, options: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Both stores in one database, which is the hardest case."""
    Path("url").write_text(server)
    assert go("copy", "settings", "@url").exit_code == 0
    _people(server)
    monkeypatch.setenv("BARTIZAN_STORE__URL", server)
    monkeypatch.setenv("BARTIZAN_STORE__CONTROL_URL", server)
    before = _answers(server), _control(server)
    result = go("backup", "saved", *options)
    assert result.exit_code == 0, result.output
    _fill("web-9", corpus.entries(CAPTURES[0])[:5])
    with pytest.raises(Refused):
        go("restore", "saved")
    result = go("restore", "saved", "--overwrite", "--json")
    assert result.exit_code == 0, result.output
    assert json.loads(result.stdout)["is_equal"] is True
    assert (_answers(server), _control(server)) == before
    assert go("verify").exit_code == 0
    _fill("web-9", corpus.entries(CAPTURES[0])[:5])
    with closing(open_control(server)) as control:
        PeopleDesk(control, now).add("berta", "correct horse battery", Role.VIEWER)


@pytest.mark.parametrize("server", SERVERS, indirect=True)
def test_a_neutral_backup_is_restored_into_another_kind_of_store(
    go: Go, server: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    _people("sqlite:///bartizan-data/control.sqlite")
    first = "sqlite:///bartizan-data/transactions.sqlite"
    before = _answers(first), _control("sqlite:///bartizan-data/control.sqlite")
    assert go("backup", "one").exit_code == 0
    monkeypatch.setenv("BARTIZAN_STORE__URL", server)
    monkeypatch.setenv("BARTIZAN_STORE__CONTROL_URL", server)
    assert go("restore", "one").exit_code == 0
    assert (_answers(server), _control(server)) == before
    _fill("web-9", corpus.entries(CAPTURES[0])[:5])
    assert go("restore", "one", "--overwrite").exit_code == 0
    assert (_answers(server), _control(server)) == before
    assert go("backup", "two", "--as-sqlite").exit_code == 0
    monkeypatch.setenv("BARTIZAN_STORE__URL", "sqlite:///new/transactions.sqlite")
    monkeypatch.setenv("BARTIZAN_STORE__CONTROL_URL", "sqlite:///new/control.sqlite")
    assert go("restore", "two").exit_code == 0
    assert _answers("sqlite:///new/transactions.sqlite") == before[0]
    assert _control("sqlite:///new/control.sqlite") == before[1]
    with closing(open_control(server)) as control:
        PeopleDesk(control, now).add("berta", "correct horse battery", Role.VIEWER)


@pytest.mark.parametrize("server", ["opensearch"], indirect=True)
def test_a_cluster_is_backed_up_into_sqlite(
    go: Go, server: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    Path("url").write_text(server)
    assert go("copy", "settings", "@url").exit_code == 0
    before = _answers("sqlite:///bartizan-data/transactions.sqlite")
    _people("sqlite:///bartizan-data/control.sqlite")
    monkeypatch.setenv("BARTIZAN_STORE__URL", server)
    assert go("backup", "saved").exit_code == 0
    assert _answers("sqlite:///saved/transactions.sqlite") == before
    with pytest.raises(Refused):
        go("restore", "saved", "--overwrite", "--only", "transactions")


@pytest.mark.parametrize("server", ["mariadb"], indirect=True)
def test_a_backup_that_the_program_fails_at_is_told_without_the_password(
    go: Go, server: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    from bartizan.domain.errors import Misconfigured

    Path("url").write_text(server)
    assert go("copy", "settings", "@url").exit_code == 0
    monkeypatch.setenv("BARTIZAN_STORE__URL", server)
    monkeypatch.setenv("PATH", "/nowhere")
    with pytest.raises(Misconfigured) as told:
        go("backup", "saved")
    assert told.value.code == "no-program"
    assert "mariadb-dump or mysqldump" in str(told.value)
    assert not Path("saved/manifest.json").exists()
