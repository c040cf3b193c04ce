"""Batches: what comes in comes out as entries, bounded in every direction, and blocks nobody."""

import functools
import gzip
import json
import resource
import sqlite3
import sys
import threading
import time
import tracemalloc

import hypothesis
import msgspec
import pytest
import zstandard
from hypothesis import strategies as st

from bartizan.domain.delivery import AuditLogEntry
from bartizan.domain.errors import Refused
from bartizan.receive import batches
from bartizan.receive.shipped import EXACT_TYPE
from bartizan.receive.unpacking import unpack
from bartizan.spool.schema import FILE_NAME
from bartizan.spool.settings import SpoolSettings
from tests.faults.sabotage.answer_before_commit import HastyIntake
from tests.fuzz.corpus import serial_log
from tests.unit.receive.listener import RunningCollector, request

ENTRY = b'{"transaction":{"client_ip":"192.0.2.1","unique_id":"%d"}}\n'
ENTRY_LIMIT, LIMIT, UNPACKED_LIMIT = 100_000, 2_000_000, 4_000_000
EXACT = b"Content-Type: " + EXACT_TYPE
LIMITS = {
    "max_body_bytes": ENTRY_LIMIT,
    "max_batch_bytes": LIMIT,
    "max_unpacked_batch_bytes": UNPACKED_LIMIT,
}


@pytest.fixture(scope="module")
def shared(tmp_path_factory):
    with RunningCollector(tmp_path_factory.mktemp("spool"), **LIMITS) as collector:
        yield collector


@pytest.fixture
def running(tmp_path):
    with RunningCollector(tmp_path / "spool", **LIMITS) as collector:
        yield collector


def batch(body: bytes, *headers: bytes, **more) -> bytes:
    return request(body, *headers, method="POST", path="/v1/entries", **more)


def report(reply) -> dict:
    assert reply.status == 200, reply
    assert reply.headers["content-type"] == "application/json"
    return json.loads(reply.body)


def entries(count: int) -> list[bytes]:
    return [ENTRY % number for number in range(count)]


def accepted(count: int) -> dict:
    return {"accepted": count, "refused": 0, "results": [{"status": "accepted"}] * count}


def test_lines_become_entries_in_their_order(running):
    wanted = entries(1000)
    assert report(running.ask(batch(b"".join(wanted)))) == accepted(1000)
    assert running.raws() == wanted


def test_a_real_log_becomes_its_entries(running):
    log = serial_log("v3-native-minparts")
    assert report(running.ask(batch(log)))["accepted"] == 68
    assert b"\n".join(running.raws()) + b"\n" == log


@pytest.mark.parametrize("body", [b"", b"\n\n \r\n", b"[]", b"\0"])
def test_a_batch_of_nothing_is_accepted(running, body):
    assert report(running.ask(batch(body))) == accepted(0)


def test_what_is_no_entry_is_kept_and_fails_nothing(running):
    good = entries(2)
    body = good[0] + b"2026-11-23 started\nand more\n" + good[1] + b"\x00\xff"
    assert report(running.ask(batch(body))) == accepted(4)
    assert running.raws() == [good[0], b"2026-11-23 started\nand more\n", good[1], b"\xff"]


@pytest.mark.promise("R4")
def test_what_costs_too_much_to_look_through_is_kept_unread_and_fails_nothing(running, monkeypatch):
    monkeypatch.setattr(batches, "_MOST_EFFORT_S", 0.0)
    body = b"one\ntwo\n" + ENTRY % 1 + b"three\n"
    assert report(running.ask(batch(body)))["accepted"] == 2
    assert b"".join(running.raws()) == body


def test_entries_that_are_too_large_are_refused_each_and_the_others_accepted(running):
    good = entries(2)
    large = ENTRY.replace(b"%d", b"x" * ENTRY_LIMIT)
    told = report(running.ask(batch(good[0] + large + good[1])))
    assert (told["accepted"], told["refused"]) == (2, 1)
    assert [one["status"] for one in told["results"]] == ["accepted", "refused", "accepted"]
    assert told["results"][1]["code"] == "too-large"
    assert str(ENTRY_LIMIT) in told["results"][1]["detail"]
    assert running.raws() == good


