"""Brings a cluster to this program's schema: templates and the indexes that are always there.

The document `schema` of the state index says what was done and how transactions are sliced. The
document `lock` keeps two that start at once apart; it ends by itself, so whoever is killed holds up
nobody for long.
"""

import secrets
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Final

from bartizan.domain.errors import Misconfigured, Unavailable
from bartizan.kit.clock import now_us
from bartizan.kit.struct import Struct
from bartizan.store.opensearch import mapping, names
from bartizan.store.opensearch.address import Address, Span
from bartizan.store.opensearch.cluster import Cluster
from bartizan.store.opensearch.writes import CREATED, Document, Write, encode


class Step(Struct, frozen=True, kw_only=True):
    """One step of the schema; the how-manieth it is, is the version it leads to."""

    revision: str
    summary: str


STEPS: Final = (
    Step(revision="o0001", summary="Templates and indexes of transactions"),
    Step(revision="o0002", summary="What people judged transactions to be, labels and notes"),
)
VERSION: Final = len(STEPS)
_SETTING: Final = "store.url"
_LOCK_US: Final = 60_000_000
_LOCK_TRIES: Final = 900
_LOCK_PAUSE_S: Final = 0.1
_DEFAULT_SHARDS: Final = 1
_DEFAULT_REPLICAS: Final = 1
_STATE: Final[Document] = {
    "settings": {"index": {"number_of_shards": 1, "auto_expand_replicas": "0-1"}},
    "mappings": mapping.STATE,
}
# Also above those of others which fit every index.
_PRIORITY: Final = 500


def missing(address: Address) -> tuple[Step, ...]:
    """What an upgrade would apply, in order."""
    cluster = Cluster(address)
    try:
        _is_current(cluster, address)  # refuses what is newer
        return STEPS[_state(cluster, address.prefix).get("schema", 0) :]
    finally:
        cluster.close()


def upgrade(
    address: Address,
    on_applied: Callable[[str], None] = lambda _: None,
    *,
    sleep: Callable[[float], None] = time.sleep,
) -> None:
    """Do what is missing. Killed at any point, it goes on from there the next time.

    `on_applied` hears the revision of each step.
    """
    cluster = Cluster(address)
    try:
        if _is_current(cluster, address) and _is_as_wished(cluster, address):
            return
        cluster.make_index(names.state(address.prefix), _STATE)
        with _lock(cluster, address.prefix, sleep):
            is_current = _is_current(cluster, address)
            if is_current and _is_as_wished(cluster, address):
                return
            shape = _shape(cluster, address)
            applied = _state(cluster, address.prefix).get("schema", 0)
            _put_templates(cluster, address.prefix, shape)
            if 0 < applied < VERSION:
                _add_fields(cluster, address.prefix)
            if is_current:
                _set_replicas(cluster, address)
            for name in (names.identities(address.prefix), names.sensors(address.prefix)):
                cluster.make_index(name)
            _remember(cluster, address, shape)
            for step in STEPS[applied:]:
                on_applied(step.revision)
    finally:
        cluster.close()


def require_current(cluster: Cluster, address: Address) -> Span:
    """How transactions are sliced; `Misconfigured` unless the schema is exactly this program's."""
    if not _is_current(cluster, address):
        raise Misconfigured("old-schema", "the cluster has not been upgraded yet", _SETTING)
    return Span(_state(cluster, address.prefix)["span"])


def _state(cluster: Cluster, prefix: str) -> Document:
    (found,) = cluster.look_up([(names.state(prefix), "schema")], fields=True)
    return {} if found is None else found.source


def _is_current(cluster: Cluster, address: Address) -> bool:
    state = _state(cluster, address.prefix)
    if state.get("schema", 0) > VERSION:
        raise Misconfigured(
            "newer-schema",
            "the cluster was upgraded by a newer version of Bartizan; use that one",
            _SETTING,
        )
    if state and address.span not in (None, state["span"]):
        raise Misconfigured(
            "bad-store-url", f"this store was begun with span={state['span']}", _SETTING
        )
    return bool(state) and state["schema"] == VERSION


