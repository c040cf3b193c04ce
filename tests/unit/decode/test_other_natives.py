"""Native entries of ModSecurity 3 and Coraza made by hand: each part, and what can be wrong."""

from datetime import UTC, datetime

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from bartizan.decode import registry
from bartizan.decode.contract import Span
from bartizan.decode.formats.coraza_native import CorazaNative
from bartizan.decode.formats.modsecurity3_native import ModSecurity3Native
from bartizan.domain.errors import Refused
from bartizan.domain.transaction import Endpoint, Format, Intercept, Transaction, Upload, Zone

A3 = b"[23/Nov/2026:02:12:37 -0330] 179541255793.399269 81.2.69.142 0 127.0.0.1 18080\n"
AC = b"[2026/11/23 05:44:15] RtoMHDnfVguHQGxvtdF 81.2.69.142 40000  0\n"
H3 = (
    b'ModSecurity: %s  [file "/f.conf"] [line "3"] [id "%d"] [rev ""] [msg "m"] [data ""]'
    b' [severity "2"] [ver ""] [maturity "0"] [accuracy "0"] [hostname "127.0.0.1"] [uri "/p"]'
    b' [unique_id "179541255793.399269"] [ref ""]\n'
)
HC = (
    b'[client "%s"] Coraza: %s. m [file "f"] [line "1"] [id "%d"] [rev ""] [msg "m"] [data ""]'
    b' [severity "critical"] [ver ""] [maturity "0"] [accuracy "0"] [hostname ""] [uri "/"]'
    b' [unique_id "cGVuZGluZw"]\n'
)
BODIES = "CE"


def modsecurity3(head: bytes = A3, end: bytes = b"---NZYYoQpa---Z--\n\n", **parts: bytes) -> bytes:
    """Each part ends with a blank line; behind a body stands one newline more."""
    written = b"".join(
        b"---NZYYoQpa---%s--\n%s\n" % (letter.encode(), part + b"\n" * (letter in BODIES))
        for letter, part in parts.items()
    )
    return b"---NZYYoQpa---A--\n" + head + written + end


def coraza(
    head: bytes | None = AC,
    *,
    boundary: bytes = b"sGryHjwpMM",
    has_end: bool = True,
    **parts: bytes,
) -> bytes:
    written = b"".join(
        b"--%s-%s--\n%s\n"
        % (boundary, letter.encode(), part + b"\n" * bool(letter in BODIES and part))
        for letter, part in parts.items()
    )
    first = b"--%s-A--\n%s" % (boundary, head) if head is not None else b""
    return first + written + (b"--%s-Z--\n\n" % boundary if has_end else b"")


def read(raw: bytes) -> Transaction:
    return registry.decode(raw)


def codes(transaction: Transaction) -> list[str]:
    return [defect.code for defect in transaction.defects]


def test_modsecurity_3_s_header_line_tells_id_addresses_and_time():
    one = read(modsecurity3(H=b""))
    assert (one.format, one.unique_id) == (Format.MODSECURITY3_NATIVE, "179541255793.399269")
    assert (one.client, one.server) == (
        Endpoint(address="81.2.69.142"),
        Endpoint(address="127.0.0.1", port=18080),
    )
    assert one.occurred_at == datetime(2026, 11, 23, 5, 42, 37, tzinfo=UTC)
    assert (one.zone, one.parts, codes(one)) == (Zone.STATED, "AHZ", [])


def test_an_id_set_by_a_connector_may_hold_spaces():
    one = read(modsecurity3(A3.replace(b"179541255793.399269", b"my id] 1 2")))
    assert (one.unique_id, one.client.address, codes(one)) == ("my id] 1 2", "81.2.69.142", [])


def test_coraza_s_header_line_has_no_zone_and_perhaps_no_server():
    one = read(coraza(H=b""))
    assert (one.format, one.unique_id) == (Format.CORAZA_NATIVE, "RtoMHDnfVguHQGxvtdF")
    assert (one.client, one.server) == (Endpoint(address="81.2.69.142", port=40000), Endpoint())
    assert one.occurred_at == datetime(2026, 11, 23, 5, 44, 15, tzinfo=UTC)
    assert (one.zone, one.parts, codes(one)) == (Zone.ASSUMED, "AHZ", [])
    six = read(coraza(AC.replace(b"81.2.69.142", b"[2a02:ec80::1]").replace(b"  0", b" ::1 80")))
    assert (six.client.address, six.server) == (
        "2a02:ec80::1",
        Endpoint(address="::1", port=80),
    )
    listed = read(coraza(AC.replace(b"81.2.69.142", b"8.8.8.8, 10.0.0.1")))
    assert (listed.unique_id, listed.client.address) == (one.unique_id, "8.8.8.8, 10.0.0.1")