def test_exact_entries_are_kept_byte_for_byte_with_where_they_were_read(running):
    raws = [b"no entry at all", ENTRY % 1, b"\x00\xff" * 10, b"a\n\nb", b"", b"x" * ENTRY_LIMIT * 2]
    body = msgspec.msgpack.encode(
        [
            {"raw": raw, "origin": "/var/log/audit.log", "origin_offset": at}
            for at, raw in enumerate(raws)
        ]
        + [{"raw": b"without"}, {"raw": b"nil", "origin": None, "origin_offset": None}]
    )
    told = report(running.ask(batch(body, EXACT)))
    codes = [one.get("code", one["status"]) for one in told["results"]]
    assert codes == ["accepted"] * 4 + ["empty", "too-large"] + ["accepted"] * 2
    kept = running.entries()
    assert [entry.raw for entry in kept] == [*raws[:4], b"without", b"nil"]
    assert [(entry.origin, entry.origin_offset) for entry in kept[:4]] == [
        ("/var/log/audit.log", at) for at in range(4)
    ]
    assert (kept[-1].origin, kept[-1].origin_offset) == (None, None)


@pytest.mark.promise("R4")
@pytest.mark.parametrize(
    "body",
    [
        b"x",
        b"\xc1",
        msgspec.msgpack.encode({"raw": b"x"}),
        msgspec.msgpack.encode([{"raw": "text"}]),
        msgspec.msgpack.encode([{"origin": "x"}]),
        msgspec.msgpack.encode([{"raw": b"x", "origin": "x" * 5000}]),
        msgspec.msgpack.encode([{"raw": b"x", "origin_offset": 2**63}]),
        msgspec.msgpack.encode([{"raw": b"x", "origin_offset": -1}]),
        msgspec.msgpack.encode([{"raw": b"x"}]) + b"more",
        msgspec.msgpack.encode([{"raw": b"x" * 100}])[:-1],
        b"\x91" * 100_000,
        b"\xdd\xff\xff\xff\xff",
    ],
)
def test_what_is_no_array_of_entries_is_400_and_nothing_of_it_is_kept(shared, body):
    before = len(shared.raws())
    reply = shared.ask(batch(body, EXACT))
    assert reply.status == 400
    assert len(shared.raws()) == before
    assert shared.ask(batch(ENTRY % 1)).status == 200


ARRAYS = {
    "objects": lambda wanted: b"[" + b", ".join(one.strip() for one in wanted) + b"]",
    "strings": lambda wanted: json.dumps([one.decode() for one in wanted]).encode(),
    "wrapped": lambda wanted: json.dumps(
        [{"date": 1.5, "log": one.decode().strip()} for one in wanted]
    ).encode(),
    "pretty": lambda wanted: json.dumps([json.loads(one) for one in wanted], indent=2).encode(),
}


@pytest.mark.parametrize("how", ARRAYS)
def test_a_json_array_is_its_elements(running, how):
    wanted = entries(300)
    assert report(running.ask(batch(ARRAYS[how](wanted)))) == accepted(300)
    assert [json.loads(raw) for raw in running.raws()] == [json.loads(one) for one in wanted]
    if how != "pretty":
        assert running.raws() == wanted


@pytest.mark.promise("R3")
def test_an_entry_is_the_same_bytes_whichever_way_it_came(running):
    """Identity is the bytes: raw lines, wrapped ones and exact ones must be one transaction."""
    wanted = entries(3)
    exact = msgspec.msgpack.encode([{"raw": raw} for raw in wanted])
    lines = b"\n".join(json.dumps({"message": one.decode().strip()}).encode() for one in wanted)
    for body, *headers in (
        (b"".join(wanted),),
        (b"".join(wanted).rstrip(b"\n"),),
        (lines,),
        (ARRAYS["wrapped"](wanted),),
        (ARRAYS["objects"](wanted),),
        (exact, EXACT),
    ):
        running.ask(batch(body, *headers))
    assert set(running.raws()) == set(wanted)


