"""Lines of error logs made by hand: framing, forgeries, and which lines are one entry."""

import json
from contextlib import suppress
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bartizan.decode import error_log_groups, registry
from bartizan.decode.formats.error_log import ErrorLog
from bartizan.domain.errors import Refused
from bartizan.domain.transaction import Endpoint, Format, Intercept, Transaction, Zone

APACHE = b"[Mon Nov 23 05:21:44.827199 2026] [security2:error] [pid 31757:tid 31813] "
CLIENTS = b"[client 2a00::8001:0] [client 2a00::8001] "
NGINX = b"2026/11/23 01:55:10 [error] 7420#7420: *%d "
V2 = b'Warning. Pattern match "x" at ARGS:q. [file "/f.conf"] [line "3"] [id "%d"] [msg "m"]'
V3 = (
    b'ModSecurity: %s  [file "/f.conf"] [line "3"] [id "%d"] [rev ""] [msg "m"] [data ""]'
    b' [severity "2"] [ver ""] [maturity "0"] [accuracy "0"] [hostname "127.0.0.1"] [uri "/p"]'
    b' [unique_id "%s"] [ref ""], client: 81.2.69.142, server: _, request: "%s", host: "shop.test"'
)
CORAZA = (
    b'[client "81.2.69.142"] Coraza: %s (phase 2). m [file "f"] [line "1"] [id "%d"] [rev ""]'
    b' [msg "m"] [data ""] [severity "critical"] [ver ""] [maturity "0"] [accuracy "0"]'
    b' [hostname ""] [uri "/p?q"] [unique_id "%s"]'
)
REQUEST = b"GET /p?q=1 HTTP/1.1"


def apache(rule_id: int = 942100, unique_id: bytes = b"U", *, front: bytes = APACHE) -> bytes:
    tail = b' [hostname "shop.test"] [uri "/p"] [unique_id "%s"]\n' % unique_id
    return front + CLIENTS + b"ModSecurity: " + V2 % rule_id + tail


def nginx(rule_id: int = 942100, unique_id: bytes = b"u", *, connection: int = 74) -> bytes:
    return NGINX % connection + V3 % (b"Warning.", rule_id, unique_id, REQUEST) + b"\n"


def read(raw: bytes) -> Transaction:
    return registry.decode(raw)


def rule_ids(transaction: Transaction) -> list[int | None]:
    return [match.rule_id for match in transaction.matches]


def codes(transaction: Transaction) -> list[str]:
    return [defect.code for defect in transaction.defects]


def entries(log: bytes, *, is_last: bool = True) -> list[bytes]:
    spans = ErrorLog().split(log, 0, is_last=is_last)
    return [span.of(log) for span in spans if not span.is_foreign]


def test_a_line_of_apache_tells_of_its_transaction():
    one = read(apache())
    assert (one.format, one.unique_id, rule_ids(one)) == (Format.ERROR_LOG, "U", [942100])
    assert one.occurred_at == datetime(2026, 11, 23, 5, 21, 44, 827199, tzinfo=UTC)
    assert (one.zone, one.client) == (Zone.ASSUMED, Endpoint(address="2a00::8001"))
    assert (one.request.uri, one.host, one.request.method) == ("/p", "shop.test", None)
    assert (one.intercepted, one.engine_mode, one.parts, codes(one)) == (None, None, "", [])
    assert one.matches[0].target == "ARGS:q"


def test_a_line_of_nginx_tells_the_request_too():
    one = read(nginx())
    assert (one.unique_id, rule_ids(one)) == ("u", [942100])
    assert one.occurred_at == datetime(2026, 11, 23, 1, 55, 10, tzinfo=UTC)
    assert one.client == Endpoint(address="81.2.69.142")
    assert (one.request.method, one.request.uri, one.request.protocol) == (
        "GET",
        "/p?q=1",
        "HTTP/1.1",
    )
    assert one.request.headers == (("Host", "shop.test"),)