def _is_as_wished(cluster: Cluster, address: Address) -> bool:
    state = _state(cluster, address.prefix)
    return all(
        wish is None or wish == state.get(name)
        for name, wish in (("shards", address.shards), ("replicas", address.replicas))
    )


def _shape(cluster: Cluster, address: Address) -> Document:
    """How many shards and replicas: as wished now, or else as before."""
    before = _state(cluster, address.prefix)
    shards = address.shards or before.get("shards", _DEFAULT_SHARDS)
    replicas = address.replicas
    if replicas is None:
        replicas = before.get("replicas", _DEFAULT_REPLICAS)
    return {"shards": shards, "replicas": replicas}


def _remember(cluster: Cluster, address: Address, shape: Document) -> None:
    span = _state(cluster, address.prefix).get("span") or (address.span or Span.MONTH).value
    source = encode({"schema": VERSION, "span": span, **shape})
    index = names.state(address.prefix)
    cluster.write([Write(kind="index", index=index, id="schema", source=source)], refresh="true")


def _put_templates(cluster: Cluster, prefix: str, shape: Document) -> None:
    index = {
        "number_of_shards": shape["shards"],
        "number_of_replicas": shape["replicas"],
    }
    large = {**index, "codec": "best_compression", "refresh_interval": "1s"}
    for pattern, fields, settings in (
        (f"{prefix}-transactions-*", mapping.TRANSACTIONS, large),
        (f"{prefix}-pieces-*", mapping.PIECES, large),
        (names.identities(prefix), mapping.IDENTITIES, index),
        (names.sensors(prefix), mapping.SENSORS, index),
    ):
        cluster.ask(
            "PUT",
            f"/_index_template/{pattern.removesuffix('-*')}",
            {
                "index_patterns": [pattern],
                "priority": _PRIORITY,
                "template": {"mappings": fields, "settings": {"index": settings}},
                "_meta": {"schema": VERSION, "of": "Bartizan: docs/opensearch.md"},
            },
        )


def _add_fields(cluster: Cluster, prefix: str) -> None:
    """To indexes that were made with fewer. Fields are only ever added, so it may be repeated."""
    cluster.ask(
        "PUT",
        f"/{prefix}-transactions-*/_mapping",
        {"properties": mapping.TRANSACTIONS["properties"]},
        ignore_unavailable="true",
        allow_no_indices="true",
    )


def _set_replicas(cluster: Cluster, address: Address) -> None:
    if address.replicas is not None:
        pattern = ",".join(
            f"{address.prefix}-{kind}"
            for kind in ("transactions-*", "pieces-*", "identities", "sensors")
        )
        cluster.ask(
            "PUT",
            f"/{pattern}/_settings",
            {"index": {"number_of_replicas": address.replicas}},
            ignore_unavailable="true",
            allow_no_indices="true",
        )


@contextmanager
def _lock(cluster: Cluster, prefix: str, sleep: Callable[[float], None]) -> Iterator[None]:
    index, owner = names.state(prefix), secrets.token_hex(8)
    for _ in range(_LOCK_TRIES):
        if _take_lock(cluster, index, owner):
            break
        sleep(_LOCK_PAUSE_S)
    else:
        raise Unavailable("store-unavailable", "somebody else upgrades the cluster")
    try:
        yield
    finally:
        (held,) = cluster.look_up([(index, "lock")], fields=True)
        if held is not None and held.source["owner"] == owner:
            cluster.write([Write(kind="delete", index=index, id="lock", if_seen=held.seen)])


def _take_lock(cluster: Cluster, index: str, owner: str) -> bool:
    source = encode({"owner": owner, "until_us": now_us() + _LOCK_US})
    (held,) = cluster.look_up([(index, "lock")], fields=True)
    if held is None:
        write = Write(kind="create", index=index, id="lock", source=source)
    elif held.source["until_us"] < now_us():
        write = Write(kind="index", index=index, id="lock", source=source, if_seen=held.seen)
    else:
        return False
    return cluster.write([write])[0] in CREATED
