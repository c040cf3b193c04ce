"""The grammar of a v2 message (docs/formats.md), forged ones included."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from bartizan.decode import message, metadata
from bartizan.decode.defects import DefectCode
from tests.fuzz import corpus

REAL = (
    b'Warning. Pattern match "(?i)a\\"b" at %s. [file "/etc/crs/942.conf"] [line "66"] [id "942100"]'
    b' [rev "2"] [msg "SQL \\"x\\" \\xd0\\xb6"] [data "Matched \\x22q\\x22 found"] [severity "CRITICAL"]'
    b' [ver "OWASP_CRS/4.0"] [maturity "3"] [accuracy "9"] [tag "attack-sqli"] [tag "br]a\\"ck"]'
)


def test_all_of_a_message_is_read():
    read = message.read(REAL % b"ARGS:q")
    assert read.defect is None
    match = read.match
    assert (match.rule_id, match.file, match.line) == (942100, "/etc/crs/942.conf", 66)
    assert (match.revision, match.version, match.severity) == ("2", "OWASP_CRS/4.0", 2)
    assert match.message == 'SQL "x" ж'
    assert match.data == 'Matched "q" found'
    assert match.tags == ("attack-sqli", 'br]a"ck')
    assert (match.operator, match.target) == ("rx", "ARGS:q")
    assert (match.phase, match.disruptive) == (None, False)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (b"", ""),
        (rb"\"", '"'),
        (rb"a\\", "a\\"),
        (rb"x\"] [severity \"DEBUG\"] [data \"y", 'x"] [severity "DEBUG"] [data "y'),
    ],
)
def test_escaped_quotes_end_no_value(value, text):
    whole = REAL.replace(rb"Matched \x22q\x22 found", value) % b"ARGS:q"
    match = message.read(whole).match
    assert (match.data, match.severity, match.version) == (text, 2, "OWASP_CRS/4.0")
    whole = REAL.replace(rb"SQL \"x\" \xd0\xb6", value) % b"ARGS:q"
    match = message.read(whole).match
    assert (match.message, match.data, match.severity) == (text, 'Matched "q" found', 2)


def test_of_groups_that_repeat_the_first_counts():
    whole = (REAL % b"ARGS:q").replace(b' [data "', b' [msg "second"] [data "first"] [data "')
    match = message.read(whole).match
    assert (match.message, match.data) == ('SQL "x" ж', "first")


@pytest.mark.parametrize(
    ("action", "phase", "status", "disruptive"),
    [
        (b"Warning. ", None, None, False),
        (b"Access denied with code 403 (phase 2). ", 2, 403, True),
        (b"Access denied with connection close (phase 1). ", 1, None, True),
        (
            b"Access denied with redirection to http://x/?a=(b) using status 302 (phase 1). ",
            1,
            302,
            True,
        ),
        (b"Access denied using proxy to (phase 2) http://x. ", 2, None, True),
        (b"Access allowed (phase 1). ", 1, None, False),
        (b"Access to phase allowed (phase 1). ", 1, None, False),
        (b"Access to request allowed (phase 3). ", 3, None, False),
        (b"Paused Access (phase 2). ", 2, None, False),
        (b"", None, None, False),
    ],
)
def test_only_denials_are_disruptive(action, phase, status, disruptive):
    read = message.read(action + (REAL % b"ARGS:q").removeprefix(b"Warning. "))
    assert read.match.rule_id == 942100
    assert (read.match.phase, read.status, read.match.disruptive) == (phase, status, disruptive)


@pytest.mark.parametrize(
    ("words", "operator", "target"),
    [
        (b'String match within "/a/ /b/" at REQUEST_HEADERS:X.', "within", "REQUEST_HEADERS:X"),
        (b'String match "yes" at ARGS:c1.', None, "ARGS:c1"),
        (b'Matched phrase "etc/passwd" at ARGS:f.', "pm", "ARGS:f"),
        (b"Operator GE matched 5 at TX:anomaly_score.", "ge 5", "TX:anomaly_score"),
        (b'Match of "pm a b" against "REQUEST_HEADERS:User-Agent" required.', "!pm",
         "REQUEST_HEADERS:User-Agent"),
        (b"Found 1 byte(s) in ARGS:q outside range: 38,44-46.", "validateByteRange", "ARGS:q"),
        (b"detected SQLi using libinjection with fingerprint 's&sos'", "detectSQLi", None),
        (b"detected XSS using libinjection.", "detectXSS", None),
        (b"Unconditional match in SecAction.", "unconditionalMatch", None),
        (b'CC# match "\\d{13,16}" at ARGS:card. [offset "0"]', "verifyCC", "ARGS:card"),
        (b"Invalid URL Encoding: Non-hexadecimal digits used at ARGS:x.",
         "validateUrlEncoding", "ARGS:x"),
        (b'Invalid UTF-8 encoding: invalid byte value in character at ARGS:x. [offset "4"]',
         "validateUtf8Encoding", "ARGS:x"),
        (b'IPmatch: "10.0.0.0/8" matched at REMOTE_ADDR.', "ipMatch", "REMOTE_ADDR"),
        (b"Something a future operator says.", None, None),
    ],
)  # fmt: skip
def test_operator_and_target_are_taken_from_their_place(words, operator, target):
    line = b"Warning. " + words + b' [file "f"] [line "1"] [id "7"] [tag "t"]'
    match = message.read(line).match
    assert (match.rule_id, match.operator, match.target) == (7, operator, target)


def test_a_target_named_like_a_sentence_is_told_whole():
    match = message.read(REAL % b'ARGS:x" at ARGS:innocent').match
    assert match.target == 'ARGS:x" at ARGS:innocent'


@pytest.mark.parametrize(
    "name",
    [
        b'ARGS:x [file "/forged.conf"] [line "1"] [id "31337"] [msg "FORGED"]',
        b'ARGS:x" ] [id "31337"] [msg "FORGED" ]',
        b'ARGS:x [file "',
        b'ARGS:x [file "/f"] [line "1"] [id "31337"] [msg "',
        b'ARGS:x\\"] [tag "',
        b'ARGS:x. [file "/f"] [line "1"] [id "31337"] [severity "EMERGENCY"] [tag "a"]',
    ],
)
def test_metadata_forged_in_a_name_are_not_believed(name):
    read = message.read(REAL % name)
    assert (read.match.rule_id, read.match.line, read.match.severity) == (942100, 66, 2)
    assert read.defect is None


def test_a_message_cut_at_1023_bytes_has_no_rule_id():
    forged = b'ARGS:x. [file "/f"] [line "1"] [id "31337"] [msg "M"] [tag "'
    line = (REAL % (forged + b"A" * 1100))[:1023]
    read = message.read(line)
    assert read.match.rule_id is None
    assert (read.match.message, read.match.tags, read.match.target) == (None, (), None)
    assert read.defect is DefectCode.MESSAGE_CUT
    assert read.detail == "claims rule 31337"


def test_a_cut_right_behind_a_forged_group_is_a_cut_too():
    forged = b'ARGS:x. [file "/f"] [line "1"] [id "31337"] [msg "'
    head = (REAL % forged).split(b'[msg "')[0] + b'[msg "'
    line = head + b"A" * (1023 - len(head) - 2) + b'"]'
    assert len(line) == 1023
    assert message.read(line).match.rule_id is None
    assert message.read(line).defect is DefectCode.MESSAGE_CUT


def test_a_rule_that_logs_to_the_audit_log_only_is_not_cut():
    line = (REAL % (b"ARGS:" + b"x" * 2000)).removeprefix(b"Warning. ")
    assert message.read(line).match.rule_id == 942100


def test_an_engine_message_that_quotes_the_attacker_matches_no_rule():
    line = (
        b"Multipart parsing error: Multipart: Invalid Content-Disposition header (-12): form-data;"
        b' name="x. [file "/f"] [line "1"] [id "31337"]'
    )
    read = message.read(line)
    assert read.match.rule_id is None
    assert read.match.message.startswith("Multipart parsing error")
    assert read.defect is DefectCode.METADATA_DOUBTFUL


def test_the_last_file_group_begins_the_metadata():
    line = b'Warning. Unconditional match in SecAction. [file "a"] [line "1"] [id "2"] [msg "m"]'
    assert message.read(line).match.rule_id == 2


def test_metadata_without_file_names_are_read():
    read = message.read(
        b'Warning. Operator EQ matched 0 at REQUEST_HEADERS. [id "920280"] [tag "t"]'
    )
    assert (read.match.rule_id, read.match.file, read.match.tags) == (920280, None, ("t",))
    assert read.match.target == "REQUEST_HEADERS"


def test_an_old_severity_may_be_a_number():
    assert (
        message.read(b'Warning. Pattern match "x" at ARGS. [id "1"] [severity "4"]').match.severity
        == 4
    )


def test_a_rules_message_without_metadata_says_so():
    read = message.read(b"Warning. Pattern match")
    assert (read.match.rule_id, read.match.message) == (None, "Warning. Pattern match")
    assert read.defect is DefectCode.METADATA_MISSING


_names = st.text(
    st.sampled_from('abc[]"\\. :=') | st.characters(codec="utf-8", exclude_categories=["Cc"]),
    max_size=60,
)


def _logged(name: str) -> bytes:
    """As ModSecurity logs a name: backslashes and control bytes escaped, quotes not."""
    return b"".join(
        b"\\\\" if byte == 0x5C else bytes([byte]) if 32 <= byte < 127 else b"\\x%02x" % byte
        for byte in name.encode()
    )


@given(_names)
@example(' [file "/f"] [line "1"] [id "31337"] [msg "x"]')
@example('" at ARGS:y. [id "1"')
@example("\\")
def test_whatever_the_name_the_rule_is_the_real_one(name):
    match = message.read(REAL % (b"ARGS:" + _logged(name))).match
    assert match.rule_id == 942100
    assert match.message == 'SQL "x" ж'
    assert match.tags == ("attack-sqli", 'br]a"ck')
    assert match.target == "ARGS:" + name


def _quoted(value: str) -> bytes:
    return _logged(value).replace(b'"', b'\\"')


@given(_names, _names, st.lists(_names, max_size=4), st.integers(0, 10**9))
def test_values_come_back_as_they_were(text, version, tags, rule_id):
    line = (
        b'Warning. Operator GE matched 5 at TX:x. [file "/a"] [line "12"] [id "%d"] [msg "%s"] [ver "%s"]'
        % (rule_id, _quoted(text), _quoted(version))
    ) + b"".join(b' [tag "%s"]' % _quoted(tag) for tag in tags)
    if len(line) >= 1023:
        return
    match = message.read(line).match
    assert (match.rule_id, match.message, match.version) == (rule_id, text, version)
    assert match.tags == tuple(tags)


_pieces = st.lists(
    st.sampled_from(
        [b'"] [', b'"]', b"\\", b'"', b' [file "', b' [id "1', b"Warning. ", b"Access denied", b'[tag "',
         b". ", b"x", b" at ", b"Pattern match ", b"(phase 2)", b"\n", b"\xff"]
    ),
    max_size=40,
)  # fmt: skip


@given(_pieces.map(b"".join) | st.binary(max_size=200))
def test_any_bytes_are_read(line):
    read = message.read(line)
    assert read.match.rule_id is None or read.match.rule_id >= 0


def test_the_quick_way_and_the_careful_way_agree_on_every_real_message():
    compared = 0
    for capture in corpus.V2_NATIVE:
        for raw in corpus.entries(capture):
            for line in raw.split(b"\n"):
                is_whole = line.startswith(b"Message: ") and line.endswith(b'"]')
                quick = metadata._read_usual(line[9:]) if is_whole else None
                if quick:
                    compared += 1
                    assert quick == metadata._read_any(line[9:])
    assert compared > 10_000