@pytest.mark.parametrize(
    "front",
    [
        b"",
        b"2026/11/23 05:44:15 [critical] ",
        b"2026/11/23 05:44:15.123\tERROR\thttp.handlers.waf\t",
        b"2026-11-23T05:44:15.123Z ERR ",
        b"[2026-11-23 05:44:15.123][22][critical][wasm] [source/wasm/context.cc:1148] wasm log: ",
        NGINX % 7,
    ],
)
def test_a_line_of_coraza_is_found_in_any_program_s_log(front):
    one = read(front + CORAZA % (b"Access denied", 949110, b"c") + b"\n")
    assert (one.unique_id, rule_ids(one)) == ("c", [949110])
    assert (one.intercepted, one.intercept) == (True, Intercept(phase=2, rule_id=949110))
    assert (one.client.address, one.request.uri) == ("81.2.69.142", "/p?q")
    assert (one.occurred_at is None) == (front == b"")


@pytest.mark.parametrize(
    ("written", "occurred_at"),
    [
        ({"level": "error", "ts": 1795412655.25, "logger": "http.handlers.waf", "msg": 0}, "05:44:15.250"),
        ({"level": "error", "time": "2026-11-23T06:44:15+01:00", "message": 0}, "05:44:15.000"),
        ({"log": 0, "stream": "stderr", "time": "2026-11-23T05:44:15.123456789Z"}, "05:44:15.123"),
        ({"msg": 0}, None),
    ],
)  # fmt: skip
def test_a_line_of_coraza_may_be_logged_as_json(written, occurred_at):
    said = (CORAZA % (b"Access denied", 949110, b"c")).decode()
    line = json.dumps({key: said if value == 0 else value for key, value in written.items()})
    raw = line.encode() + b"\n"
    one = read(raw * 2)
    assert entries(raw * 2) == [raw * 2]
    assert (one.unique_id, rule_ids(one), one.intercepted) == ("c", [949110, 949110], True)
    if occurred_at is None:
        assert (one.occurred_at, one.zone) == (None, Zone.ASSUMED)
    else:
        assert one.occurred_at.isoformat(timespec="milliseconds")[11:23] == occurred_at
        assert one.zone is Zone.STATED


@pytest.mark.parametrize(
    "stamp",
    ["2026-13-45T05:44:15", "2026-11-23T25:44:15Z", "0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00"],
)  # fmt: skip
def test_a_time_that_is_none_is_unknown(stamp):
    one = read(stamp.encode() + b" " + CORAZA % (b"Access denied", 949110, b"c") + b"\n")
    assert (one.occurred_at, one.zone, rule_ids(one)) == (None, Zone.ASSUMED, [949110])


def test_a_container_runtime_s_line_holds_nginx_s():
    line = json.dumps({"log": nginx().decode(), "stream": "stderr", "time": "2026-11-23T01:55:10Z"})
    one = read(line.encode() + b"\n")
    assert (one.unique_id, rule_ids(one), one.zone) == ("u", [942100], Zone.ASSUMED)


@pytest.mark.parametrize(
    "line",
    [
        b'{"level":"info","msg":"handled request Coraza: x","request":{"uri":"/[client \\"6.6.6.6\\"] Coraza: Access denied"}}',
        b'{"msg":"failed login of [client \\"6.6.6.6\\"] Coraza: Access denied (phase 2). x"}',
        b'{"msg":["[client \\"6.6.6.6\\"] Coraza: Access denied"]}',
        b'{"msg":"[client \\"6.6.6.6\\"] Coraza: Access denied',
        b'{"transaction":{"timestamp":"2026/11/23 05:44:02"},"messages":[{"error_message":"[client \\"6.6.6.6\\"] Coraza: Access denied (phase 2)."}]}',
    ],
)
def test_other_json_is_no_line_of_an_error_log(line):
    assert not ErrorLog().recognises(line)


