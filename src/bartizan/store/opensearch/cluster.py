"""Requests to a cluster, over whichever node answers, and errors in our families.

No text of an entry and no password gets into an error. An answer that is not whole (a shard failed,
time ran out) is an error, never a smaller answer.
"""

import logging
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Final
from urllib.parse import quote, urlencode

import msgspec
from elastic_transport import (
    ConnectionTimeout,
    JsonSerializer,
    NodeConfig,
    SerializationError,
    TlsError,
    Transport,
    TransportError,
)
from elastic_transport.client_utils import basic_auth_to_header

from bartizan.domain.errors import Misconfigured, Refused, Unavailable
from bartizan.store.opensearch.address import Address
from bartizan.store.opensearch.answers import check_item, raise_for, reason
from bartizan.store.opensearch.writes import GONE, Document, Found, Write, in_batches, lines

_SEARCH_S: Final = 10  # as everywhere (promise R12)
_REQUEST_S: Final = 30.0
_LOOKUP: Final = 1000
# Busy, or a shard that is on its way to another node: the same again, a little later.
_PASSING: Final = frozenset((429, 502, 503, 504))
_PAUSES_S: Final = (0.05, 0.1, 0.2, 0.4, 0.8, 1.6)


class _Json(JsonSerializer):
    """msgspec reads and writes JSON several times faster than the standard library."""

    def json_dumps(self, data: Any) -> bytes:
        return msgspec.json.encode(data)

    def json_loads(self, data: bytes) -> Any:
        return msgspec.json.decode(data)


class _Lines(_Json):
    mimetype = "application/x-ndjson"


