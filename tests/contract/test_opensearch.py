"""What only the cluster store promises, on a real cluster of three nodes."""

import copy
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from bartizan.domain.errors import Misconfigured
from bartizan.domain.expression import Contains, Field, InState, Is
from bartizan.domain.search import Search
from bartizan.domain.sensor_health import Slice
from bartizan.domain.transaction import Zone
from bartizan.domain.triage import State
from bartizan.kit.clock import to_us
from bartizan.kit.ids import first_id_at
from bartizan.store.contract import Expired, Store
from bartizan.store.opensearch import mapping, schema
from bartizan.store.opensearch.address import parse
from bartizan.store.opensearch.documents import identity_key
from bartizan.store.opensearch.transactions import OpenSearchStore
from bartizan.store.registry import missing_in_store, open_store, upgrade_store
from tests.contract import test_expressions, test_stores_as_the_model, test_triage
from tests.contract.expressions import conditions, expressions
from tests.contract.records import HOSTILE, NOON, NOON_US, match, record, records, searches
from tests.contract.triage import triages
from tests.servers.bartizan import eventually
from tests.servers.opensearch import OpenSearch

pytestmark = pytest.mark.peers

NOVEMBER, DECEMBER = (to_us(datetime(2026, month, 30, 23, tzinfo=UTC)) for month in (11, 12))


@pytest.fixture
def url(opensearch_url: Callable[[], str]) -> str:
    return opensearch_url()


@pytest.fixture
def prefix(url: str) -> str:
    return parse(url, "").prefix


@pytest.fixture
def store(url: str) -> Iterator[Store]:
    upgrade_store(url)
    opened = open_store(url)
    yield opened
    opened.close()


@pytest.fixture
def at(url: str) -> Iterator[Callable[[int], Store]]:
    """Stores of a writer whose clock stands still."""
    upgrade_store(url)
    opened: list[Store] = []

    def open_at(moment_us: int) -> Store:
        opened.append(OpenSearchStore(parse(url, ""), now=lambda: moment_us))
        return opened[-1]

    yield open_at
    for one in opened:
        one.close()


@pytest.mark.promise("R3")
def test_an_entry_is_known_again_after_a_rollover_however_it_is_decoded_then(
    at: Callable[[int], Store], opensearch: OpenSearch, prefix: str
) -> None:
    """It comes a month later, at another time of receipt, and its sensor's zone was changed."""
    first = record(b"x", received_at_us=NOVEMBER, zone=Zone.ASSUMED)
    (number,) = at(NOVEMBER).append([first]).ids
    later = at(DECEMBER)
    for occurred in (NOON, NOON + timedelta(hours=9), None, NOON + timedelta(days=31)):
        again = record(b"x", received_at_us=DECEMBER, occurred_at=occurred)
        appended = later.append([again, record(b"new %s" % str(occurred).encode())])
        assert (len(appended.ids), appended.duplicates) == (1, 1)
    assert later.count(Search()).transactions == 5
    assert later.newer(0, limit=1)[0].id == number
    assert later.raw(number) == b"x"
    names = {one["index"] for one in opensearch.ask("GET", f"/_cat/indices/{prefix}-*?format=json")}
    assert {f"{prefix}-transactions-2026.11", f"{prefix}-transactions-2026.12"} <= names


@pytest.mark.promise("R3")
def test_what_a_killed_writer_began_is_completed_by_the_repeat(
    store: Store, opensearch: OpenSearch, prefix: str
) -> None:
    """An identity without its transaction: under the id that it names."""
    begun, ready = record(b"begun"), record(b"ready")
    store.append([ready])
    number = first_id_at(NOVEMBER)
    key = identity_key(begun.sensor, begun.digest)
    identity = {"id": number, "sensor": begun.sensor}
    opensearch.ask("PUT", f"/{prefix}-identities/_doc/{key}", identity)
    appended = store.append([begun, ready])
    assert (appended.ids, appended.duplicates) == ((number,), 1)
    assert store.raw(number) == b"begun"
    assert store.append([begun, ready]).duplicates == 2


@pytest.mark.promise("R3")
def test_writers_of_several_nodes_store_each_entry_once(url: str) -> None:
    """The same batches at the same time: each entry is new to exactly one of them."""
    upgrade_store(url)
    writers = [open_store(url) for _ in range(3)]
    batches = [[record(b"%d" % n) for n in range(start, start + 40)] for start in range(0, 200, 20)]
    with ThreadPoolExecutor(3) as pool:
        told = list(pool.map(lambda writer: [writer.append(batch) for batch in batches], writers))
    ids = [number for answers in told for answer in answers for number in answer.ids]
    assert len(ids) == len(set(ids)) == 220
    assert sum(answer.duplicates for answers in told for answer in answers) == 3 * 400 - 220
    eventually(lambda: writers[0].count(Search()).transactions >= 220, 5, "all are seen")
    assert writers[0].count(Search()).transactions == 220
    for writer in writers:
        writer.close()