def test_a_denial_is_stated_and_its_absence_is_not():
    said = V3 % (b"Access denied with code 403 (phase 2).", 949110, b"u", REQUEST)
    one = read(nginx() + NGINX % 74 + b"[client 81.2.69.142] " + said + b"\n")
    assert (one.intercepted, one.intercept) == (
        True,
        Intercept(status=403, phase=2, rule_id=949110),
    )
    assert rule_ids(one) == [942100, 949110]
    assert read(nginx()).intercepted is None


@pytest.mark.parametrize(
    ("clients", "client"),
    [
        (b"[client 1.2.3.4:5678] [client 1.2.3.4] ", Endpoint(address="1.2.3.4", port=5678)),
        (b"[client 1.2.3.4:0] [client 5.6.7.8] ", Endpoint(address="5.6.7.8")),
        (b"[client 1.2.3.4:5678] ", Endpoint(address="1.2.3.4", port=5678)),
        (b"[client 1.2.3.4] ", Endpoint(address="1.2.3.4")),
        (b"[client 2a00::8001:443] ", Endpoint(address="2a00::8001", port=443)),
        (b"[client 2a00::8001] ", Endpoint(address="2a00::8001")),
        (b"[client ::1:0] [client ::1] ", Endpoint(address="::1")),
        (b"", Endpoint()),
    ],
)
def test_apache_writes_address_and_port_without_brackets(clients, client):
    assert read(apache().replace(CLIENTS, clients)).client == client


def test_apache_escapes_a_message_once_more():
    said = rb'Warning. Pattern match "\\\\d\\"" at ARGS:\\xd0\\xb6. [file "/f"] [line "1"] [id "7"] [msg "a\\"b"]'
    line = APACHE + CLIENTS + b"ModSecurity: " + said + b' [uri "/"] [unique_id "U"]\n'
    one = read(line)
    assert (rule_ids(one), one.matches[0].message, one.matches[0].target) == ([7], 'a"b', "ARGS:ж")


@pytest.mark.parametrize(
    "front",
    [
        b"[Mon Nov 23 05:21:44 2026] [error] ",  # Apache 2.2
        b"[Mon Nov  2 05:21:44.827199 2026] [:error] [pid 31757] ",
        b"[Mon Nov 23 05:21:44.827199 2026] [security2:error] [pid 1:tid 2] apache2_util.c(273): ",
        b"Nov 23 05:21:44 web-1 apache2[31757]: " + APACHE,
        b"<187>Nov  3 05:21:44 web-1 httpd: " + APACHE,
        b"2026-11-23T05:21:44.827199+01:00 web-1 apache2[1]: " + APACHE,
    ],
)
def test_apache_s_line_may_begin_otherwise(front):
    one = read(apache(front=front))
    assert (one.unique_id, rule_ids(one)) == ("U", [942100])
    assert one.occurred_at.replace(day=23, microsecond=0) == datetime(
        2026, 11, 23, 5, 21, 44, tzinfo=UTC
    )


def test_a_referer_is_kept_and_may_not_forge():
    one = read(apache().removesuffix(b"\n") + b", referer: http://shop.test/\n")
    assert ("Referer", "http://shop.test/") in one.request.headers
    forged = b', referer: x [hostname "h"] [uri "/"] [unique_id "F"]\n'
    two = read(apache().removesuffix(b"\n") + forged)
    assert (two.unique_id, rule_ids(two), codes(two)) == (None, [None], ["metadata-doubtful"])


def test_an_end_forged_in_a_name_is_not_believed():
    forged = b'ARGS:q [file "/f"] [id "31337"] [hostname "h"] [uri "/"] [unique_id "F"], referer: x'
    one = read(apache().replace(b"ARGS:q", forged))
    assert 31337 not in rule_ids(one)
    assert one.unique_id != "F"