PACKERS = {
    "gzip": gzip.compress,
    "x-gzip": gzip.compress,
    "GZIP": gzip.compress,
    "zstd": zstandard.compress,
    "identity": lambda data: data,
}


@pytest.mark.parametrize("how", PACKERS)
def test_a_batch_may_be_packed(running, how):
    wanted = entries(500)
    packed = PACKERS[how](b"".join(wanted))
    header = b"Content-Encoding: " + how.encode()
    assert report(running.ask(batch(packed, header))) == accepted(500)
    assert running.raws() == wanted


def test_packed_parts_may_follow_each_other(running):
    wanted = entries(4)
    for how, pack in (("gzip", gzip.compress), ("zstd", zstandard.compress)):
        packed = b"".join(map(pack, wanted))
        header = b"Content-Encoding: " + how.encode()
        assert report(running.ask(batch(packed, header))) == accepted(4)


@pytest.mark.parametrize(
    "encoding", [b"br", b"deflate", b"gzip, gzip", b"gzip,zstd", b"compress", b"\xff"]
)
def test_another_packing_is_415(shared, encoding):
    reply = shared.ask(batch(ENTRY % 1, b"Content-Encoding: " + encoding))
    assert reply.status == 415


@pytest.mark.promise("S5")
def test_two_layers_are_415_also_if_stated_twice(shared):
    twice = gzip.compress(gzip.compress(ENTRY % 1))
    headers = (b"Content-Encoding: gzip", b"Content-Encoding: gzip")
    assert shared.ask(batch(twice, *headers)).status == 415


@pytest.mark.promise("S5")
def test_only_one_layer_is_ever_taken_off(running):
    inner = gzip.compress(b"".join(entries(10)))
    told = report(running.ask(batch(gzip.compress(inner), b"Content-Encoding: gzip")))
    assert told["accepted"] == len(running.raws())
    assert b"transaction" not in b"".join(running.raws())


def damaged(pack) -> list[bytes]:
    whole = pack(b"".join(entries(100)))
    middle = len(whole) // 2
    return [
        whole[:-1],
        whole[:middle],
        whole + b"x",
        whole[:middle] + b"\xff\x00\xff\x00" + whole[middle + 4 :],
        b"x",
        whole[1:],
    ]


@pytest.mark.promise("S5")
@pytest.mark.parametrize("how", ["gzip", "zstd"])
def test_a_damaged_packing_is_400_and_nothing_of_it_is_kept(shared, how):
    before = len(shared.raws())
    for body in damaged(PACKERS[how]):
        reply = shared.ask(batch(body, b"Content-Encoding: " + how.encode()))
        assert reply.status == 400, body[:20]
    assert len(shared.raws()) == before


def _zeros(size: int) -> bytes:
    return bytes(size)


def _endless_deflate(size: int) -> bytes:
    """The stream never ends: the last block and the checksum are missing."""
    return gzip.compress(_zeros(size))[:-12]