@pytest.mark.parametrize("make", [modsecurity3, coraza])
@pytest.mark.parametrize("head", [b"", b"garbage\n", b"[x] y\n", b"\n\n"])
def test_a_damaged_header_line_costs_only_itself(make, head):
    one = read(make(head, B=b"GET / HTTP/1.1\nHost: h\n"))
    assert (one.unique_id, one.client, one.host) == (None, Endpoint(), "h")
    assert "part-a-malformed" in codes(one)


@pytest.mark.parametrize(("make", "line"), [(modsecurity3, A3), (coraza, AC)])
def test_a_time_that_cannot_be_read_is_unknown(make, line):
    one = read(make(line.replace(b"23", b"93").replace(b"Nov", b"Vem")))
    assert (one.occurred_at, one.zone) == (None, Zone.ASSUMED)
    assert codes(one) == ["time-malformed"]
    assert one.client.address == "81.2.69.142"


@pytest.mark.parametrize("make", [modsecurity3, coraza])
@pytest.mark.parametrize("body", [b"a=1", b"\n", b"a\n\n", b"\n\nx\r\n", b"\0\xff\n--x-A--\n"])
def test_a_request_body_is_what_stands_between_its_newlines(make, body):
    one = read(make(B=b"POST / HTTP/1.1\n", C=body, H=b""))
    assert one.request.body.size == len(body)
    assert one.request.body.text == body.decode("utf-8", "replace")
    assert dict(registry.parts(make(C=body)))["C"] == body


def test_a_response_body_of_modsecurity_3_is_hex_where_it_cannot_be_printed():
    raw = modsecurity3(E=rb"<p>\x0d\x0a\xc3\xa4\x41\x0</p>")
    assert read(raw).response.body.text == "<p>\r\nä\\x41\\x0</p>"
    assert read(raw).response.body.size == len("<p>\r\nä\\x41\\x0</p>".encode())


def test_an_empty_body_of_coraza_is_none():
    one = read(coraza(C=b"", E=b""))
    assert (one.request.body, one.response.body, one.parts) == (None, None, "ACEZ")


def test_a_status_of_0_is_no_response():
    one = read(coraza(F=b"HTTP/1.1 0 \n"))
    assert (one.response.status, codes(one)) == (None, [])


def test_the_parts_of_coraza_have_the_order_of_its_configuration():
    one = read(coraza(B=b"GET / HTTP/1.1\n", I=b"", J=b"Total,0\n", D=b"", E=b"x", F=b"", H=b""))
    assert (one.parts, codes(one)) == ("ABIJDEFHZ", [])


def test_of_modsecurity_3_another_order_is_told():
    assert codes(read(modsecurity3(H=b"", B=b"GET / HTTP/1.1\n"))) == ["part-order"]


def test_coraza_tells_uploads():
    listed = b'1,340,"a \\"b\\" \\u00e4\\u2028.php","image/gif"\n2,0,"x","<Unknown Content-Type>"\nTotal,340\n'
    assert read(coraza(J=listed)).uploads == (
        Upload(name='a "b" ä\u2028.php', size=340, content_type="image/gif"),
        Upload(name="x", size=0),
    )
    assert codes(read(coraza(J=b"1,2,3\n"))) == ["upload-malformed"]


@pytest.mark.parametrize(
    ("raw", "intercept"),
    [
        (
            modsecurity3(
                H=H3 % (b"Warning.", 1) + H3 % (b"Access denied with code 403 (phase 2).", 2)
            ),
            Intercept(status=403, phase=2, rule_id=2),
        ),
        (
            coraza(
                H=HC % (b"1.1.1.1", b"Warning", 1)
                + HC % (b"1.1.1.1", b"Access denied (phase 2)", 2)
            ),
            Intercept(phase=2, rule_id=2),
        ),
    ],
)
def test_a_denial_is_stated_by_its_message(raw, intercept):
    one = read(raw)
    assert (one.intercepted, one.intercept) == (True, intercept)
    assert [match.rule_id for match in one.matches] == [1, 2]


@pytest.mark.parametrize("make", [modsecurity3, coraza])
def test_no_denial_is_no_proof_that_there_was_none(make):
    """A rule that denies and does not log (`deny,nolog`) leaves no trace in an entry."""
    assert read(make(H=b"")).intercepted is None
    assert read(make(B=b"GET / HTTP/1.1\n")).intercepted is None


