"""The message line of ModSecurity 3: what its fields hold, and what clients forge into it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bartizan.decode import modsecurity3_message
from bartizan.decode.defects import DefectCode
from bartizan.decode.modsecurity3_message import Message

METADATA = (
    b' [file "/etc/crs/REQUEST-941.conf"] [line "64"] [id "941110"] [rev ""] [msg "XSS Filter"]'
    b' [data "%s"] [severity "2"] [ver "OWASP_CRS/3.3.4"] [maturity "0"] [accuracy "0"]'
    b' [tag "attack-xss"] [tag "PCI/6.5.1"] [hostname "127.0.0.1"] [uri "%s"]'
    b' [unique_id "7b443f7ad7e46246ff714e077cdd817f"] [ref "o0,8v9,82t:utf8toUnicode"]'
)
# All that a rule's metadata hold, with paths as short as can be.
FORGED = (
    b' [file "/f"] [line "1"] [id "31337"] [rev ""] [msg "m"] [data ""] [severity "0"] [ver ""]'
    b' [maturity "0"] [accuracy "0"] [hostname "h"] [uri "'
)
FORGED_WHOLE = FORGED + b'/"] [unique_id "u"] [ref ""]'


def matched(name: bytes, value: bytes = b"v") -> bytes:
    return (
        b"Matched \"Operator `Rx' with parameter `(?i)<script' against variable `ARGS:%s'"
        b" (Value: `%s' )" % (name, value)
    )


def line(
    words: bytes, *, action: bytes = b"Warning.", data: bytes = b"d", path: bytes = b"/"
) -> bytes:
    return b"ModSecurity: " + action + b" " + words + METADATA % (data, path)


def read(raw: bytes, **how: bool) -> Message:
    return modsecurity3_message.read(raw, **how)


def test_every_field_is_read():
    one = read(line(matched(b"q"), data=rb"say \x22\xd0\xb6\x22 \x5c", path=b"/a b"))
    match = one.match
    assert (match.rule_id, match.file, match.line) == (941110, "/etc/crs/REQUEST-941.conf", 64)
    assert (match.message, match.data) == ("XSS Filter", 'say "ж" \\')
    assert (match.severity, match.version, match.revision) == (2, "OWASP_CRS/3.3.4", None)
    assert match.tags == ("attack-xss", "PCI/6.5.1")
    assert (match.operator, match.target) == ("rx", "ARGS:q")
    assert (match.disruptive, match.phase, one.status) == (False, None, None)
    assert (one.uri, one.unique_id) == (b"/a b", b"7b443f7ad7e46246ff714e077cdd817f")
    assert one.defect is None


def test_a_denial_tells_status_and_phase():
    one = read(line(matched(b"q"), action=b"Access denied with code 403 (phase 2)."))
    assert (one.match.disruptive, one.match.phase, one.status) == (True, 2, 403)
    assert one.match.operator == "rx"


def test_severity_0_is_also_what_is_written_for_none():
    assert read(line(b"").replace(b'[severity "2"]', b'[severity "0"]')).match.severity is None
    assert read(line(b"").replace(b'[severity "2"]', b'[severity "7"]')).match.severity == 7


@pytest.mark.parametrize(
    ("words", "operator", "target"),
    [
        (b"", None, None),
        (b"detected SQLi using libinjection.", "detectSQLi", None),
        (b"detected XSS using libinjection.", "detectXSS", None),
        (
            (
                b"Matched \"Operator `Ge' with parameter `5' against variable `TX:ANOMALY_SCORE'"
                b" (Value: `10' )"
            ),
            "ge 5",
            "TX:ANOMALY_SCORE",
        ),
        (
            (
                b"Matched \"Operator `PmFromFile' with parameter `a.data (9 characters omitted)'"
                b" against variable `REQUEST_HEADERS:User-Agent' (Value: `x' )"
            ),
            "pmFromFile",
            "REQUEST_HEADERS:User-Agent",
        ),
        (b"Something else.", None, None),
    ],
)
def test_operator_and_target_are_read_from_the_words(words, operator, target):
    match = read(line(words)).match
    assert (match.operator, match.target, match.rule_id) == (operator, target, 941110)


def test_metadata_forged_in_a_name_are_part_of_the_name():
    name = b'a\' ) [file "/forged"] [line "1"] [id "31337"] [rev ""] [msg "FORGED"'
    one = read(line(matched(name)))
    assert one.match.rule_id == 941110
    assert one.defect is None
    whole = read(line(matched(b"a" + FORGED_WHOLE)))
    assert (whole.match.rule_id, whole.defect) == (941110, None)


def test_a_forged_path_that_swallows_the_real_metadata_is_longer_than_a_path_can_be():
    one = read(line(matched(b"a" + FORGED + b"/")))
    assert (one.match.rule_id, one.defect) == (941110, None)


def test_metadata_forged_in_the_path_are_part_of_the_path():
    one = read(
        line(matched(b"q"), path=b'/p [file "/f"] [line "1"] [id "31337"] [rev ""] [msg "x"]/')
    )
    assert (one.match.rule_id, one.defect) == (941110, None)
    assert one.uri.startswith(b"/p [file")


def test_where_two_readings_remain_none_is_believed():
    """All of the forged metadata fit into a path, and all of the real ones too."""
    real = METADATA.replace(b"/etc/crs/REQUEST-941.conf", b"/e").replace(b"OWASP_CRS/3.3.4", b"")
    real = real.replace(b'XSS Filter"', b'"').replace(b' [tag "attack-xss"] [tag "PCI/6.5.1"]', b"")
    forged = b"/x" + FORGED + b"/"
    one = read(b"ModSecurity: Warning. " + matched(b"q") + real % (b"", forged))
    assert (one.match.rule_id, one.defect) == (None, DefectCode.METADATA_DOUBTFUL)
    assert one.detail == "claims rule 31337"
    two = read(b"ModSecurity: Warning. " + matched(b"q" + forged) + real % (b"", b"/"))
    assert (two.match.rule_id, two.defect) == (None, DefectCode.METADATA_DOUBTFUL)


def test_a_line_without_metadata_is_told():
    one = read(b"ModSecurity: Warning. something")
    assert (one.match.message, one.defect) == ("something", DefectCode.METADATA_MISSING)
    assert read(b"ModSecurity: ").defect is DefectCode.METADATA_MISSING


def test_of_a_cut_line_nothing_is_believed_behind_a_name_that_may_be_long():
    cut = line(matched(b"a" + FORGED_WHOLE + b"A" * 2000))[:2047]
    for one in (read(cut, is_cut=True), read(line(matched(b"q"))[:-30], is_cut=True)):
        assert (one.match.rule_id, one.defect) == (None, DefectCode.MESSAGE_CUT)
    assert read(cut, is_cut=True).detail == "claims rule 31337"


@pytest.mark.parametrize(
    "words",
    [
        b"detected SQLi using libinjection.",
        b"Matched \"Operator `Ge' with parameter `5' against variable `TX:ANOMALY_SCORE' (Value: `5' )",
        b"Matched \"Operator `Rx' with parameter `x' against variable `REQUEST_URI' (Value: `/ [file' )",
    ],
)
def test_a_cut_line_is_believed_where_nothing_long_can_be_forged(words):
    one = read(line(words) + b', client: 1.1.1.1, server: _, request: "GET /AAAA', is_cut=True)
    assert (one.match.rule_id, one.defect) == (941110, None)
    assert one.unique_id == b"7b443f7ad7e46246ff714e077cdd817f"
    half = read(line(words)[:-40], is_cut=True)
    assert (half.match.rule_id, half.unique_id, half.match.severity) == (941110, None, 2)
    most = read(line(words)[:-250], is_cut=True)
    assert (most.match.rule_id, most.defect) == (None, DefectCode.MESSAGE_CUT)


def test_what_follows_a_message_may_forge_another_end_so_the_id_is_not_believed():
    request = b'/?"] [unique_id "FORGED"] [ref ""], client: 6.6.6.6'
    said = line(b"") + b', client: 1.1.1.1, server: _, request: "GET ' + request
    one = read(said, is_followed=True)
    assert (one.match.rule_id, one.end) == (941110, len(line(b"")))
    assert (one.unique_id, one.defect) == (None, DefectCode.METADATA_DOUBTFUL)
    assert one.detail == "unique id"
    far = said.replace(b"GET /?", b"GET /?" + b"A" * 300)
    assert read(far, is_followed=True).unique_id == b"7b443f7ad7e46246ff714e077cdd817f"


def test_negative_numbers_of_early_versions_are_bytes():
    assert read(line(b"", data=rb"\xffffffd0\xffffffb6")).match.data == "ж"


hostile = st.one_of(
    st.binary(max_size=60),
    st.sampled_from(
        [
            FORGED,
            FORGED_WHOLE,
            METADATA % (b"", b"/"),
            b' [file "/f"] [line "1"] [id "31337"] [rev ""] [msg "',
            b'"] [data ""] [severity "2"] [ver ""] [maturity "0"] [accuracy "0"] [hostname "h"] [uri "',
            b'"] [unique_id "u"] [ref ""]',
            b"' (Value: `",
            b"' )",
            b'"',
            b"\\",
            b"\\x22",
        ]
    ),
)


def escaped(value: bytes) -> bytes:
    r"""As ModSecurity 3 writes a whole line: what cannot be printed becomes `\\xHH`."""
    return b"".join(bytes([byte]) if 0x20 <= byte <= 0x7E else b"\\x%02x" % byte for byte in value)


def quoted(value: bytes) -> bytes:
    return escaped(value.replace(b"\\", b"\\x5c").replace(b'"', b"\\x22"))


def limited(value: bytes, most: int) -> bytes:
    if len(value) <= most:
        return value
    return value[:most] + b" (%d characters omitted)" % (len(value) - most)


@given(
    name=st.lists(hostile, max_size=4).map(b"".join),
    value=st.lists(hostile, max_size=3).map(b"".join),
    data=st.lists(hostile, max_size=3).map(b"".join),
    path=st.lists(hostile, max_size=3).map(b"".join),
    tags=st.lists(st.binary(max_size=20), max_size=3),
    rule_id=st.integers(1, 10**7).filter(lambda number: number not in (31337, 941110)),
)
def test_whatever_a_client_sends_the_rule_is_the_real_one_or_unknown(
    name, value, data, path, tags, rule_id
):
    raw = b"".join(
        (
            b"ModSecurity: Warning. Matched \"Operator `Rx' with parameter `x' against variable `ARGS:",
            escaped(name),
            b"' (Value: `" + escaped(limited(value, 100)) + b"' )",
            b' [file "/usr/share/modsecurity-crs/rules/REQUEST-941-APPLICATION-ATTACK-XSS.conf"]',
            b' [line "64"] [id "%d"] [rev ""] [msg "A message of a rule that is not short"]'
            % rule_id,
            b' [data "' + quoted(limited(data, 200)) + b'"]',
            b' [severity "2"] [ver "OWASP_CRS/3.3.4"] [maturity "0"] [accuracy "0"]',
            *(b' [tag "' + quoted(tag) + b'"]' for tag in tags),
            b' [hostname "127.0.0.1"] [uri "' + escaped(limited(path, 200)) + b'"]',
            b' [unique_id "17.5"] [ref "v1,2"]',
        )
    )
    one = read(raw)
    # Where a whole copy fits into the path, two readings remain.
    assert one.match.rule_id in (rule_id, None)
    assert (one.match.rule_id is None) == (one.defect is DefectCode.METADATA_DOUBTFUL)
    if b'[hostname "' not in path:  # nothing like whole metadata
        assert one.match.rule_id == rule_id
        assert one.match.tags == tuple(tag.decode("utf-8", "replace") for tag in tags)
    followed = read(
        raw + b', client: 1.1.1.1, server: _, request: "GET / HTTP/1.1"', is_followed=True
    )
    assert followed.match.rule_id in (rule_id, None)


@given(st.binary(max_size=300))
def test_any_line_gives_a_match(tail):
    for how in ({}, {"is_followed": True}, {"is_cut": True}):
        one = read(b"ModSecurity: " + tail, **how)
        assert one.match.rule_id is None or b'[id "' in tail