@pytest.mark.parametrize(
    "line",
    [
        b"[Mon Nov 23 05:42:09.646122 2026] [security2:notice] [pid 1:tid 1] ModSecurity for Apache/2.9.7 configured.",
        b'[Mon Nov 23 05:42:09.646191 2026] [security2:notice] [pid 1:tid 1] ModSecurity: APR compiled version="1.7.2"',
        b"[Mon Nov 23 11:12:19.183033 2026] [proxy:warn] [pid 1:tid 1] [client ::1:60508] AH01136: Unescaped URL path",
        b'[Mon Nov 23 11:12:19.183033 2026] [php:notice] [pid 1] [client 6.6.6.6:1] ModSecurity: Access denied with code 403 (phase 2). x [file "f"] [line "1"] [id "31337"] [unique_id "F"]',
        b'[Mon Nov 23 11:12:19.183033 2026] [core:error] [pid 1:tid 1] [client 6.6.6.6:1] AH00126: ModSecurity: Warning. x [id "31337"] [unique_id "F"]',
        b"2026/11/23 05:42:32 [notice] 8074#8074: ModSecurity-nginx v1.0.3 (rules loaded inline/local/remote: 0/935/0)",
        b'2026/11/23 05:42:32 [error] 8074#8074: *1 open() "/x ModSecurity: Warning. x [unique_id \\"F\\"] [ref \\"\\"]" failed',
        b'2026/11/23 05:42:32 [error] 8074#8074: *1 open() "/[client "6.6.6.6"] Coraza: Access denied (phase 2). " failed',
    ],
)  # fmt: skip
def test_lines_of_others_are_recognised_and_hold_no_transaction(line):
    assert registry.detect(line).format is Format.ERROR_LOG
    assert entries(line + b"\n") == []
    with pytest.raises(Refused) as refusal:
        read(line + b"\n")
    assert refusal.value.code == "other-lines"


def test_a_quotation_mark_before_coraza_s_words_makes_them_another_s():
    said = b'1.1.1.1 - - "GET /' + CORAZA % (b"Access denied", 31337, b"F")
    assert registry.detect(said) is None


@pytest.mark.parametrize(
    "line",
    [
        apache(unique_id=b""),
        nginx(unique_id=b""),
        CORAZA % (b"Warning.", 942100, b"") + b"\n",
    ],
)
def test_an_empty_id_is_none(line):
    one = read(line)
    assert (one.unique_id, rule_ids(one), codes(one)) == (None, [942100], [])


def test_what_is_of_no_error_log_is_refused():
    with pytest.raises(Refused) as refusal:
        ErrorLog().read(b"hello\n")
    assert refusal.value.code == "unknown-format"


def test_lines_of_one_transaction_are_one_entry_though_others_stand_between():
    one = [apache(942100, b"A"), apache(949110, b"A")]
    other = [apache(920350, b"B"), apache(980130, b"B")]
    foreign = b"[Mon Nov 23 05:21:45.000000 2026] [mpm_event:notice] [pid 1:tid 1] AH00489: x\n"
    log = one[0] + other[0] + foreign + one[1] + foreign + other[1]
    assert entries(log) == [b"".join(one), b"".join(other)]
    spans = ErrorLog().split(log, 0, is_last=True)
    assert max(span.offset + span.length for span in spans) == len(log)
    assert [span.of(log) for span in spans if span.is_foreign] == [foreign * 2]
    assert [rule_ids(read(one)) for one in entries(log)] == [[942100, 949110], [920350, 980130]]


def test_the_same_id_on_another_connection_is_another_transaction():
    """Workers of nginx draw the same random numbers, so that their ids may collide."""
    log = nginx(1, b"17.5", connection=1) + nginx(2, b"17.5", connection=2)
    assert len(entries(log)) == 2