def test_other_programs_see_what_was_stored_within_two_seconds(url: str, store: Store) -> None:
    console = open_store(url)
    last_id = console.last_id()
    for number in range(3):
        (fresh,) = store.append([record(b"%d" % number)]).ids
        eventually(
            lambda n=fresh: n in {row.id for row in console.newer(last_id)}, 2, "in the feed"
        )
    console.close()


def test_whoever_opens_a_store_sees_at_once_what_was_stored_until_then(
    url: str, store: Store
) -> None:
    for number in range(20):  # the first is shown at once, the others are not
        store.append([record(b"%d" % number)])
        with closing(open_store(url)) as opened:
            assert opened.count(Search()).transactions == number + 1


def test_no_entry_adds_a_field(store: Store, opensearch: OpenSearch, prefix: str) -> None:
    store.append(
        [
            record(text.encode(), sensor=text or "x", matches=(match(message=text, data=text),))
            for text in HOSTILE
        ]
    )
    found = opensearch.ask("GET", f"/{prefix}-transactions-*/_mapping")
    for index in found.values():
        assert _leaves(index["mappings"]) == _leaves(mapping.TRANSACTIONS)
        assert index["mappings"]["dynamic"] == "strict"
    answer = opensearch.ask(
        "POST", f"/{prefix}-transactions-2026.11/_doc", {"bartizan": {"attacker": 1}}
    )
    assert answer["error"]["type"] == "strict_dynamic_mapping_exception"


def _leaves(fields: dict[str, Any], path: str = "") -> set[tuple[str, str]]:
    found = set()
    for name, field in fields["properties"].items():
        if "properties" in field:
            found |= _leaves(field, f"{path}{name}.")
        else:
            found.add((path + name, field.get("type", "object")))
    return found


def test_two_that_upgrade_at_once_both_find_it_done(url: str) -> None:
    assert [one.revision for one in missing_in_store(url)] == ["o0001", "o0002"]
    heard: list[str] = []
    with ThreadPoolExecutor(3) as pool:
        list(pool.map(lambda _: upgrade_store(url, heard.append), range(3)))
    assert heard == ["o0001", "o0002"]
    assert missing_in_store(url) == ()
    store = open_store(url)
    assert store.last_id() == 0
    store.close()


