"""What a cluster answers, told in our families of errors. The node is a small HTTP server."""

import json
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from bartizan.domain.errors import Refused, Unavailable
from bartizan.store.opensearch.address import parse
from bartizan.store.opensearch.cluster import Cluster
from bartizan.store.opensearch.writes import Write, encode

Answer = tuple[int, Any]


class Node:
    """Answers in turn what it is told to, and keeps what it was asked."""

    def __init__(self) -> None:
        self.answers: list[Answer] = []
        self.asked: list[tuple[str, bytes]] = []
        node = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
                node.asked.append((self.path, body))
                status, content = node.answers.pop(0)
                data = json.dumps(content).encode()
                self.send_response(status)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(data)))
                self.end_headers()
                self.wfile.write(data)

            def do_HEAD(self) -> None:
                status, _ = node.answers.pop(0)
                self.send_response(status)
                self.end_headers()

            def log_message(self, *_: Any) -> None:
                """Not to the tests' output."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.port = self._server.server_address[1]
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def stop(self) -> None:
        self._server.shutdown()
        self._server.server_close()


@pytest.fixture
def node() -> Iterator[Node]:
    started = Node()
    yield started
    started.stop()


@pytest.fixture
def cluster(node: Node) -> Iterator[Cluster]:
    pauses: list[float] = []
    opened = Cluster(
        parse(f"opensearch+http://anna:verysecret@127.0.0.1:{node.port}/x", ""),
        sleep=pauses.append,
    )
    yield opened
    opened.close()


def items(*statuses: int, kind: str = "create", error: str = "") -> Answer:
    told = [
        {kind: {"status": status, **({"error": {"type": error}} if error else {})}}
        for status in statuses
    ]
    return 200, {"items": told}


def writes(count: int) -> list[Write]:
    return [
        Write(kind="create", index="x", id=str(n), source=encode({"n": n})) for n in range(count)
    ]


def ids_of(body: bytes) -> list[str]:
    return [json.loads(line)["create"]["_id"] for line in body.splitlines()[::2]]


def test_only_what_the_cluster_was_too_busy_for_is_sent_again(node: Node, cluster: Cluster) -> None:
    node.answers = [items(201, 429, 409, 503), (429, {}), items(429, 201), items(201)]
    assert cluster.write(writes(4)) == [201, 201, 409, 201]
    assert [ids_of(body) for _, body in node.asked] == [
        ["0", "1", "2", "3"], ["1", "3"], ["1", "3"], ["1"],
    ]  # fmt: skip


def test_a_cluster_that_stays_busy_is_unavailable(node: Node, cluster: Cluster) -> None:
    node.answers = [items(429)] * 7
    with pytest.raises(Unavailable, match="busy"):
        cluster.write(writes(1))
    assert node.answers == []


def test_every_item_is_looked_at(node: Node, cluster: Cluster) -> None:
    node.answers = [(200, {"errors": False, "items": [{"create": {"status": 201}}]})]
    with pytest.raises(ValueError, match="zip"):
        cluster.write(writes(2))


@pytest.mark.parametrize(
    ("answer", "family"),
    [
        (items(400, error="mapper_parsing_exception"), Refused),
        (items(400, error="strict_dynamic_mapping_exception"), Unavailable),
        (items(400, error="validation_exception"), Unavailable),
        (items(403, error="cluster_block_exception"), Unavailable),
        (items(404, error="index_not_found_exception"), Unavailable),
        (items(500, error="anything"), Unavailable),
        ((401, {}), Unavailable),
        ((403, {"error": {"type": "security_exception", "reason": "verysecret"}}), Unavailable),
        ((413, {}), Unavailable),
        ((500, {"error": {"type": "x", "reason": "<entry>"}}), Unavailable),
    ],
)
def test_only_what_is_wrong_with_a_document_is_its_fault(
    node: Node, cluster: Cluster, answer: Answer, family: type[Exception]
) -> None:
    node.answers = [answer]
    with pytest.raises((Refused, Unavailable)) as told:
        cluster.write(writes(1))
    assert type(told.value) is family
    assert "verysecret" not in str(told.value)
    assert "<entry>" not in str(told.value)


def test_large_batches_are_several_requests(node: Node, cluster: Cluster) -> None:
    large = [
        Write(kind="create", index="x", id=str(n), source=b'"' + b"x" * 3_000_000 + b'"')
        for n in range(3)
    ]
    node.answers = [items(201), items(201), items(201)]
    assert cluster.write(large) == [201, 201, 201]
    assert [ids_of(body) for _, body in node.asked] == [["0"], ["1"], ["2"]]


@pytest.mark.parametrize(
    ("answer", "code"),
    [
        ((200, {"timed_out": True, "hits": {}}), "search-too-slow"),
        ((400, {"error": {"type": "too_many_buckets_exception"}}), "search-refused"),
        ((429, {"error": {"type": "circuit_breaking_exception"}}), "store-unavailable"),
        ((403, {}), "store-unavailable"),
    ],
)
def test_a_search_is_answered_whole_or_not_at_all(
    node: Node, cluster: Cluster, answer: Answer, code: str
) -> None:
    node.answers = [answer]
    with pytest.raises((Refused, Unavailable)) as told:
        cluster.search("x-*", {"size": 0})
    assert told.value.code == code
    assert "allow_partial_search_results=false" in node.asked[0][0]


def test_a_shard_that_is_just_being_started_is_asked_again(node: Node, cluster: Cluster) -> None:
    starting = {"docs": [{"error": {"type": "no_shard_available_action_exception"}}]}
    ready = {"docs": [{"found": True, "_seq_no": 1, "_primary_term": 1, "_source": {"a": 1}}]}
    node.answers = [(200, starting), (200, ready)]
    (found,) = cluster.look_up([("x", "1")], fields=True)
    assert found is not None
    assert found.source == {"a": 1}


def test_an_index_is_missing_only_if_the_cluster_says_so_twice(
    node: Node, cluster: Cluster
) -> None:
    """One that has just begun and not read its own state yet finds no index at all."""
    no_index = {"_index": "x", "error": {"type": "index_not_found_exception"}}
    missing = {"docs": [no_index, {"found": False}]}
    node.answers = [(200, missing), (404, {})]
    assert cluster.look_up([("x", "1"), ("y", "2")], fields=True) == [None, None]
    node.answers = [(200, missing), *[(503, {})] * 3]
    with pytest.raises(Unavailable):
        cluster.look_up([("x", "1"), ("y", "2")], fields=True)


def test_nobody_there_is_unavailable_and_tells_no_password(node: Node) -> None:
    port = node.port
    node.stop()
    cluster = Cluster(parse(f"opensearch+http://anna:verysecret@127.0.0.1:{port}/x", ""))
    ask: Callable[[], Any]
    for ask in (
        lambda: cluster.search("x", {}),
        lambda: cluster.write(writes(1)),
        lambda: cluster.look_up([("x", "1")], fields=True),
    ):
        with pytest.raises(Unavailable) as told:
            ask()
        assert "verysecret" not in str(told.value)
    cluster.close()
