"""Entries made by hand: each part, and what can be wrong with it."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bartizan.decode import boundary, registry
from bartizan.decode.contract import Span
from bartizan.domain.errors import Refused
from bartizan.domain.transaction import Intercept, Upload, Zone

A = b"[23/Nov/2026:02:12:15.089853 --03-30] awPSN6iyRvYS6fr47wY9pAAAAAA 41.231.22.1 33210 ::1 443"
MESSAGE = b'Message: %s [file "/f.conf"] [line "3"] [id "%d"] [msg "m"] [tag "t"]\n'


def entry(head: bytes = A, end: bytes = b"\n--44a9a375-Z--\n", **parts: bytes) -> bytes:
    body = b"".join(
        b"\n--44a9a375-%s--\n%s" % (letter.encode(), part) for letter, part in parts.items()
    )
    return b"--44a9a375-A--\n" + head + body + end


def defects(transaction) -> list[str]:
    return [defect.code for defect in transaction.defects]


def test_the_header_line_tells_id_addresses_and_time():
    read = registry.decode(entry())
    assert read.unique_id == "awPSN6iyRvYS6fr47wY9pAAAAAA"
    assert (read.client.address, read.client.port) == ("41.231.22.1", 33210)
    assert (read.server.address, read.server.port) == ("::1", 443)
    assert read.occurred_at == datetime(2026, 11, 23, 5, 42, 15, 89853, tzinfo=UTC)
    assert (read.zone, read.parts, defects(read)) == (Zone.STATED, "AZ", [])
    assert (read.intercepted, read.matches) == (None, ())


def test_ipv6_loses_its_brackets_and_a_non_address_stays_text():
    head = A.replace(b"::1", b"unix:/run/x").replace(b"41.231.22.1", b"[2a02:ec80::1]")
    read = registry.decode(entry(head))
    assert read.client.address == "2a02:ec80::1"
    assert read.server.address == "unix:/run/x"


def test_the_stopwatch_is_preferred_to_the_log_time():
    read = registry.decode(entry(H=b"Stopwatch: 1795412535081602 8275 (- - -)\n"))
    assert read.occurred_at == datetime(2026, 11, 23, 5, 42, 15, 81602, tzinfo=UTC)
    assert defects(read) == []


def test_without_a_start_the_duration_is_taken_from_the_log_time():
    read = registry.decode(entry(H=b"Stopwatch: 0 89853 (- - -)\n"))
    assert read.occurred_at == datetime(2026, 11, 23, 5, 42, 15, tzinfo=UTC)
    assert defects(read) == ["stopwatch-malformed"]


def test_a_log_time_far_from_the_stopwatch_is_told():
    read = registry.decode(
        entry(H=b"Stopwatch: 1795412535081602 8275 (- - -)\n", head=A.replace(b"--03-30", b"+0000"))
    )
    assert defects(read) == ["time-disagrees"]
    assert read.occurred_at == datetime(2026, 11, 23, 5, 42, 15, 81602, tzinfo=UTC)


def test_a_zone_that_cannot_be_read_is_assumed_to_be_utc():
    read = registry.decode(entry(A.replace(b" --03-30", b"")))
    assert (read.zone, defects(read)) == (Zone.ASSUMED, ["zone-malformed"])


def test_a_time_that_cannot_be_read_is_unknown():
    read = registry.decode(entry(A.replace(b"Nov", b"Brumaire")))
    assert (read.occurred_at, read.zone, defects(read)) == (None, Zone.ASSUMED, ["time-malformed"])
    assert read.client.address == "41.231.22.1"


def test_a_damaged_header_line_costs_only_itself():
    read = registry.decode(entry(b"[garbage", B=b"GET / HTTP/1.1\nHost: h\n"))
    assert (read.unique_id, read.client.address, read.host) == (None, None, "h")
    assert "part-a-malformed" in defects(read)


@pytest.mark.parametrize("raw", [b"--44a9a375-A--\n", entry(b""), entry(b"rubbish", end=b"")])
def test_a_marker_with_nothing_behind_is_not_an_entry(raw):
    with pytest.raises(Refused) as refusal:
        registry.decode(raw)
    assert refusal.value.code == "not-an-entry"


@pytest.mark.parametrize(
    ("raw", "code"),
    [
        (b"", "empty"),
        (b"\n" + entry(), "unknown-format"),
        (b"--44A9A375-A--\n" + A, "unknown-format"),
        (b"--44a9a375-B--\n", "unknown-format"),
        (
            b"---ZyXwVu---A--\n[23/Nov/2026:02:12:15 -0330] 1 1.1.1.1 1 1.1.1.1 1\n",
            "unknown-format",
        ),
        (b"--AbCdEfGh-A--\n[2026/11/23 05:35:16] x 1.1.1.1 1  0\n", "unknown-format"),
        (b'{"transaction":{"time":', "unknown-format"),
    ],
)
def test_what_is_not_this_format_is_refused(raw, code):
    with pytest.raises(Refused) as refusal:
        registry.decode(raw)
    assert refusal.value.code == code


def test_request_and_response_heads_are_read():
    read = registry.decode(
        entry(
            B=b'GET /a b"?q=\xff HTTP/1.1\nHost: h\nX-Empty: \nX-Odd:v\n',
            F=b"HTTP/1.1 418\nSet-Cookie: a\nSet-Cookie: b\n",
        )
    )
    assert (read.request.method, read.request.uri, read.request.protocol) == (
        "GET",
        '/a b"?q=�',
        "HTTP/1.1",
    )
    assert read.request.headers == (("Host", "h"), ("X-Empty", ""), ("X-Odd", "v"))
    assert (read.response.status, read.response.protocol) == (418, "HTTP/1.1")
    assert read.response.headers == (("Set-Cookie", "a"), ("Set-Cookie", "b"))
    assert defects(read) == []


def test_a_request_line_may_lack_its_protocol_and_a_response_its_head():
    read = registry.decode(entry(B=b"GET /old\n", F=b""))
    assert (read.request.method, read.request.uri, read.request.protocol) == ("GET", "/old", None)
    assert (read.response.status, defects(read)) == (None, [])


def test_lines_that_are_no_headers_are_told():
    read = registry.decode(entry(B=b"\nHost: h\nnonsense\n", F=b"HTTP/1.1 abc\n"))
    assert sorted(defects(read)) == [
        "header-malformed",
        "request-line-malformed",
        "status-line-malformed",
    ]


def test_bodies_are_raw_and_cut_only_in_the_transaction():
    read = registry.decode(entry(C=b"a\x00\xff\r\n\n", E=b"x" * 70_000))
    assert (read.request.body.text, read.request.body.size) == ("a\x00�\r\n\n", 6)
    assert (len(read.response.body.text), read.response.body.size) == (65536, 70_000)
    assert (read.request.body.truncated, read.response.body.truncated) == (False, True)


def test_the_body_of_an_upload_is_part_i_and_its_files_are_part_j():
    files = b'1,14,"a\\"b.php","image/png"\n3,0,"x","<Unknown ContentType>"\nTotal,14\n'
    read = registry.decode(entry(I=b"a=1", J=files))
    assert read.request.body.text == "a=1"
    assert read.uploads == (
        Upload(name='a"b.php', size=14, content_type="image/png"),
        Upload(name="x", size=0, content_type=None),
    )
    assert defects(registry.decode(entry(J=b"what\nTotal,0\n"))) == ["upload-malformed"]


def test_the_trailer_is_read():
    trailer = (
        b"Message: " + MESSAGE[9:] % (b"Warning. Unconditional match in SecAction.", 1)
        + MESSAGE % (b"Access denied with code 406 (phase 2). Operator GE matched 5 at TX:x.", 949110)
        + b'Apache-Error: [file "x.c"] [line 1] [level 3] [id "31337"]\n'
        + b"Action: Intercepted (phase 2)\nApache-Handler: proxy-server\n"
        + b'Producer: ModSecurity for Apache/2.9.7 (http://www.modsecurity.org/); odd; "c" [v2]; OWASP_CRS/3.3.4.\n'
        + b'Server: Apache\nEngine-Mode: "ENABLED"\n'
    )  # fmt: skip
    read = registry.decode(entry(H=trailer))
    assert [match.rule_id for match in read.matches] == [1, 949110]
    assert read.intercepted is True
    assert read.intercept == Intercept(status=406, phase=2, rule_id=949110)
    assert read.producer == "ModSecurity for Apache/2.9.7 (http://www.modsecurity.org/)"
    assert (read.ruleset, read.engine_mode) == ("OWASP_CRS/3.3.4", "On")
    assert defects(read) == []


def test_only_the_action_line_says_intercepted():
    denied = MESSAGE % (b"Access denied with code 403 (phase 2). Operator GE matched 5 at TX:x.", 1)
    read = registry.decode(entry(H=denied + b'Engine-Mode: "DETECTION_ONLY"\n'))
    assert (read.intercepted, read.intercept, read.engine_mode) == (False, None, "DetectionOnly")


def test_a_message_may_hold_a_raw_newline():
    trailer = b"Message: JSON parsing error: lexical error: x\n\n" + MESSAGE % (
        b"Warning. Unconditional match in SecAction.",
        7,
    )
    read = registry.decode(entry(H=trailer + b"Stopwatch: 1795412535081602 8275 (- - -)\n"))
    assert [match.message for match in read.matches] == [
        "JSON parsing error: lexical error: x",
        "m",
    ]


def test_defects_name_the_message_they_are_in():
    cut = b"Message: Warning. " + b"x" * 1014 + b"\n"
    read = registry.decode(
        entry(H=MESSAGE % (b"Warning. Unconditional match in SecAction.", 7) + cut)
    )
    assert [(defect.code, defect.where) for defect in read.defects] == [
        ("message-cut", "H message 2")
    ]


def test_forged_boundaries_are_content():
    forged = (
        b"x\n--deadbeef-Z--\n\n--cafebabe-A--\n"
        + A
        + b"\n--cafebabe-H--\n"
        + MESSAGE % (b"Warning. x.", 31337)
    )
    raw = entry(C=forged, H=b"")
    read = registry.decode(raw)
    assert (read.parts, read.matches, defects(read)) == ("ACHZ", (), [])
    assert read.request.body.size == len(forged)
    assert boundary.MODSECURITY2.split(raw, 0, is_last=True) == [Span(0, len(raw))]


def test_a_cut_entry_is_decoded_as_far_as_it_goes():
    raw = entry(B=b"GET / HTTP/1.1\nHost: h\n", H=b"")
    read = registry.decode(raw[:-6])
    assert (read.host, defects(read)) == ("h", ["end-missing"])


def test_order_repetition_letters_and_remains_are_told():
    raw = entry(F=b"HTTP/1.1 200\n", B=b"GET /real HTTP/1.1\n", Q=b"?") + b"more"
    assert sorted(defects(registry.decode(raw))) == [
        "bytes-after-end",
        "part-order",
        "part-unknown",
    ]
    twice = entry(
        C=b"\n--44a9a375-H--\n" + MESSAGE % (b"Warning. x.", 31337), H=MESSAGE % (b"Warning. x.", 7)
    )
    read = registry.decode(twice)
    assert [match.rule_id for match in read.matches] == [7]
    assert defects(read) == ["part-repeated"]


def test_parts_come_back_byte_for_byte():
    raw = entry(C=b"\x00\xff\n", H=b"Server: x\n")
    assert registry.parts(raw) == (("A", A), ("C", b"\x00\xff\n"), ("H", b"Server: x\n"))
    assert registry.parts(b"{}") == ()


def test_a_repeated_part_comes_back_once():
    raw = entry(C=b"x\n--44a9a375-C--\nforged\n--44a9a375-H--\nforged", H=b"Server: x\n")
    assert registry.parts(raw) == (("A", A), ("C", b"x"), ("H", b"Server: x\n"))


_content = st.binary(max_size=60).filter(lambda content: b"44a9a375" not in content) | (
    st.sampled_from(
        [
            b"\n--44a9a37",
            b"\n--44a9a375-",
            b"\n--44a9a375-z--\n",
            b"x--44a9a375-Z--\n",
            b"\n--deadbeef-Z--\n",
        ]
    )
)


@given(st.dictionaries(st.sampled_from("BCEFHIJK"), _content, max_size=8))
def test_any_content_is_cut_out_exactly(parts):
    raw = entry(**parts)
    assert registry.parts(raw) == (("A", A), *parts.items())
    assert registry.decode(raw).parts == "A" + "".join(parts) + "Z"


@given(
    st.lists(st.dictionaries(st.sampled_from("BCH"), _content, max_size=3), max_size=5),
    st.integers(0, 3),
)
def test_entries_of_a_serial_file_are_found_whole(several, blanks):
    raws = [entry(**parts) for parts in several]
    log = b"".join(raw + b"\n" * (1 + blanks) for raw in raws)
    spans = boundary.MODSECURITY2.split(log, 0, is_last=True)
    assert [log[span.offset : span.offset + span.length] for span in spans] == raws


@given(st.binary(max_size=80), st.binary(max_size=80))
def test_part_a_may_be_anything(head, rest):
    try:
        registry.decode(b"--44a9a375-A--\n" + head + b"\n--44a9a375-B--\n" + rest)
    except Refused:
        pytest.fail("an entry with parts is never refused")
