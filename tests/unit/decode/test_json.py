"""What JSON entries are read as: text, bytes, types and what is not JSON at all."""

import json

import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

from bartizan.decode import json_headers, json_repair, match_words, registry
from bartizan.domain.errors import Refused
from bartizan.domain.transaction import Transaction

texts = st.text(st.characters(codec="utf-8"), max_size=40)


def v3(**members: object) -> dict:
    return {
        "transaction": {
            "client_ip": "192.0.2.7",
            "time_stamp": "Mon Nov  2 05:42:41 2026",
            "client_port": 0,
            "host_ip": "192.0.2.1",
            "host_port": 443,
            "unique_id": "1",
            "request": {"method": "GET", "http_version": 1.1, "uri": "/"},
            "response": {"http_code": 200},
            **members,
        }
    }


def raw(record: dict) -> bytes:
    return json.dumps(record, separators=(",", ":"), ensure_ascii=False).encode() + b"\n"


def decode(record: dict) -> Transaction:
    return registry.decode(raw(record))


def codes(transaction: Transaction) -> list[str]:
    return [defect.code for defect in transaction.defects]


@given(st.lists(st.tuples(texts, texts), max_size=8))
def test_every_header_is_read_in_order_also_when_a_name_stands_twice(pairs):
    written = ",".join(f"{json.dumps(name)}:{json.dumps(value)}" for name, value in pairs)
    assert json_headers.pairs(b"{" + written.encode() + b"}") == tuple(pairs)


@given(st.lists(st.tuples(st.sampled_from((":", ",", '"', "a", "")), st.sampled_from((":", ",", '":', '":"', "b"))), max_size=6))  # fmt: skip
def test_headers_made_of_what_json_is_made_of_are_read_as_they_are(pairs):
    written = ",".join(f"{json.dumps(name)}:{json.dumps(value)}" for name, value in pairs)
    assert json_headers.pairs(b"{" + written.encode() + b"}") == tuple(pairs)


@given(uri=texts, body=texts, name=texts, value=texts)
def test_text_comes_out_as_it_was_logged(uri, body, name, value):
    request = {"method": "GET", "http_version": 1.1, "uri": uri, "body": body, "headers": {name: value}}  # fmt: skip
    transaction = decode(v3(request=request))
    assert transaction.request.uri == uri
    assert transaction.request.headers == ((name, value),)
    assert (transaction.request.body.text if transaction.request.body else "") == body
    assert codes(transaction) == []


@given(st.binary(min_size=1, max_size=200))
@example(b"\xf4\x8f\xbe")  # how a private character begins that stands for a byte
def test_bytes_that_are_no_text_are_exact_in_the_part_and_counted_in_the_size(body):
    body = body.replace(b"\\", b"/").replace(b'"', b"'") + b"\xff"
    body = bytes(byte for byte in body if byte >= 0x20)
    assume(max(body.decode("utf-8", "replace")) < "\U0010ff80")  # the test below
    entry = raw(v3(request={"uri": "/", "body": "BODY"})).replace(b"BODY", body)
    decoded = registry.read(entry)
    assert dict(decoded.parts)["C"] == body
    assert decoded.transaction.request.body.size == len(body)
    assert decoded.transaction.request.body.text == body.decode("utf-8", "replace")


def test_private_characters_that_are_there_do_not_become_bytes():
    entry = raw(v3(request={"uri": "/\U0010ffc3\U0010ffa9?"})).replace(b"?", b"\xff")
    assert registry.decode(entry).request.uri == "/\U0010ffc3\U0010ffa9\ufffd"


@given(st.recursive(st.none() | st.booleans() | st.integers() | texts, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(texts, inner, max_size=4), max_leaves=20))  # fmt: skip
def test_repair_finds_nothing_to_mend_in_json(value):
    text = json.dumps({"a": value}, ensure_ascii=False)
    clean, defects = json_repair.repaired(text, {"a": json_repair.Kind.ANY})
    assert defects == []
    assert json.loads(clean) == ({"a": value} if value is not None else {})


@given(st.data())
def test_a_torn_entry_keeps_what_stands_before_the_tear(data):
    record = v3(messages=[{"message": "m", "details": {"ruleId": str(number), "match": "x", "severity": "2"}} for number in range(1, 6)])  # fmt: skip
    entry = raw(record).rstrip(b"\n")
    at = data.draw(st.integers(150, len(entry) - 1))
    transaction = registry.decode(entry[:at])
    assert "end-missing" in codes(transaction)
    assert transaction.client.address == "192.0.2.7"
    ids = [match.rule_id for match in transaction.matches if match.rule_id is not None]
    assert ids == list(range(1, len(ids) + 1))


@pytest.mark.parametrize(
    "value",
    [b"null", b"1", b"1e999", b"-0.0", b"9" * 6000, b'"\\ud800"', b'"\\x41"', b'"\x01"', b"[]", b"{}", b"[" * 9000, b"NaN", b"", b'"\xed\xa0\x80"', b"tru"],
    ids=lambda value: value[:12].decode("ascii", "replace"),
)  # fmt: skip
@pytest.mark.parametrize("key", ["client_ip", "client_port", "time_stamp", "unique_id", "request", "response", "producer", "messages", "tags", "headers", "ruleId", "severity"])  # fmt: skip
def test_any_value_may_stand_anywhere(key, value):
    message = {"message": "m", "details": {"ruleId": "942100", "severity": "2", "tags": ["t"]}}
    entry = raw(v3(messages=[message], producer={"modsecurity": "x"}, request={"uri": "/", "headers": {"a": "b"}}))  # fmt: skip
    at = entry.index(b'"%s":' % key.encode()) + len(key) + 3
    end = at + len(json.dumps(json.JSONDecoder().raw_decode(entry[at:].decode())[0], separators=(",", ":")))  # fmt: skip
    transaction = registry.decode(entry[:at] + value + entry[end:])
    assert transaction.format == "modsecurity3-json"


