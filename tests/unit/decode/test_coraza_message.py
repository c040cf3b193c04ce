"""The message line of Coraza: what its fields hold, and what clients forge into it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bartizan.decode import coraza_message
from bartizan.decode.defects import DefectCode
from bartizan.decode.escapes import unquoted_go

METADATA = (
    b'[file "@owasp_crs/REQUEST-942.conf"] [line "9060"] [id "942100"] [rev ""]'
    b' [msg "SQL Injection"] [data "%s"] [severity "critical"] [ver "OWASP_CRS/4.25.0"]'
    b' [maturity "0"] [accuracy "0"] [tag "attack-sqli"] [tag "OWASP_CRS"] [hostname ""]'
    b' [uri "%s"] [unique_id "RtoMHDnfVguHQGxvtdF"]'
)


def line(words: bytes = b"Warning. SQL Injection ", data: bytes = b"d", uri: bytes = b"/") -> bytes:
    return b'[client "81.2.69.142"] Coraza: ' + words + METADATA % (data, uri)


def test_every_field_is_read():
    one = coraza_message.read(line(data=rb"say \"\u2028\x00\" \\", uri=b"/item?id=1"))
    match = one.match
    assert (match.rule_id, match.line) == (942100, 9060)
    assert match.file == "@owasp_crs/REQUEST-942.conf"
    assert (match.message, match.data) == ("SQL Injection", 'say "\u2028\0" \\')
    assert (match.severity, match.version, match.revision) == (2, "OWASP_CRS/4.25.0", None)
    assert match.tags == ("attack-sqli", "OWASP_CRS")
    assert (match.operator, match.target) == (None, None)
    assert (one.client, one.uri, one.unique_id) == (
        b"81.2.69.142",
        "/item?id=1",
        "RtoMHDnfVguHQGxvtdF",
    )
    assert (one.defect, match.disruptive, match.phase) == (None, False, None)


@pytest.mark.parametrize(
    ("words", "phase", "is_denial"),
    [
        (b"Warning. ", None, False),
        (b"Access denied (phase 2). ", 2, True),
        (b"Access dropped (phase 1). ", 1, True),
        (b"Access redirected (phase 1). ", 1, True),
        (b"Access allowed (phase 1). ", 1, False),
        (b"Custom disruptive action triggered (phase 3). ", 3, False),
    ],
)
def test_the_action_tells_whether_access_was_denied(words, phase, is_denial):
    one = coraza_message.read(line(words))
    assert (one.match.phase, one.match.disruptive, one.is_denial) == (phase, is_denial, is_denial)
    assert one.match.rule_id == 942100


def test_a_rule_without_severity_has_none():
    said = line().replace(b'[severity "critical"]', b'[severity "unknown"]')
    assert coraza_message.read(said).match.severity is None


def test_what_matched_besides_stands_behind_and_is_not_read():
    behind = b'[msg_match_1 "m"] [data_match_1 " [file \\"/f\\"] [id \\"1\\"]"]'
    assert coraza_message.read(line() + behind).match.rule_id == 942100


def test_metadata_forged_in_the_text_are_not_believed():
    forged = METADATA.replace(b"942100", b"31337") % (b"", b"/")
    one = coraza_message.read(line(b"Warning. x " + forged + b" "))
    assert (one.match.rule_id, one.defect) == (942100, None)


def test_a_cut_line_has_no_rule():
    one = coraza_message.read(line()[:120])
    assert (one.match.rule_id, one.defect) == (None, DefectCode.MESSAGE_CUT)
    assert one.client == b"81.2.69.142"
    bare = coraza_message.read(b'[client "1.1.1.1"] Coraza: Warning. x')
    assert bare.defect is DefectCode.METADATA_MISSING


def test_what_is_no_message_is_none():
    assert coraza_message.read(b"") is None
    assert coraza_message.read(b"x" + line()) is None


def go_quoted(value: bytes) -> bytes:
    r"""Go's `%q`: valid UTF-8 stays, a byte that is none becomes `\\xHH`."""
    out = []
    for char in value.decode("utf-8", "surrogateescape"):
        code = ord(char)
        if 0xDC80 <= code <= 0xDCFF:
            out.append("\\x%02x" % (code - 0xDC00))
        elif char in '"\\':
            out.append("\\" + char)
        elif char in "\a\b\f\n\r\t\v":
            out.append("\\" + dict(zip("\a\b\f\n\r\t\v", "abfnrtv", strict=True))[char])
        elif code < 0x20 or code == 0x7F:
            out.append(f"\\x{code:02x}")
        elif code in (0x2028, 0x2029) or 0x80 <= code < 0xA0:
            out.append(f"\\u{code:04x}")
        elif code > 0x10FF00:
            out.append(f"\\U{code:08x}")
        else:
            out.append(char)
    return "".join(out).encode()


hostile = st.lists(
    st.one_of(
        st.binary(max_size=40),
        st.text(max_size=10).map(str.encode),
        st.sampled_from(
            [
                METADATA.replace(b"942100", b"31337") % (b"", b"/"),
                b' [file "/f"]',
                b'"] [data "',
                b'"] [hostname "',
                b'"',
                b"\\",
                b' [unique_id "F"]',
            ]
        ),
    ),
    max_size=4,
).map(b"".join)


@given(text=hostile, data=hostile, uri=hostile, rule_id=st.integers(1, 30_000))
def test_whatever_a_client_sends_the_rule_is_the_real_one(text, data, uri, rule_id):
    said = line(b"Warning. " + text + b" ", go_quoted(data), go_quoted(uri))
    one = coraza_message.read(said.replace(b"942100", b"%d" % rule_id, text.count(b"942100") + 1))
    assert one.match.rule_id == rule_id
    assert (one.match.data or "") == data.decode("utf-8", "replace")
    assert (one.uri or "") == uri.decode("utf-8", "replace")
    assert one.unique_id == "RtoMHDnfVguHQGxvtdF"


@given(st.binary(max_size=200))
def test_go_quotes_are_undone(value):
    assert unquoted_go(go_quoted(value)) == value.decode("utf-8", "replace")


@given(st.binary(max_size=300))
def test_any_line_gives_a_message_or_none(tail):
    coraza_message.read(tail)
    one = coraza_message.read(b'[client "1.1.1.1"] Coraza: ' + tail)
    assert one.match.rule_id is None or b"[id " in tail
