"""Entries out of what WAF-FLE keeps: exact, or told not to be."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bartizan.acquire.waf_fle.event import WafFleEvent, WafFleMessage
from bartizan.acquire.waf_fle.rebuilding import Exactness, rebuild
from bartizan.decode import registry
from tests.fuzz import corpus
from tests.servers.waf_fle import kept_sections

CAPTURES = ("v2-native-serial-block-pl4", "v2-native-serial-detect-pl2", "v2-native-minparts")


def event(sections=None, columns=None, messages=()):
    return WafFleEvent(
        id=77, sensor_id=1, received_at_us=0, is_preserved=False, is_false_positive=False,
        sections=sections or {}, columns=columns or {}, messages=messages,
    )  # fmt: skip


@pytest.mark.parametrize("capture", CAPTURES)
def test_real_entries_are_put_together_again_or_told_to_be_others(capture):
    exact = 0
    entries = corpus.entries(capture)
    for entry in entries:
        rebuilt = rebuild(event(kept_sections(entry)))
        assert rebuilt.raw == entry or rebuilt.exactness is not Exactness.EXACT
        exact += rebuilt.exactness is Exactness.EXACT
    # Without part F nothing tells how long the answer was.
    assert exact > 0.9 * len(entries) or "minparts" in capture


lines = st.one_of(
    st.sampled_from(
        [b"--44a9a376-B--", b"--deadbeef-A--", b" --deadbeef-H-- ", b"--0-C--", b"--x-Z--"]
    ),
    st.sampled_from([b"a" * 4095, b"b" * 4096, b"c" * 4097, b"", b"\r", b"--deadbeef-J--"]),
    # Hypothesis draws constants of this file too, so also the boundary that nobody can know.
    st.binary(max_size=20).filter(lambda line: b"44a9a375" not in line),
)


@given(
    body=st.lists(lines, max_size=12),
    more=st.sampled_from([0, 80, 99, 100, 101, 200]),
    ending=st.sampled_from([b"\n", b""]),
    headers=st.lists(lines.map(lambda line: line.strip(b"\n") + b"\n"), max_size=3),
    has_length=st.booleans(),
    answers=st.lists(lines, max_size=4),
)
def test_whatever_an_attacker_sends_no_entry_is_called_exact_that_is_not(
    body, more, ending, headers, has_length, answers
):
    answer = b"\n".join(answers)
    content = b"\n".join([*body, *[b"x"] * more]) + ending
    length = b"Content-Length: %d\n" % len(content) if has_length else b""
    entry = b"".join(
        (
            b"--44a9a375-A--\n[23/Nov/2014:02:12:15 +0000] id 192.0.2.1 1 192.0.2.2 80\n",
            b"--44a9a375-B--\nPOST / HTTP/1.1\n" + length + b"".join(headers) + b"\n",
            b"--44a9a375-C--\n" + content + b"\n",
            b"--44a9a375-F--\nHTTP/1.1 200 OK\nContent-Length: %d\n\n" % len(answer),
            b"--44a9a375-E--\n" + answer + b"\n",
            b"--44a9a375-H--\nServer: x\n\n--44a9a375-K--\nrule\n\n--44a9a375-Z--\n\n",
        )
    )
    # The boundary is drawn for each entry: nobody can know it when the body is sent.
    rebuilt = rebuild(event(kept_sections(entry)))
    if rebuilt.exactness is Exactness.EXACT:
        assert rebuilt.raw == entry


texts = st.one_of(st.binary(max_size=30), st.sampled_from([b'"] [id "1"]', b"\n--0000004d-A--\n"]))


@given(
    columns=st.dictionaries(
        st.sampled_from(
            [
                *("a_timestamp", "a_timezone", "a_uniqid", "b_method", "b_path"),
                *("b_path_parameter", "b_protocol", "hostname", "b_user_agent"),
                *("f_protocol", "f_msg", "h_producer"),
            ]
        ),
        texts,
    ),
    numbers=st.dictionaries(
        st.sampled_from(["a_client_ip", "a_client_port", "f_status", "h_Interception_phase"]),
        st.integers(-1, 2**33),
    ),
    text=texts,
)
def test_whatever_the_columns_hold_they_make_one_entry(columns, numbers, text):
    message = WafFleMessage(
        action=b"Warning", pattern=text, file=b"/etc/x.conf", line=3, rule_id=942100, message=text, data=text,
        severity=2, tags=(text,),
    )  # fmt: skip
    rebuilt = rebuild(event(columns=columns | numbers, messages=(message,)))
    assert rebuilt.exactness is Exactness.COLUMNS
    assert rebuilt.raw.count(b"\n--0000004d-Z--\n") == 1
    assert len([line for line in rebuilt.raw.split(b"\n") if line == b"--0000004d-A--"]) == 1
    assert registry.decode(rebuilt.raw).matches[0].rule_id in (942100, 1)
