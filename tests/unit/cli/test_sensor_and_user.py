"""The commands against a real control store in a directory of their own."""

import json

import pytest
from click.testing import CliRunner

from bartizan.accounts.snapshot import read_snapshot
from bartizan.cli.main import program
from bartizan.domain.errors import Refused


@pytest.fixture
def run(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)

    def call(*arguments, text=""):
        return CliRunner().invoke(program, arguments, input=text, catch_exceptions=False)

    return call


def test_adding_a_sensor_prints_what_to_paste(run):
    result = run("sensor", "add", "shop-1", "--at", "50.11,8.68")
    assert result.exit_code == 0
    assert 'SensorUsername      "shop-1"' in result.output
    assert 'SecAuditLog             "|/usr/bin/mlogc /etc/mlogc.conf"' in result.output


@pytest.mark.parametrize(
    ("way", "line"),
    [
        ("nginx-https", "SecAuditLogType HTTPS"),
        ("nginx", "[ship]"),
        ("coraza", "/v1/coraza/"),
        ("coraza-ship", "[ship]"),
        ("ship", "[ship]"),
        ("curl", "/v1/entries"),
    ],
)
def test_each_way_to_deliver_is_asked_for_by_its_name_in_the_docs(run, way, line):
    result = run("sensor", "add", "shop-1", "--for", way)
    assert result.exit_code == 0
    assert line in result.output


def test_a_generated_password_is_different_each_time(run):
    secrets = {
        run("sensor", "add", name).output.split("SensorPassword")[1].split('"')[1]
        for name in ("a", "b")
    }
    assert len(secrets) == 2
    assert all(len(secret) >= 43 for secret in secrets)


def test_a_chosen_password_comes_from_standard_input(run):
    result = run("sensor", "add", "admin", "--password-stdin", text="admin\n")
    assert 'SensorPassword      "admin"' in result.output


def test_the_collector_hears_of_a_change_at_once(run, tmp_path):
    run("sensor", "add", "shop-1")
    run("sensor", "disable", "shop-1")
    snapshot = read_snapshot(tmp_path / "bartizan-data" / "spool" / "sensors.json")
    assert [(one.name, one.is_enabled) for one in snapshot] == [("shop-1", False)]


def test_the_list_of_sensors_shows_no_secret(run):
    secret = run("sensor", "add", "shop-1").output.split("SensorPassword")[1].split('"')[1]
    listed = run("sensor", "list", "--json").output
    assert json.loads(listed)["name"] == "shop-1"
    assert secret not in listed
    assert "hash" not in listed
    assert "shop-1" in run("sensor", "list").output


def test_a_hostile_label_reaches_the_terminal_harmless(run):
    run("sensor", "add", "shop-1", "--label", "\x1b[31m[red]x")
    output = run("sensor", "list").output
    assert "\x1b[31m" not in output
    assert "[red]x" in output


def test_rotating_changes_the_password(run):
    first = run("sensor", "add", "shop-1").output
    second = run("sensor", "rotate", "shop-1").output
    assert first.split("SensorPassword")[1] != second.split("SensorPassword")[1]


def test_a_name_that_is_taken_is_refused(run):
    run("sensor", "add", "shop-1")
    with pytest.raises(Refused, match="shop-1"):
        run("sensor", "add", "shop-1")


@pytest.mark.parametrize("place", ["north", "91,0", "1", "0,181"])
def test_a_position_that_is_none_is_a_usage_error(run, place):
    assert run("sensor", "add", "shop-1", "--at", place).exit_code == 2


def test_a_person_added_is_listed_with_the_role(run):
    result = run(
        "user", "add", "anna", "--role", "admin", "--password-stdin", text="kestrel-42-x\n"
    )
    assert result.exit_code == 0
    assert json.loads(run("user", "list", "--json").output) == {
        "name": "anna",
        "role": "admin",
        "is_enabled": True,
        "scope": "",
        "sees_payloads": True,
        "source": "local",
    }


def test_a_person_can_be_changed_and_shut_out(run):
    run("user", "add", "anna", "--password-stdin", text="kestrel-42-x\n")
    run("user", "role", "anna", "analyst")
    run("user", "password", "anna", "--password-stdin", text="another-kestrel-7\n")
    run("user", "disable", "anna")
    assert json.loads(run("user", "list", "--json").output) == {
        "name": "anna",
        "role": "analyst",
        "is_enabled": False,
        "scope": "",
        "sees_payloads": True,
        "source": "local",
    }


def test_an_invited_person_is_bound_changed_and_removed(run):
    invited = run("user", "invite", "bea", "--scope", "host=Shop.example", "--no-payloads")
    assert "/welcome#code=" in invited.output
    run("user", "add", "anna", "--role", "admin", "--password-stdin", text="kestrel-42-x\n")
    assert run("user", "scope", "bea", "sensor=web-1", "--payloads").exit_code == 0
    assert "bea  viewer  sees sensor=web-1  invited" in run("user", "list").output
    assert "sees q=host" in run("user", "scope", "bea", "host:*.shop.example").output
    with pytest.raises(Refused, match="names sensors, hosts, views"):
        run("user", "scope", "bea", "colour=blue")
    with pytest.raises(Refused, match="no shared view Gone"):
        run("user", "scope", "bea", "view=Gone")
    assert run("user", "remove", "bea").exit_code == 0
    with pytest.raises(Refused, match="administrator"):
        run("user", "remove", "anna")
    assert "bea" not in run("user", "list").output


def test_a_token_is_made_listed_and_revoked(run):
    secret = run("token", "add", "wall", "--until", "90d").output.strip()
    assert secret.startswith("bzt_")
    (listed,) = run("token", "list", "--json").output.splitlines()
    assert (json.loads(listed)["name"], json.loads(listed)["person"]) == ("wall", None)
    assert secret not in run("token", "list").output
    with pytest.raises(Refused, match="future"):
        run("token", "add", "late", "--until", "2020-01-01")
    assert run("token", "add", "odd", "--until", "tomorrow").exit_code == 2
    number = str(json.loads(listed)["id"])
    assert run("token", "revoke", number).exit_code == 0
    with pytest.raises(Refused, match="no token"):
        run("token", "revoke", number)
    assert run("token", "list").output == ""


def test_check_says_what_is_right_and_exits_zero(run):
    result = run("check")
    assert result.exit_code == 0, result.output
    assert "transaction store: reachable" in result.output


def test_check_names_what_is_wrong_and_exits_one(run, tmp_path):
    (tmp_path / "bartizan.toml").write_text("[store]\nurl = 'oracle://x'\n")
    result = run("check")
    assert result.exit_code == 1
    assert "WRONG   transaction store" in result.output


def test_check_names_those_whose_scope_shows_nothing(run, tmp_path):
    settings = tmp_path / "bartizan.toml"
    settings.write_text(
        "[[oidc.groups]]\ngroup = 'shop'\nrole = 'viewer'\nscope = 'view=Gone'\n"
        "[[trusted_header.groups]]\ngroup = 'shop'\nrole = 'viewer'\nscope = 'host=shop.example'\n"
    )
    run("user", "invite", "bea", "--scope", "host=shop.example")
    result = run("check")
    assert result.exit_code == 1
    told = (
        "WRONG   scopes: these see nothing: group shop: there is no shared view Gone (any more)\n"
    )
    assert told in result.output
    settings.write_text("")
    assert "ok      scopes" in run("check").output
