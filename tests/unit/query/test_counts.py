"""Facets, the map, sensors, and taking the demo away."""

from datetime import timedelta

import pytest

from bartizan.domain.attribution import Attribution
from bartizan.domain.errors import Refused, Unavailable
from bartizan.domain.search import Search
from bartizan.domain.transaction import Anomaly, Category, RuleMatch
from bartizan.domain.triage import Triage
from bartizan.kit.clock import now
from bartizan.query import facets as query_facets
from bartizan.query.demo import Demo
from bartizan.query.facets import FACETS, Facets
from bartizan.query.health import Health
from bartizan.query.map import Map
from bartizan.query.sensors import Sensors
from bartizan.query.views import EmptyReason, PositionKind
from bartizan.store.memory import MemoryStore


@pytest.fixture
def facets(store, sensors) -> Facets:
    return Facets(store, sensors)


@pytest.fixture
def summaries(store, sensors, rows) -> Map:
    return Map(store, sensors, rows, attribution=lambda: Attribution(text="DB-IP"))


def test_a_facet_is_not_narrowed_by_its_own_filter(store, facets, make_record):
    store.append([make_record(category=Category.SQLI), make_record(category=Category.XSS)])
    counts = facets.count("category", Search(categories=("sqli",)))
    assert {value.value for value in counts.values} == {"sqli", "xss"}
    narrowed = facets.count("host", Search(categories=("sqli",)))
    assert [value.transactions for value in narrowed.values] == [1]


def test_facet_values_have_names_for_people(store, facets, make_record, add_sensor):
    add_sensor("edge", label="Edge, Paris")
    store.append([make_record()])
    assert [value.name for value in facets.count("country", Search()).values] == ["France"]
    assert [value.name for value in facets.count("sensor", Search()).values] == ["Edge, Paris"]
    assert [value.name for value in facets.count("rule", Search()).values] == ["942100"]


def test_evaluation_rules_do_not_top_the_list_of_rules(store, facets, make_record):
    found = RuleMatch(rule_id=942100, severity=2)
    evaluating = tuple(RuleMatch(rule_id=number, severity=2) for number in (949110, 980130))
    store.append([make_record(matches=(found, *evaluating)), make_record(matches=evaluating)])
    assert [value.value for value in facets.count("rule", Search(), limit=1).values] == ["942100"]


def test_a_sample_says_since_when_it_counts(store, facets, make_record, monkeypatch):
    monkeypatch.setattr(query_facets, "SAMPLE", 2)
    begin = now() - timedelta(hours=1)
    times = [begin + timedelta(minutes=number) for number in range(5)]
    store.append([make_record(at=at, category=Category.SQLI) for at in times])
    found = facets.count("host", Search(categories=("sqli",)), is_sampled=True)
    assert found.sampled_since == times[-2]
    assert [value.transactions for value in found.values] == [2]
    whole = facets.count("host", Search(categories=("sqli",)))
    assert (whole.sampled_since, whole.values[0].transactions) == (None, 5)


@pytest.mark.parametrize("facet", FACETS)
def test_every_facet_counts(store, facets, make_record, facet):
    facts = {"severity": 2, "anomaly": Anomaly(inbound=5), "ruleset": "OWASP_CRS/4"}
    ids = store.append([make_record(**facts), make_record(**facts, intercepted=False)]).ids
    store.triage(ids, lambda _: Triage(labels=("shop",)))
    (value,) = facets.count(facet, Search()).values
    assert (value.transactions, value.intercepted) == (2, 1)


@pytest.mark.parametrize("facet", ["intercepted", "evil", ""])
def test_an_unknown_facet_is_refused(facets, facet):
    with pytest.raises(Refused) as refused:
        facets.count(facet, Search())
    assert refused.value.code == "no-such-facet"


def test_the_map_counts_its_window_only(store, summaries, make_record, add_sensor):
    add_sensor("edge")
    store.append([make_record(at=now()), make_record(at=now() - timedelta(hours=2))])
    summary = summaries.summary(timedelta(hours=1), build="b1")
    assert (summary.total.transactions, summary.total.intercepted) == (1, 1)
    assert [(each.country, each.name) for each in summary.countries] == [("FR", "France")]
    assert [each.category for each in summary.categories] == ["sqli"]
    assert [cell.country for cell in summary.cells] == ["FR"]
    assert len(summary.recent) == 1
    assert (summary.attribution.text, summary.build, summary.empty) == ("DB-IP", "b1", None)


def test_an_empty_map_says_why(summaries):
    empty = summaries.summary(timedelta(hours=1), build="b1").empty
    assert empty is not None
    assert empty.reason is EmptyReason.NO_SENSOR


def test_a_sensor_without_a_position_is_drawn_at_home(store, sensors, add_sensor, make_record):
    add_sensor("b", latitude=1.0, longitude=2.0)
    add_sensor("a")
    store.append([make_record(sensor="b")])
    assumed, given = sensors.views()
    assert (assumed.latitude, assumed.longitude) == (50.1, 8.7)
    assert (assumed.position, assumed.last_entry_at) == (PositionKind.ASSUMED, None)
    assert (given.latitude, given.position) == (1.0, PositionKind.SET)
    assert given.last_entry_at is not None


def test_a_sensor_that_was_just_added_is_known_to_be_demo(control, store, add_sensor):
    at = [0.0]
    sensors = Sensors(control, store, home=(0, 0), monotonic=lambda: at[0])
    assert sensors.demo_among(["demo-1"]) == frozenset()
    add_sensor("demo-1", is_demo=True)
    at[0] += 0.2
    assert sensors.demo_among(["demo-1", "gone"]) == {"demo-1"}


def test_removing_the_demo_leaves_everything_else(store, control, sensors, add_sensor, make_record):
    add_sensor("edge")
    add_sensor("demo-1", is_demo=True)
    store.append([make_record(), make_record(sensor="demo-1"), make_record(sensor="demo-1")])
    demo = Demo(control, store, sensors, publish=lambda: None, pause=lambda _seconds: None)
    assert demo.remove().transactions == 2
    assert [sensor.name for sensor in sensors.views()] == ["edge"]
    assert store.count(Search()).transactions == 1
    assert demo.remove().transactions == 0


def test_what_was_on_its_way_when_the_demo_was_removed_goes_too(
    store, control, sensors, add_sensor, make_record
):
    add_sensor("demo-1", is_demo=True)
    store.append([make_record(sensor="demo-1")])
    heard = []

    def meanwhile(_seconds):
        heard.append([sensor.is_enabled for sensor in control.sensors()])
        store.append([make_record(sensor="demo-1")])

    demo = Demo(control, store, sensors, publish=lambda: heard.append("told"), pause=meanwhile)
    assert demo.remove().transactions == 2
    assert store.count(Search()).transactions == 0
    assert heard == ["told", [False], "told"]


class AwayStore(MemoryStore):
    def last_id(self) -> int:
        raise Unavailable("store-unavailable", "the database is away")


def test_readiness_follows_the_stores(control, store):
    assert Health(control, store).is_ready()
    assert not Health(control, AwayStore()).is_ready()
    assert not Health(control, AwayStore()).is_store_ok()