def test_with_part_k_coraza_repeats_a_message_for_each_value_that_matched():
    said = HC % (b"1.1.1.1", b"Warning", 7)
    assert len(read(coraza(H=said * 3, K=b"SecRule\n" * 3)).matches) == 1
    assert len(read(coraza(H=said * 3)).matches) == 3


def test_a_message_of_coraza_may_go_on_in_the_next_line():
    said = HC % (b"1.1.1.1", b"Warning. tab\tnl\ncr\r", 100001)
    one = read(coraza(H=said + HC % (b"1.1.1.1", b"Warning", 2)))
    assert [match.rule_id for match in one.matches] == [100001, 2]
    assert codes(one) == []


@pytest.mark.parametrize("make", [modsecurity3, coraza])
def test_lines_that_are_no_messages_are_told(make):
    one = read(make(H=b"hello\n"))
    assert (one.matches, codes(one)) == ((), ["message-malformed"])


def test_an_entry_of_coraza_without_a_and_z_is_told_by_its_messages():
    """What `ctl:auditLogParts` makes of it."""
    raw = coraza(
        None, has_end=False, B=b"GET / HTTP/1.1\nhost: h\n", H=HC % (b"[::1]", b"Warning", 7)
    )
    one = read(raw)
    assert (one.unique_id, one.client.address, one.host) == ("cGVuZGluZw", "::1", "h")
    assert (one.occurred_at, one.parts) == (None, "BH")
    assert codes(one) == ["end-missing", "part-a-missing"]


def spans(raw: bytes, *, is_last: bool = True) -> list[Span]:
    return registry.detect(raw[:4096]).split(raw, 0, is_last=is_last)


HEADLESS = coraza(None, boundary=b"aaaaaaaaaa", has_end=False, B=b"GET / HTTP/1.1\n", H=b"")


@pytest.mark.parametrize(
    "following",
    [
        coraza(),
        coraza(None, boundary=b"bbbbbbbbbb", has_end=False, B=b"GET / HTTP/1.1\n", H=b""),
        coraza(boundary=b"bbbbbbbbbbcccccc"),
    ],
)
def test_an_entry_without_end_ends_where_another_begins(following):
    log = HEADLESS + b"\n" + following + b"\n"
    found = spans(log)
    assert next(span.is_torn for span in found) is True
    assert len(found) == 2
    assert found[0].of(log) == HEADLESS.rstrip(b"\n") + b"\n"
    assert found[1].of(log).rstrip(b"\n") == following.rstrip(b"\n")
    assert spans(log, is_last=False) == []  # markers of its own may follow


def test_what_a_body_forges_does_not_end_an_entry_without_end():
    forged = b"\n\n" + coraza(boundary=b"zzzzzzzzzz") + HEADLESS.replace(b"a" * 10, b"y" * 10)
    raw = coraza(
        None, boundary=b"aaaaaaaaaa", has_end=False, B=b"POST / HTTP/1.1\n", C=forged, H=b""
    )
    log = raw + b"\n" + coraza()
    assert next(len(span.of(log)) for span in spans(log)) == len(raw.rstrip(b"\n")) + 1
    assert len(spans(log)) == 2
    assert read(raw).request.body.size == len(forged)