class Cluster:
    """Thread-safe. Connections are kept; a node that fails is left alone for a while."""

    def __init__(self, address: Address, *, sleep: Callable[[float], None] = time.sleep) -> None:
        self._sleep = sleep
        _quiet()
        self._headers = {"user-agent": "bartizan"}
        if address.user is not None:
            self._headers["authorization"] = basic_auth_to_header((address.user, address.password))
        try:
            self._transport = Transport(
                [_node(address, host, port) for host, port in address.hosts],
                serializers={"application/json": _Json(), "application/x-ndjson": _Lines()},
                max_dead_node_backoff=5.0,
                max_retries=max(2, len(address.hosts)),
                retry_on_status=(502, 503, 504),
                meta_header=False,
            )
        except (OSError, ValueError) as error:  # a certificate that cannot be read, for one
            raise Misconfigured(
                "bad-store-url", f"cannot set up connections: {type(error).__name__}", "store.url"
            ) from error

    def close(self) -> None:
        self._transport.close()

    def ask(
        self,
        method: str,
        path: str,
        body: Any = None,
        *,
        allowed: Sequence[int] = (),
        **parameters: Any,
    ) -> Any:
        """The content of the answer; None for a status that is `allowed` besides 2xx."""
        status, content = self._send(method, path, body, parameters)
        if status in allowed:
            return None
        raise_for(status, content)
        return content

    def search(self, pattern: str, body: Document, **parameters: Any) -> Document:
        """Of all indexes that fit the pattern, or an error: never a part of the answer."""
        status, content = self._send(
            "POST",
            f"/{pattern}/_search",
            {"timeout": f"{_SEARCH_S}s", "track_total_hits": False, **body},
            {
                "allow_partial_search_results": "false",
                "ignore_unavailable": "true",
                "allow_no_indices": "true",
                **parameters,
            },
        )
        if 400 <= status < 500 and status not in (401, 403, 408, 429):
            raise Refused("search-refused", f"the cluster cannot answer this: {reason(content)}")
        raise_for(status, content)
        if content.get("timed_out"):
            raise Unavailable("search-too-slow", "the search took too long and was stopped")
        answer: Document = content
        return answer

    def search_some(self, pattern: str, body: Document) -> tuple[Document, bool]:
        """As far as it comes within the `timeout` of the body, and whether that is all."""
        answer = self.ask(
            "POST",
            f"/{pattern}/_search",
            body,
            allow_partial_search_results="true",
            ignore_unavailable="true",
            allow_no_indices="true",
        )
        return answer, not answer["timed_out"] and not answer["_shards"]["failed"]

    def look_up(self, keys: Sequence[tuple[str, str]], fields: Any) -> list[Found | None]:
        """Documents by (index, id), as they are now: also what no search can see yet."""
        found: list[Found | None] = []
        for start in range(0, len(keys), _LOOKUP):
            asked = [
                {"_index": index, "_id": number, "_source": fields}
                for index, number in keys[start : start + _LOOKUP]
            ]
            found += self._look_up(asked)
        return found

    def write(self, writes: Iterable[Write], **parameters: Any) -> list[int]:
        """The status of each write: one of `CREATED`, `THERE` or `GONE`.

        What the cluster is too busy for is sent again a few times. `Unavailable` means that any of
        them may have happened or not.
        """
        statuses: list[int] = []
        for some in in_batches(writes):
            statuses += self._write(some, parameters)
        return statuses

    def make_index(self, name: str, shape: Document | None = None) -> None:
        """As `shape` or its template says, unless it is there."""
        status, content = self._send("PUT", f"/{name}", shape or {}, {})
        if status == 400 and reason(content) == "resource_already_exists_exception":
            return
        raise_for(status, content)

    def refresh(self, pattern: str) -> None:
        """Let searches see everything that was written before."""
        self.ask("POST", f"/{pattern}/_refresh", ignore_unavailable="true", allow_no_indices="true")

    def _look_up(self, asked: Sequence[Document]) -> list[Found | None]:
        """A shard that is just being started is asked again."""
        for pause_s in (*_PAUSES_S, None):
            answers = self.ask("POST", "/_mget", {"docs": asked})["docs"]
            gone = {index: self._is_gone(index) for index in _not_found(answers)}
            failed = next((one for one in answers if _has_failed(one, gone)), None)
            if failed is None:
                return [_found(one) for one in answers]
            if pause_s is not None:
                self._sleep(pause_s)
        raise Unavailable("store-unavailable", f"a look-up failed: {reason(failed)}")

    def _is_gone(self, index: str) -> bool:
        """One that has just begun finds no index at all; asked for one by name, it is busy."""
        status, content = self._send("HEAD", f"/{index}", None, {})
        if status == GONE:
            return True
        raise_for(status, content)
        return False

    def _write(self, writes: Sequence[Write], parameters: Mapping[str, Any]) -> list[int]:
        statuses = [0] * len(writes)
        left = list(range(len(writes)))
        for pause_s in (*_PAUSES_S, None):
            body = b"".join(lines(writes[place]) for place in left)
            status, content = self._send("POST", "/_bulk", body, parameters, is_write=True)
            if status in _PASSING:
                busy = left
            else:
                raise_for(status, content)
                busy = []
                for place, item in zip(left, content["items"], strict=True):
                    (answer,) = item.values()
                    statuses[place] = answer["status"]
                    if answer["status"] in _PASSING:
                        busy.append(place)
                    else:
                        check_item(answer)
            if not busy:
                return statuses
            if pause_s is None:
                break
            left = busy
            self._sleep(pause_s)
        raise Unavailable("store-unavailable", "the cluster is too busy to take more")

    def _send(
        self,
        method: str,
        path: str,
        body: Any,
        parameters: Mapping[str, Any],
        *,
        is_write: bool = False,
    ) -> tuple[int, Any]:
        target = quote(path, safe="/*,-_.+") + ("?" + urlencode(parameters) if parameters else "")
        headers = dict(self._headers)
        if body is not None:
            headers["content-type"] = "application/x-ndjson" if is_write else "application/json"
        options: dict[str, Any] = {"max_retries": 0} if is_write else {}
        try:
            answer = self._transport.perform_request(
                method, target, body=body, headers=headers, request_timeout=_REQUEST_S, **options
            )
        except ConnectionTimeout as error:
            raise Unavailable("store-unavailable", "the cluster did not answer in time") from error
        except TlsError as error:
            raise Unavailable("store-unavailable", "TLS: the node cannot be trusted") from error
        except SerializationError as error:
            raise Unavailable("store-unavailable", "the answer is not a cluster's") from error
        except TransportError as error:
            raise Unavailable("store-unavailable", "no node of the cluster answers") from error
        except UnicodeEncodeError as error:  # half a surrogate pair is no text
            raise Refused("store-refused", "a text cannot be written as UTF-8") from error
        return answer.meta.status, answer.body


def _quiet() -> None:
    """What the transport would print of each failure, we raise."""
    logger = logging.getLogger("elastic_transport")
    if not logger.handlers:
        logger.addHandler(logging.NullHandler())


def _node(address: Address, host: str, port: int) -> NodeConfig:
    options: dict[str, Any] = {}
    if address.scheme == "https":
        options = {
            "verify_certs": True,
            "ca_certs": address.ssl_ca,
            "client_cert": address.ssl_cert,
            "client_key": address.ssl_key,
        }
    return NodeConfig(address.scheme, host, port, http_compress=False, **options)


def _found(answer: Document) -> Found | None:
    if "error" in answer or not answer["found"]:
        return None
    seen = (answer["_seq_no"], answer["_primary_term"])
    return Found(source=answer.get("_source", {}), seen=seen)


def _not_found(answers: Sequence[Document]) -> set[str]:
    return {one["_index"] for one in answers if _is_no_index(one)}


def _is_no_index(answer: Document) -> bool:
    return "error" in answer and reason(answer) == "index_not_found_exception"


def _has_failed(answer: Document, gone: Mapping[str, bool]) -> bool:
    """An index that is really not there is no failure: there is nothing in it."""
    return "error" in answer and not (_is_no_index(answer) and gone[answer["_index"]])