def test_lines_far_apart_are_not_of_one_transaction():
    filler = nginx(3, b"x") * (error_log_groups.GAP_BYTES // len(nginx(3, b"x")) + 2)
    assert len(entries(nginx(1, b"a") + filler + nginx(2, b"a"))) == 3
    near = nginx(3, b"x") * 10
    assert len(entries(nginx(1, b"a") + near + nginx(2, b"a"))) == 2


def test_a_line_cut_before_its_id_belongs_to_its_connection_in_the_same_second():
    cut = nginx(1, b"a")[:200] + b"A" * 1847 + b"\n"
    assert entries(cut + nginx(2, b"a")) == [cut + nginx(2, b"a")]
    assert entries(nginx(2, b"a") + cut) == [nginx(2, b"a") + cut]
    one = read(nginx(2, b"a") + cut)
    assert (one.unique_id, rule_ids(one), codes(one)) == ("a", [2, 1], [])
    later = cut.replace(b"01:55:10", b"01:55:11")
    assert entries(nginx(2, b"a") + later) == [nginx(2, b"a"), later]
    elsewhere = cut.replace(b"*74", b"*75")
    assert entries(nginx(2, b"a") + elsewhere) == [nginx(2, b"a"), elsewhere]


def test_nothing_is_said_of_lines_to_which_more_may_come():
    log = nginx(1, b"a") + nginx(2, b"b")
    assert entries(log, is_last=False) == []
    assert len(entries(log)) == 2
    filler = nginx(3, b"x") * (2 * error_log_groups.GAP_BYTES // len(nginx(3, b"x")) + 2)
    assert entries(nginx(1, b"a") + filler, is_last=False) == [nginx(1, b"a")]


def test_lines_without_end_are_cut_off_somewhere_so_that_memory_is_bounded():
    line = nginx(3, b"x")
    log = line * (9 * error_log_groups.GAP_BYTES // len(line))
    spans = ErrorLog().split(log, 0, is_last=False)
    assert len(spans) == 1
    assert len(log) - spans[0].length <= 2 * error_log_groups.GAP_BYTES


def test_a_line_that_is_still_being_written_stays_alone():
    log = apache(1, b"A") + apache(2, b"B") + apache(3, b"A")
    spans = ErrorLog().split(log[:-1], 0, is_last=True)
    assert [(len(span.of(log)), span.is_torn) for span in spans] == [
        (len(apache(1, b"A")), False),
        (len(apache(2, b"B")), False),
        (len(apache(3, b"A")) - 1, True),
    ]
    whole = ErrorLog().split((apache(1, b"A") + apache(3, b"A"))[:-1], 0, is_last=True)
    assert [(span.offset, span.is_torn) for span in whole] == [(0, True)]


def test_what_stands_between_two_lines_of_a_log_is_other_lines():
    stack = b"PHP message: Stack trace:\n#0 /x.php(1)\n\n#1 {main}\n"
    log = nginx(1, b"a") + stack + nginx(2, b"a")
    assert entries(log) == [nginx(1, b"a") + nginx(2, b"a")]
    spans = ErrorLog().split(log, 0, is_last=True)
    assert [span.of(log) for span in spans if span.is_foreign] == [stack]


@pytest.mark.parametrize(
    "behind",
    [
        b"--44a9a375-A--\n[23/Nov/2026:02:12:15 +0000] U 1.1.1.1 1 1.1.1.1 1\n--44a9a375-Z--\n",
        b'{"transaction":{"client_ip":"1.1.1.1","time_stamp":"Mon Nov 23 05:42:41 2026"}}\n',
        b"x" * 20_000 + b"\n",
        b"no line of an error log follows\n",
        b"\0" * 600
        + b'{"transaction":{"client_ip":"1.1.1.1","time_stamp":"x"}}\n'
        + nginx(2, b"a"),
    ],
)
def test_the_log_is_over_where_something_else_begins(behind):
    log = nginx(1, b"a") + behind
    spans = ErrorLog().split(log, 0, is_last=True)
    assert [span.of(log) for span in spans] == [nginx(1, b"a")]


def test_zeros_in_a_log_hide_no_line():
    log = nginx(1, b"a") + b"\0" * 600 + nginx(2, b"a")
    assert entries(log) == [nginx(1, b"a") + nginx(2, b"a")]


def test_coraza_s_message_may_hold_a_newline():
    said = CORAZA % (b"Access denied", 7, b"c")
    broken = said.replace(b"). m ", b"). tab\tnl\ncr\r ") + b"\n"
    log = broken + CORAZA % (b"Warning.", 8, b"c") + b"\n"
    assert entries(log) == [log]
    one = read(log)
    assert (one.unique_id, rule_ids(one), codes(one)) == ("c", [7, 8], [])


def test_lines_of_another_transaction_in_an_entry_are_left_out_and_told():
    one = read(apache(1, b"A") + apache(2, b"B") + apache(3, b"A"))
    assert (one.unique_id, rule_ids(one), codes(one)) == ("A", [1, 3], ["other-transaction"])


@pytest.mark.parametrize(
    ("request_line", "told"),
    [
        (b"GET /old", ("GET", "/old", None)),
        (b'GET /"quoted" HTTP/1.1', ("GET", '/"quoted"', "HTTP/1.1")),
        (b"GET /\xff HTTP/2.0", ("GET", "/\ufffd", "HTTP/2.0")),
    ],
)
def test_nginx_escapes_nothing_in_the_request_line(request_line, told):
    line = NGINX % 1 + V3 % (b"Warning.", 1, b"u", request_line) + b"\n"
    one = read(line)
    assert (one.request.method, one.request.uri, one.request.protocol) == told


def test_of_a_request_line_that_is_cut_the_path_remains():
    line = NGINX % 1 + V3 % (b"Warning.", 1, b"u", b"GET /" + b"A" * 3000)
    one = read(line[:2047] + b"\n")
    assert (one.request.method, one.request.uri, one.unique_id) == (None, "/p", "u")
    assert rule_ids(one) == [1]


def test_nginx_may_say_what_it_was_doing():
    line = nginx().replace(b"], client: ", b"] while sending to client, client: ")
    line = line.replace(b', host: "', b', upstream: "http://127.0.0.1:1/x", host: "')
    one = read(line.removesuffix(b"\n") + b', referrer: "http://r/"\n')
    assert (one.unique_id, one.host) == ("u", "shop.test")
    assert ("Referer", "http://r/") in one.request.headers


@given(st.lists(st.tuples(st.integers(0, 3), st.booleans()), max_size=40), st.integers(0, 10_000))
def test_every_line_comes_out_once_and_in_order(lines, cut_at):
    """However they interleave, wherever the reader's buffer ends."""
    log = b"".join(
        nginx(number + 1, b"id%d" % which) if is_own else b"2026/11/23 01:55:10 [info] 1#1: x\n"
        for number, (which, is_own) in enumerate(lines)
    )
    found = [read(raw) for raw in entries(log)]
    wanted: dict[str, list[int]] = {}
    for number, (which, is_own) in enumerate(lines):
        if is_own:
            wanted.setdefault(f"id{which}", []).append(number + 1)
    assert {one.unique_id: rule_ids(one) for one in found} == wanted
    assert len(found) == len(wanted)
    half = log[: cut_at % (len(log) + 1)]
    spans = ErrorLog().split(half, 0, is_last=False)
    assert all(span.offset + span.length <= len(half) for span in spans)


@given(st.lists(st.sampled_from([apache(1, b"A"), nginx(), CORAZA % (b"x", 1, b"c"), b"x", b"\n", b'"]', b"[", b" ModSecurity: ", b'[unique_id "F"]', b"\\", b", referer: ", b", client: "]), max_size=8).map(b"".join))  # fmt: skip
def test_any_pieces_of_lines_are_read_or_refused(raw):
    with suppress(Refused):
        read(raw)
    ErrorLog().split(raw, 0, is_last=True)