def test_what_nests_deeper_than_python_can_is_read_as_far_as_it_matters():
    entry = raw(v3()).replace(
        b'"request":', b'"x":' + b"[" * 200_000 + b"]" * 200_000 + b',"request":'
    )
    assert registry.decode(entry).request.uri == "/"
    entry = raw(v3()).replace(b'"request":', b'"x":' + b'{"a":' * 100_000 + b',"request":')
    assert codes(registry.decode(entry)) == ["end-missing"]


def test_a_sensor_without_json_is_told_what_is_wrong_with_it():
    with pytest.raises(Refused, match="YAJL") as refusal:
        registry.decode(b'{"error":"ModSecurity was not compiled with JSON support."}')
    assert refusal.value.code == "sensor-without-json"


@pytest.mark.parametrize(
    "entry",
    [
        b'{"class_uid":4002,"class_name":"HTTP Activity","http_request":{}}',
        b'{"audit_data":{}}',
        b'{"messages":[{"actionset":""}]}',
    ],
)
def test_an_object_in_which_nothing_is_a_transaction_is_refused(entry):
    with pytest.raises(Refused) as refusal:
        registry.decode(entry)
    assert refusal.value.code == "not-an-entry"


def test_numbers_are_read_also_where_a_version_writes_strings_and_the_other_way_round():
    details = {"ruleId": 942100, "lineNumber": 66, "severity": 2, "ver": 4, "rev": 1}
    record = v3(client_port="51234", unique_id=17, messages=[{"message": "m", "details": details}])
    transaction = decode(record)
    [match] = transaction.matches
    assert (match.rule_id, match.line, match.severity) == (942100, 66, 2)
    assert (match.version, match.revision) == ("4", "1")
    assert (transaction.client.port, transaction.unique_id) == (51234, "17")
    assert codes(transaction) == []


def test_severity_0_is_what_modsecurity_3_writes_where_a_rule_has_none():
    details = [{"ruleId": "1", "severity": severity} for severity in ("0", "7", "8", "-1", "x")]
    record = v3(messages=[{"message": "m", "details": one} for one in details])
    assert [match.severity for match in decode(record).matches] == [None, 7, None, None, None]


@pytest.mark.parametrize(
    ("mode", "intercepted"),
    [("Enabled", None), ("DetectionOnly", False), ("Disabled", False), ("", None)],
)
def test_only_an_engine_that_cannot_block_says_that_nothing_was_blocked(mode, intercepted):
    record = v3(producer={"secrules_engine": mode}, response={"http_code": 403})
    assert decode(record).intercepted is intercepted


@pytest.mark.parametrize(
    ("stamp", "time"),
    [
        ("Mon Nov  2 05:42:41 2026", "2026-11-02T05:42:41+00:00"),
        ("Thu Dec 31 23:59:60 2026", "2027-01-01T00:00:00+00:00"),
        ("Mon Nov 31 05:42:41 2026", None),
        ("", None),
    ],
)
def test_times_without_a_zone_are_read_as_utc_and_told_as_assumed(stamp, time):
    transaction = decode(v3(time_stamp=stamp))
    assert (transaction.occurred_at and transaction.occurred_at.isoformat()) == time
    assert transaction.zone == "assumed"
    assert codes(transaction) == ([] if time else ["time-malformed"])


@pytest.mark.parametrize(
    ("words", "operator", "target"),
    [
        ("Matched \"Operator `Rx' with parameter `a' against variable `ARGS:q' (Value: `b' )", "rx", "ARGS:q"),
        ("Matched \"Operator `Ge' with parameter `5' against variable `TX:X' (Value: `9' )", "ge 5", "TX:X"),
        ("Matched \"Operator `Rx' with parameter `a' against variable `ARGS:x' (Value: `' against variable `ARGS:y' (Value: `b' )", "rx", "ARGS:x"),
        ("detected SQLi using libinjection.", "detectSQLi", None),
        ("detected XSS using libinjection.", "detectXSS", None),
        ("", None, None),
    ],
)  # fmt: skip
def test_operator_and_target_are_taken_from_where_the_sentence_puts_them(words, operator, target):
    assert match_words.read(words) == (operator, target)


def test_parts_are_laid_out_as_in_the_native_formats():
    request = {"method": "POST", "http_version": 2.0, "uri": "/a?b", "body": "x=1", "headers": {"Host": "h", "Accept": "*/*"}}  # fmt: skip
    record = v3(request=request, response={"http_code": 403, "body": "no", "headers": {"Server": "s"}}, messages=[])  # fmt: skip
    decoded = registry.read(raw(record))
    assert dict(decoded.parts) == {
        "A": b"[Mon Nov  2 05:42:41 2026] 1 192.0.2.7 0 192.0.2.1 443",
        "B": b"POST /a?b HTTP/2.0\nHost: h\nAccept: */*\n",
        "C": b"x=1",
        "E": b"no",
        "F": b"- 403\nServer: s\n",
        "H": b'{"messages":[]}',
    }
    assert decoded.transaction.parts == "ABCEFH"