BOMBS = {
    "gzip": ("gzip", lambda size: gzip.compress(_zeros(size))),
    "gzip of many members": ("gzip", lambda size: gzip.compress(_zeros(size // 500)) * 500),
    "gzip without an end": ("gzip", _endless_deflate),
    "gzip of too many members": ("gzip", lambda _: gzip.compress(b"") * 20_000),
    "zstd": ("zstd", lambda size: zstandard.compress(_zeros(size))),
    "zstd of many frames": ("zstd", lambda size: zstandard.compress(_zeros(size // 500)) * 500),
    "zstd of too many frames": ("zstd", lambda _: zstandard.compress(b"") * 20_000),
    "zstd with a window of 128 MiB": (
        "zstd",
        lambda size: _wide(_zeros(size)),
    ),
}


def _wide(data: bytes) -> bytes:
    parameters = zstandard.ZstdCompressionParameters(window_log=27)
    packer = zstandard.ZstdCompressor(compression_params=parameters).compressobj()
    return packer.compress(data) + packer.flush()


@pytest.mark.promise("S5")
@pytest.mark.parametrize("name", BOMBS)
def test_a_bomb_is_refused_at_the_price_of_what_may_be_held(running, name):
    how, make = BOMBS[name]
    bomb = make(100_000_000)
    assert len(bomb) <= LIMIT
    header = b"Content-Encoding: " + how.encode()
    running.ask(batch(PACKERS[how](ENTRY % 1), header))  # so that nothing is imported meanwhile
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    began = time.process_time()
    reply = running.ask(batch(bomb, header))
    spent = time.process_time() - began
    assert reply.status in {400, 413}
    assert spent <= 0.1
    grown = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - peak) * 1024
    assert grown <= 2 * UNPACKED_LIMIT + 8 * 1024 * 1024  # a step of zstd holds up to 8 MiB
    assert running.raws() == [ENTRY % 1]


@pytest.mark.promise("S5")
def test_the_price_of_a_bomb_is_also_bounded_with_the_limits_that_are_set():
    """The same without a listener in the way, at the default of 32 MiB: CPU and memory."""
    for how, make in (BOMBS["gzip"], BOMBS["zstd"]):
        bomb = make(100_000_000)
        tracemalloc.start()
        size = 0
        for piece in unpack(bomb, how):
            size += len(piece)
            if size > 32 * 1024 * 1024:
                break
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        assert peak <= 34 * 1024 * 1024


@pytest.mark.promise("S6")
@pytest.mark.parametrize("kind", ["declared", "chunked"])
def test_an_endless_batch_is_413_and_cut_off(running, kind):
    head = batch(b"").replace(b"Content-Length: 0", b"Content-Length: %d" % (10 << 30))
    piece = b"x" * 65_536
    if kind == "chunked":
        head = batch(b"").replace(b"Content-Length: 0", b"Transfer-Encoding: chunked")
        piece = b"10000\r\n" + piece + b"\r\n"
    with running.client() as client:
        client.send(head)
        replies = []
        reader = threading.Thread(target=lambda: replies.append(client.reply().status), daemon=True)
        reader.start()
        sent = 0
        try:
            while sent < 200 * LIMIT:
                client.send(piece)
                sent += len(piece)
        except (ConnectionError, TimeoutError):
            pass
        reader.join()
    assert replies == [413]
    assert sent < 30 * LIMIT
    assert running.raws() == []


@pytest.mark.promise("S6")
def test_a_larger_body_is_allowed_to_batches_only(shared):
    with shared.client() as client:
        assert client.ask(batch(b"\n" * LIMIT)).status == 200
        assert client.ask(request(b"x" * (ENTRY_LIMIT + 1))).status == 409


@pytest.mark.promise("S7")
def test_a_batch_that_drips_is_closed_at_the_deadline(tmp_path):
    with RunningCollector(tmp_path / "spool", request_timeout_s=0.5) as running:
        with running.client() as client:
            client.send(batch(b"x" * 1000)[:-500])
            began = time.monotonic()
            assert client.is_closed()
            assert time.monotonic() - began < 3
        assert running.ask(batch(ENTRY % 1)).status == 200


def test_what_is_held_of_batches_is_bounded_for_all_together(tmp_path):
    limits = {"max_held_bytes": 3_000_000, "max_unpacked_batch_bytes": 50_000_000}
    with RunningCollector(tmp_path / "spool", **limits) as running:
        small, large = (b"".join(entries(count)) for count in (1000, 60_000))
        header = b"Content-Encoding: zstd"
        assert running.ask(batch(zstandard.compress(small), header)).status == 200
        assert running.ask(batch(zstandard.compress(large), header)).status == 503
        for _ in range(100):  # what was held is given back
            assert running.ask(batch(zstandard.compress(small), header)).status == 200


def is_answered_before_it_is_on_disk(running: RunningCollector) -> bool:
    """Whether a batch is answered while the spool's database is locked by somebody else."""
    blocker = sqlite3.connect(running.directory / FILE_NAME, isolation_level=None)
    blocker.execute("BEGIN IMMEDIATE")
    with running.client() as client:
        client.send(batch(b"".join(entries(1000))))
        client.socket.settimeout(0.5)
        try:
            early = client.socket.recv(4096)
        except TimeoutError:
            early = b""
        blocker.execute("ROLLBACK")
        blocker.close()
        client.socket.settimeout(10)
        answer = early or client.socket.recv(4096)
    assert answer.startswith(b"HTTP/1.1 200 ")
    return bool(early)


@pytest.mark.promise("R1")
def test_a_batch_is_answered_only_after_all_of_it_is_on_disk(running):
    assert not is_answered_before_it_is_on_disk(running)
    assert len(running.raws()) == 1000


@pytest.mark.promise("R1")
def test_the_sabotage_that_answers_before_the_commit_is_caught(tmp_path, monkeypatch):
    monkeypatch.setattr(batches.Batches, "_put", _put_hastily)
    with RunningCollector(tmp_path / "spool", **LIMITS) as running:
        assert is_answered_before_it_is_on_disk(running)


async def _put_hastily(self, portion, sensor):
    hasty = HastyIntake(self._intake)
    for entry in portion:
        hasty.put(AuditLogEntry(sensor=sensor, received_at_us=0, raw=entry.raw))


@pytest.mark.promise("R7")
def test_a_spool_that_fills_up_in_the_middle_is_503_and_the_repeat_is_harmless(tmp_path):
    spool = SpoolSettings(max_bytes=600_000, min_free_bytes=0)
    with RunningCollector(tmp_path / "spool", spool=spool) as running:
        large = [ENTRY.replace(b"%d", b"%d" % number + b"x" * 2000) for number in range(1000)]
        for _ in range(2):
            reply = running.ask(batch(b"".join(large)))
            assert reply.status == 503
            assert reply.headers["retry-after"]
        assert set(running.raws()) <= set(large)


@pytest.mark.promise("R5")
def test_single_deliveries_are_prompt_beside_large_batches(tmp_path):
    body = gzip.compress(b"".join(entries(60_000)), 1)
    with RunningCollector(tmp_path / "spool") as running:
        done = threading.Event()

        def flood() -> None:
            for _ in range(2):
                assert running.ask(batch(body, b"Content-Encoding: gzip")).status == 200
            done.set()

        thread = threading.Thread(target=flood, daemon=True)
        thread.start()
        slowest = 0.0
        with running.client() as client:
            while not done.is_set():
                began = time.monotonic()
                assert client.ask(request(b"an entry")).status == 200
                slowest = max(slowest, time.monotonic() - began)
        thread.join()
    assert slowest < 0.8


@functools.cache
def whole_batch() -> bytes:
    return gzip.compress(b"".join(entries(50)))


@pytest.mark.promise("R4")
@hypothesis.settings(max_examples=150, deadline=None)
@hypothesis.given(
    st.lists(st.tuples(st.integers(0, 600), st.integers(0, 3), st.binary(max_size=4)), max_size=5)
)
def test_however_a_packed_body_is_damaged_the_answer_is_in_the_table(edits):
    body = whole_batch()
    for place, cut, insert in edits:
        start = place % (len(body) + 1)
        body = body[:start] + insert + body[start + cut :]
    size = 0
    try:
        for piece in unpack(body, "gzip"):
            size += len(piece)
    except Refused:
        return
    assert size <= 1032 * len(body) + sys.getsizeof(b"")


@pytest.mark.promise("R4")
@hypothesis.settings(
    max_examples=100,
    deadline=None,
    suppress_health_check=[hypothesis.HealthCheck.function_scoped_fixture],
)
@hypothesis.given(
    body=st.one_of(
        st.binary(max_size=200),
        st.lists(
            st.sampled_from([ENTRY % 1, b"[", b"]", b",", b'{"log":', b'"', b"\\", b"\n"])
        ).map(b"".join),
    )
)
def test_whatever_a_batch_holds_it_is_accepted(shared, body):
    assert shared.ask(batch(body)).status == 200