def test_many_entries_without_end_cost_no_more_than_others():
    log = b"".join(
        coraza(
            None,
            boundary=bytes([97 + number // 676 % 26, 97 + number // 26 % 26, 97 + number % 26]) * 3 + b"x",
            has_end=False,
            B=b"GET / HTTP/1.1\n",
            H=b"",
        )
        + b"\n"
        for number in range(10_000)
    )  # fmt: skip
    assert len(spans(log)) == 10_000


@pytest.mark.parametrize(("make", "decoder"), [(modsecurity3, ModSecurity3Native()), (coraza, CorazaNative())])  # fmt: skip
def test_forged_boundaries_are_content(make, decoder):
    forged = (
        make(H=b"").replace(b"NZYYoQpa", b"ZyXwVuTs").replace(b"sGryHjwpMM", b"klmnopqrst")
        + b"---NZYYoQp---Z--\n--sGryHjwpM-Z--\n"
    )
    raw = make(B=b"POST / HTTP/1.1\n", C=forged, H=b"")
    one = read(raw)
    assert one.request.body.text == forged.decode()
    assert (one.parts, codes(one)) == ("ABCHZ", [])
    assert len(decoder.split(raw, 0, is_last=True)) == 1


@pytest.mark.parametrize("make", [modsecurity3, coraza])
def test_a_torn_entry_gives_way_to_the_next(make):
    torn = make(B=b"GET / HTTP/1.1\n", H=b"x" * 100)[:-60]
    following = make(H=b"").replace(b"NZYYoQpa", b"ZyXwVuTs").replace(b"sGryHjwpMM", b"klmnopqrst")
    found = spans(torn + following)
    assert [span.is_torn for span in found] == [True, False]
    assert found[1].offset == len(torn)
    same = spans(torn + make(H=b""))  # another worker may draw the same boundary
    assert [span.is_torn for span in same] == [True, False]


def test_two_entries_in_one_file_are_two():
    """ModSecurity 3 opens the file of a transaction to append to it."""
    raw = modsecurity3(H=b"") + modsecurity3(A3, H=b"").replace(b"NZYYoQpa", b"ZyXwVuTs")
    assert [span.is_torn for span in spans(raw)] == [False, False]
    assert codes(read(raw)) == ["bytes-after-end"]


@pytest.mark.parametrize(
    "raw", [b"---NZYYoQpa---A--\n", b"--sGryHjwpMM-A--\n", b"--sGryHjwpMMsGryHj-A--\nx"]
)
def test_a_first_marker_with_nothing_behind_is_refused(raw):
    with pytest.raises(Refused) as refusal:
        read(raw)
    assert refusal.value.code == "not-an-entry"


@pytest.mark.parametrize("decoder", [ModSecurity3Native(), CorazaNative()])
def test_what_begins_otherwise_is_refused(decoder):
    for raw in (b"", b"x", b"\n" + modsecurity3(), b"\n" + coraza(), b"--44a9a375-A--\n"):
        assert decoder.parts(raw) == ()
        with pytest.raises(Refused) as refusal:
            decoder.read(raw)
        assert refusal.value.code == "unknown-format"


def escaped(value: bytes) -> bytes:
    """What Coraza does to every value since version 3.8."""
    return value.replace(b"\\", b"\\\\").replace(b"\r", b"\\r").replace(b"\n", b"\\n")


NEW = b"sGryHjwpMMabcdef"
# Random in each entry: nobody who sends a body knows them.
BOUNDARIES = b"NZYYoQpa", b"sGryHjwpMM"


def test_since_3_8_newlines_in_values_are_escaped():
    said = (
        (HC % (b"1.1.1.1", b"Warning", 7)).rstrip(b"\n").replace(b'[data ""]', rb'[data "a\"b\\"]')
    )
    one = read(
        coraza(
            boundary=NEW,
            B=b"POST "
            + escaped(b"/a\\n\nb")
            + b" HTTP/1.1\nx: "
            + escaped(b"1\r\nForged: 2")
            + b"\n",
            C=escaped(b"a\r\n\\n--x-Z--\n"),
            F=b"HTTP/1.1 200 OK\ny: " + escaped(b"\n") + b"\n",
            H=escaped(said) + b"\n",
            J=b'1,2,"a\\\\b","c"\nTotal,2\n',
        )
    )
    assert one.request.uri == "/a\\n\nb"
    assert one.request.headers == (("x", "1\r\nForged: 2"),)
    assert one.request.body.text == "a\r\n\\n--x-Z--\n"
    assert one.response.headers == (("y", "\n"),)
    assert [(match.rule_id, match.data) for match in one.matches] == [(7, 'a"b\\')]
    assert one.uploads == (Upload(name="a\\b", size=2, content_type="c"),)
    assert codes(one) == []


def test_before_3_8_a_backslash_is_a_backslash():
    one = read(coraza(B=b"GET /a\\n HTTP/1.1\n", C=b"\\n"))
    assert (one.request.uri, one.request.body.text) == ("/a\\n", "\\n")


@given(st.binary(max_size=200), st.binary(max_size=100))
def test_any_body_comes_back_as_it_was(body, other):
    assume(not any(boundary in sent for boundary in BOUNDARIES for sent in (body, other)))
    three = read(modsecurity3(C=body, E=b"x", H=b""))
    assert three.request.body.text == body.decode("utf-8", "replace")
    assert three.parts == "ACEHZ"
    raw = read(coraza(C=body, E=other, H=b""))
    new = read(coraza(boundary=NEW, C=escaped(body), E=escaped(other), H=b""))
    for one in (raw, new):
        assert one.parts == "ACEHZ"
        for found, sent in ((one.request.body, body), (one.response.body, other)):
            assert (found.text if found else "") == sent.decode("utf-8", "replace")
