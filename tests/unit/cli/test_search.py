"""`bartizan search` over real entries of the corpus, in a real store."""

import json
from contextlib import closing

import pytest
from click.testing import CliRunner

from bartizan.app import wiring
from bartizan.app.settings import load
from bartizan.cli.main import program
from bartizan.domain.delivery import AuditLogEntry
from bartizan.domain.errors import Refused
from bartizan.domain.person import Role
from bartizan.domain.search import Search
from bartizan.kit.clock import now_us
from bartizan.query.saved_views import Asking, SavedViews, ViewTerms
from tests.fuzz import corpus

ENTRIES = 60


@pytest.fixture
def store(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    settings = load(None)
    with closing(wiring.transactions(settings)) as store:
        entries = [
            AuditLogEntry(sensor="web-1", received_at_us=now_us(), raw=raw)
            for raw in corpus.entries("v2-native-serial-block-pl4")[:ENTRIES]
        ]
        assert wiring.pipeline(settings, store).run(entries).stored == ENTRIES
        yield store


@pytest.fixture
def run(store):
    def call(*arguments):
        return CliRunner().invoke(program, ("search", *arguments), catch_exceptions=False)

    return call


def test_rows_come_as_the_api_has_them(run, store):
    result = run("blocked:true", "--json", "--limit", "5")
    assert result.exit_code == 0
    rows = [json.loads(line) for line in result.stdout.splitlines()]
    expected = [str(row.id) for row in store.page(Search(intercepted=True), limit=5).rows]
    assert [row["id"] for row in rows] == expected
    assert all(row["intercepted"] for row in rows)


def test_all_there_are_without_a_limit(run):
    assert len(run("--limit", "0").stdout.splitlines()) == ENTRIES


def test_several_arguments_are_one_text(run, store):
    wanted = store.count(Search(intercepted=True, statuses=(403,)))
    counted = json.loads(run("blocked:true", "status:403", "--count", "--json").stdout)
    assert counted == {
        "transactions": wanted.transactions,
        "intercepted": wanted.intercepted,
    }
    assert wanted.transactions > 0


def test_a_text_may_begin_with_a_minus_behind_two(run, store):
    wanted = store.count(Search()).transactions - store.count(Search(statuses=(403,))).transactions
    assert f"{wanted} transactions" in run("--count", "--", "-status:403").stdout


def test_values_are_counted(run, store):
    counted = json.loads(run("blocked:true", "--facet", "category", "--json").stdout)
    counts = {one["value"]: one["transactions"] for one in counted["values"]}
    assert sum(counts.values()) <= store.count(Search(intercepted=True)).transactions
    assert "sqli" in counts
    assert "sqli" in run("blocked:true", "--facet", "category").stdout


def test_a_range_of_time_narrows(run):
    assert "0 transactions" in run("--count", "--until", "2001-01-01").stdout
    assert run("--count", "--since", "7d").exit_code == 0
    assert run("--count", "--since", "yesterday").exit_code == 2


def test_what_attackers_wrote_is_shown_harmless(run):
    shown = run("--limit", "0").stdout
    assert not {ch for ch in shown if ord(ch) < 32 and ch != "\n"}


def test_a_wrong_text_is_underlined_where_it_is_wrong(run):
    result = run("rule:942100 AND hosst:\x1b[31mx")
    assert result.exit_code == 2
    assert "a control character" in result.stderr
    result = run("rule:942100 AND hosst:x")
    assert result.exit_code == 2
    assert (
        "there is no field hosst; text with a colon in it needs quotation marks\n"
        "  rule:942100 AND hosst:x\n"
        "                  ^^^^^\n"
        "Perhaps: rule:942100 AND host:x\n"
    ) in result.stderr


@pytest.fixture
def saved(store):
    """Views of the console: one shared, and two private ones of which one has a taken name."""
    with closing(wiring.control(load(None))) as control:
        views = SavedViews(control, ())
        for person, name, query, is_shared in (
            (1, "Blocked", "blocked=true&q=status%3A403&columns=time", True),
            (2, "Mine", "status=200", False),
            (1, "Both", "status=200", False),
            (2, "Both", "status=403", False),
        ):
            asking = Asking(person_id=person, name=f"person {person}", role=Role.ADMIN)
            views.add(
                asking, "transactions", ViewTerms(name=name, query=query, is_shared=is_shared)
            )


def test_a_saved_view_is_searched_within(run, store, saved):
    wanted = store.count(Search(intercepted=True, statuses=(403,))).transactions
    found = json.loads(run("--view", "Blocked", "--count", "--json").stdout)
    assert found["transactions"] == wanted > 0
    narrower = run("--view", "Blocked", "NOT status:403", "--count", "--json").stdout
    assert json.loads(narrower)["transactions"] == 0
    assert run("--view", "Mine", "--count").exit_code == 0


@pytest.mark.parametrize(("name", "told"), [("Gone", "Blocked"), ("Both", "person 1, person 2")])
def test_a_view_that_is_not_there_is_told_with_those_that_are(run, saved, name, told):
    with pytest.raises(Refused, match=told):
        run("--view", name)