def test_indexes_of_the_first_schema_get_the_fields_of_the_second(
    url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What was stored before the upgrade is judged, labelled and found after it."""
    first = copy.deepcopy(mapping.TRANSACTIONS)
    ours = first["properties"]["bartizan"]["properties"]
    for name in ("state", "ignored_until_us", "label"):
        del ours[name]
    del ours["text"]["properties"]["note"]
    with monkeypatch.context() as before:
        before.setattr(mapping, "TRANSACTIONS", first)
        before.setattr(schema, "STEPS", schema.STEPS[:1])
        before.setattr(schema, "VERSION", 1)
        upgrade_store(url)
        with closing(open_store(url)) as old:
            (number,) = old.append([record(b"before")]).ids
    assert [one.revision for one in missing_in_store(url)] == ["o0002"]
    heard: list[str] = []
    upgrade_store(url, heard.append)
    assert heard == ["o0002"]
    with closing(open_store(url)) as store:
        store.triage([number], lambda _: test_triage.FULL)
        for expression in (
            InState(state=State.IGNORED),
            Is(field=Field.LABEL, value="shop/cart"),
            Contains(field=Field.NOTE, pieces=("editor",)),
        ):
            assert store.count(Search(expression=expression)).transactions == 1


def test_an_upgrade_that_was_killed_holds_nobody_up_for_long(
    url: str, opensearch: OpenSearch, prefix: str
) -> None:
    """Its lock ends by itself."""
    opensearch.ask("PUT", f"/{prefix}-state/_doc/lock?refresh=true", {"owner": "x", "until_us": 1})
    upgrade_store(url)
    assert missing_in_store(url) == ()


def test_a_newer_schema_is_refused_and_an_older_one_told(
    url: str, opensearch: OpenSearch, prefix: str
) -> None:
    with pytest.raises(Misconfigured) as told:
        open_store(url)
    assert told.value.code == "old-schema"
    upgrade_store(url)
    opensearch.ask("PUT", f"/{prefix}-state/_doc/schema", {"schema": 99, "span": "month"})
    for refused in (open_store, upgrade_store, missing_in_store):
        with pytest.raises(Misconfigured) as told:
            refused(url)
        assert told.value.code == "newer-schema"


def test_how_long_an_index_goes_is_settled_when_the_store_is_begun(
    opensearch: OpenSearch, url: str, prefix: str
) -> None:
    upgrade_store(url + "&span=day")
    store = open_store(url)
    (number,) = store.append([record(b"x")]).ids
    assert store.raw(number) == b"x"
    store.close()
    with pytest.raises(Misconfigured, match="span=day"):
        upgrade_store(url + "&span=month")
    names = {one["index"] for one in opensearch.ask("GET", f"/_cat/indices/{prefix}-*?format=json")}
    assert any(name.count(".") == 2 for name in names)


def test_replicas_may_be_changed_later(url: str, opensearch: OpenSearch, prefix: str) -> None:
    upgrade_store(url)
    store = open_store(url)
    store.append([record(b"x")])
    upgrade_store(url + "&replicas=2")
    found = opensearch.ask("GET", f"/{prefix}-transactions-*/_settings")
    assert {one["settings"]["index"]["number_of_replicas"] for one in found.values()} == {"2"}
    store.close()


def test_counts_of_sensors_do_not_depend_on_how_far_they_were_added_up(store: Store) -> None:
    """Removing adds up what goes; the rest is counted when it is asked for."""
    counted = []
    for batch in range(3):
        some = [
            record(b"%d-%d" % (batch, n), sensor=f"web{n % 2}", received_at_us=NOON_US + n * 10**7)
            for n in range(10)
        ]
        ids = store.append(some).ids
        store.remove_transactions(Expired(before_id=ids[4]), after_id=0, limit=100)
        hours = store.sensor_activity(NOON - timedelta(hours=1), Slice.HOUR)
        counted.append({one.sensor: one.transactions for one in hours})
    assert counted == [{"web0": n, "web1": n} for n in (5, 10, 15)]
    assert store.count(Search()).transactions == 6


def test_indexes_of_which_nothing_is_left_are_given_back(
    at: Callable[[int], Store], opensearch: OpenSearch, prefix: str
) -> None:
    at(NOVEMBER).append([record(b"%d" % n) for n in range(20)])
    later = at(DECEMBER)
    later.append([record(b"kept")])
    assert later.give_back(1) == 0
    later.remove_transactions(Expired(before_id=first_id_at(DECEMBER)), after_id=0, limit=100)
    assert later.count(Search()).transactions == 1
    assert later.give_back(1) > 0
    names = {one["index"] for one in opensearch.ask("GET", f"/_cat/indices/{prefix}-*?format=json")}
    assert f"{prefix}-transactions-2026.11" not in names
    assert later.append([record(b"3", received_at_us=NOON_US)]).duplicates == 0


_FEW = settings(
    max_examples=5,
    phases=[Phase.explicit, Phase.generate],
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


@_FEW
@given(
    batches=st.lists(st.lists(records(), max_size=8), min_size=1, max_size=3),
    questions=st.lists(searches, min_size=1, max_size=3),
    limit=st.integers(1, 7),
    width=st.sampled_from([timedelta(minutes=7), timedelta(hours=1), timedelta(microseconds=1)]),
)
def test_it_answers_as_the_model(store: Store, **drawn: Any) -> None:
    _inner(test_stores_as_the_model.test_a_sql_store_answers_as_the_model)(store, **drawn)


@_FEW
@given(
    batch=st.lists(records(), min_size=1, max_size=8),
    news=st.lists(st.lists(records(), max_size=8), min_size=1, max_size=2),
    questions=st.lists(searches, min_size=1, max_size=2),
    limit=st.integers(1, 7),
)
def test_it_replaces_as_the_model(store: Store, **drawn: Any) -> None:
    _inner(test_stores_as_the_model.test_a_sql_store_replaces_as_the_model)(store, **drawn)


@_FEW
@given(
    batch=st.lists(records(), min_size=1, max_size=8),
    simple=st.lists(conditions, min_size=10, max_size=15),
    questions=st.lists(expressions, min_size=4, max_size=6),
    judged=st.lists(triages(), min_size=3, max_size=3),
)
def test_it_finds_what_the_model_finds(store: Store, **drawn: Any) -> None:
    _inner(test_expressions.test_a_store_finds_what_the_model_finds)(store, **drawn)


@_FEW
@given(
    batch=st.lists(records(), min_size=1, max_size=6),
    steps=st.lists(st.tuples(st.integers(0, 5), triages()), max_size=8),
)
def test_it_keeps_what_people_said_as_the_model_does(store: Store, **drawn: Any) -> None:
    _inner(test_triage.test_a_store_keeps_what_the_model_keeps)(store, **drawn)


def _inner(test: Any) -> Callable[..., None]:
    """What hypothesis calls: other stores are asked more often."""
    inner: Callable[..., None] = test.hypothesis.inner_test
    return inner


def test_readers_never_see_half_a_transaction(store: Store) -> None:
    """What a cluster promises instead of whole batches."""
    stop = threading.Event()

    def read() -> int:
        count = 0
        while not stop.is_set():
            for row in store.page(Search(), limit=5).rows:
                assert row.rule_ids == (7,)
                assert store.raw(row.id) is not None
                count += 1
        return count

    with ThreadPoolExecutor(2) as pool:
        readers = [pool.submit(read) for _ in range(2)]
        for batch in range(10):
            store.append([record(b"%d-%d" % (batch, n), matches=(match(7),)) for n in range(10)])
        stop.set()
        assert sum(reader.result() for reader in readers) > 0
