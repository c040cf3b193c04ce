"""What the rules name is nowhere in what is kept, in any dialect, and all else is as it was."""

import json
from urllib.parse import quote

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bartizan.decode import registry
from bartizan.domain.errors import Refused
from bartizan.domain.redaction import PLACEHOLDER, AddressPolicy, Kind, Pattern, RawPolicy, Rules
from bartizan.domain.transaction import Transaction
from bartizan.enrich.verdict import Verdict
from bartizan.ingest.redaction.pseudonyms import Pseudonyms, is_pseudonym
from bartizan.ingest.redaction.redactor import WITHHELD, Redacted, Redactor
from tests.fuzz import corpus

NAMES = Pseudonyms(b"k" * 32)
CAPTURES = tuple(
    sorted(
        {capture for captures in corpus.CAPTURES.values() for capture in captures}
        - {"v2-native-minparts", "v2-json-minparts"}
    )
)
LARGE = 64 * 1024


def redact(raw: bytes, rules: Rules | None = None) -> Redacted:
    decoded = registry.read(raw)
    redactor = Redactor(rules or Rules(), registry.read, NAMES)
    return redactor.redact(raw, decoded, Verdict().enrich(decoded.transaction))


def native(uri: str = "/", headers: str = "", body: str = "", messages: str = "") -> bytes:
    return (
        "--a1b2c3d4-A--\n"
        "[23/Nov/2026:05:21:44 +0000] ZWB8cX8AAQEAAAAAAAAAAAAA 192.0.2.7 4711 198.51.100.2 80\n"
        f"--a1b2c3d4-B--\nPOST {uri} HTTP/1.1\nHost: shop.example\n{headers}\n"
        f"--a1b2c3d4-C--\n{body}\n--a1b2c3d4-F--\nHTTP/1.1 403 Forbidden\n\n"
        f"--a1b2c3d4-H--\n{messages}Action: Intercepted (phase 2)\n"
        "Stopwatch: 1795411304000000 1000 (- - -)\nProducer: ModSecurity for Apache/2.9.7.\n\n"
        "--a1b2c3d4-Z--\n\n"
    ).encode()


def message(data: str, message_id: int = 942100) -> str:
    return (
        f'Message: Warning. Pattern match "x" at REQUEST_COOKIES:sid. [file "/crs/r.conf"] '
        f'[line "1"] [id "{message_id}"] [msg "Attack"] [data "{data}"] [severity "CRITICAL"] '
        '[tag "attack-sqli"]\n'
    )


def coraza(**request: object) -> bytes:
    transaction = {
        "timestamp": "2026/11/23 05:21:44",
        "unix_timestamp": 1795411304123456789,
        "id": "abcDEF",
        "client_ip": "192.0.2.7",
        "client_port": 4711,
        "host_ip": "",
        "host_port": 0,
        "server_id": "",
        "request": {"method": "POST", "protocol": "HTTP/1.1", "http_version": "", **request},
        "response": {"protocol": "", "status": 0, "headers": {}, "body": ""},
        "producer": {"connector": "", "version": "", "server": "", "rule_engine": "On"},
        "highest_severity": "",
        "is_interrupted": False,
    }
    return json.dumps({"transaction": transaction, "messages": []}).encode()


def everything(kept: Redacted) -> str:
    transaction = msgspec.json.encode(kept.transaction).decode()
    return repr(kept.raw) + transaction + repr(kept.parts) + repr(kept.report)


def frame(transaction: Transaction) -> tuple[object, ...]:
    one = transaction
    return (
        one.format, one.unique_id, one.occurred_at, one.client, one.server, one.request.method,
        one.response.status, one.intercepted, one.anomaly, one.parts, len(one.request.headers),
        [(match.rule_id, match.severity, match.tags, match.line) for match in one.matches],
    )  # fmt: skip


@pytest.mark.promise("S15")
@pytest.mark.parametrize("capture", CAPTURES)
def test_cookies_of_real_entries_are_nowhere_in_what_is_kept(capture: str) -> None:
    seen = 0
    for raw in corpus.entries(capture):
        if len(raw) > LARGE or b"ookie" not in raw.lower():
            continue
        try:
            before = registry.read(raw)
        except Refused:
            continue
        kept = redact(raw)
        if kept.raw is raw:
            continue
        seen += 1
        assert not kept.report.is_withheld
        assert frame(kept.transaction) == frame(before.transaction)
        again = registry.read(kept.raw)
        assert again.transaction.request == kept.transaction.request
        assert again.transaction.response == kept.transaction.response
        assert again.transaction.matches == kept.transaction.matches
        assert again.parts == kept.parts
        assert redact(kept.raw).raw == kept.raw
        for name, value in before.transaction.request.headers:
            if name.lower() == "cookie":
                for cookie in value.split(";"):
                    secret = cookie.partition("=")[2].strip().strip('"')
                    if len(secret) >= 8:
                        assert secret not in everything(kept)
        if seen >= 30:
            break
    assert seen


@pytest.mark.parametrize("capture", CAPTURES)
def test_real_entries_without_secrets_stay_the_same_object(capture: str) -> None:
    rules = Rules(headers=("X-Nobody-Sends-This",), arguments=("nobody_sends_this",))
    for raw in corpus.entries(capture)[:40]:
        try:
            assert redact(raw, rules).raw is raw
        except Refused:
            continue


SECRETS = st.text(
    st.characters(
        codec="utf-8", exclude_characters=";&\r\n", exclude_categories=("Cc", "Zs", "Cs")
    ),
    min_size=9,
    max_size=40,
).filter(lambda text: text.strip("\\\"' ") == text and "redacted" not in text.lower())


@settings(deadline=None)
@given(SECRETS)
def test_a_secret_argument_is_gone_in_every_spelling(secret: str) -> None:
    spellings = [quote(secret, safe=""), quote(secret, safe="").lower(), quote(secret)]
    raw = coraza(
        uri=f"/log-in?password={spellings[0]}&again={spellings[1]}",
        headers={"host": ["shop.example"], "x-copy": [spellings[2], quote(spellings[0], safe="")]},
        body=json.dumps({"user": {"password": secret}}),
    )
    kept = redact(raw)
    assert kept.transaction.request.uri is not None
    assert "again=" in kept.transaction.request.uri or kept.report.is_withheld
    for spelling in (secret, json.dumps(secret)[1:-1], *spellings):
        assert spelling not in everything(kept)
    assert secret.encode() not in kept.raw


@settings(deadline=None)
@given(st.text(max_size=60), st.text(max_size=60))
def test_any_cookie_and_any_password_end_in_something_safe(cookie: str, password: str) -> None:
    raw = coraza(
        uri="/", headers={"cookie": [f"sid={cookie}"], "host": ["h"]}, body=f"password={password}"
    )
    kept = redact(raw)
    if kept.report.is_withheld:
        assert kept.raw == b""
        assert kept.transaction.defects[-1].code == WITHHELD
    else:
        assert redact(kept.raw).raw == kept.raw


@pytest.mark.promise("S15")
def test_what_rules_log_of_a_secret_goes_too() -> None:
    raw = native(
        "/?q=1",
        "Cookie: sid=Deadbeef%2042; theme=1\nAuthorization: Basic YWxpY2U6czNjcjN0IQ==\n",
        messages=message("Matched Data: ef 4 found within REQUEST_COOKIES:sid: deadbeef 42")
        + message(r"alice:s3cr3t! at \x64eadbeef 42", 942200),
    )
    kept = redact(raw)
    text = everything(kept).lower()
    assert "deadbeef" not in text
    assert "s3cr3t" not in text
    assert "ywxpy2u6" not in text
    headers = dict(kept.transaction.request.headers)
    assert headers["Cookie"] == f"sid={PLACEHOLDER}; theme={PLACEHOLDER}"
    assert headers["Authorization"] == f"Basic {PLACEHOLDER}"
    data = [match.data for match in kept.transaction.matches]
    within = "found within REQUEST_COOKIES:sid:"
    assert data == [f"Matched Data: {PLACEHOLDER} {within} {PLACEHOLDER}", PLACEHOLDER]
    assert b"4711 198.51.100.2 80" in kept.raw


def test_one_byte_secrets_leave_the_rest_of_the_entry_alone() -> None:
    kept = redact(native("/a/1?page=1&password=1", "Cookie: a=1; b=e\n", body="password=1"))
    assert kept.transaction.request.uri == f"/a/1?page=1&password={PLACEHOLDER}"
    assert kept.transaction.request.body is not None
    assert kept.transaction.request.body.text.strip() == f"password={PLACEHOLDER}"
    assert dict(kept.transaction.request.headers)["Cookie"] == f"a={PLACEHOLDER}; b={PLACEHOLDER}"
    assert kept.raw.count(PLACEHOLDER.encode()) == 4


def test_a_cookie_that_copies_words_of_the_log_takes_no_rule_out() -> None:
    words = "attack-sqli; b=ZWB8cX8AAQEAAAAAAAAAAAAA; c=192.0.2.7; d=Intercepted; e=ModSecurity"
    raw = native("/", f"Cookie: a={words}\n", messages=message("x"))
    kept = redact(raw)
    assert frame(kept.transaction) == frame(registry.read(raw).transaction)
    assert not kept.report.is_withheld


@pytest.mark.parametrize(
    "body",
    [
        "user=bob&password=hunter22222&x=y",
        "user%5Bpassword%5D=hunter22222",
        '{"list": [{"user": {"password": {"new": "hunter22222"}}}]}',
        '{"password": "hunter22222", "cut',
        "<login><password>hunter22222</password></login>",
        '--b\r\nContent-Disposition: form-data; name="password"\r\n\r\nhunter22222\r\n--b--',
        "next=%2Flogin%3Fpassword%3Dhunter22222",
        "PASSWORD=%68unter22222",
    ],
)
def test_named_arguments_are_found_in_every_kind_of_body(body: str) -> None:
    kept = redact(native(body=body))
    assert "hunter22222" not in everything(kept).lower()
    assert "%68unter" not in everything(kept)
    assert [finding.rule for finding in kept.report.findings] == ["password"]


def test_a_wildcard_names_what_contains_the_rest() -> None:
    rules = Rules(arguments=("x_*_key",))
    kept = redact(native("/?x_my_key=abcdefgh&my_key=stays-here"), rules)
    assert kept.transaction.request.uri == f"/?x_my_key={PLACEHOLDER}&my_key=stays-here"


def test_cards_and_addresses_of_mail_go_where_rules_say_so() -> None:
    card, mail = "4111 1111 1111 1111", "bob.o'hara@mail.example.com"
    raw = native(body=f"card={card}&mail={quote(mail)}&order=4111111111111112")
    rules = Rules(headers=(), arguments=(), patterns=(Pattern.CARDS, Pattern.EMAILS))
    kept = redact(raw, rules)
    text = everything(kept)
    assert card not in text
    assert "mail.example.com" not in text
    assert "order=4111111111111112" in text
    assert {(one.kind, one.rule) for one in kept.report.findings} == {
        (Kind.PATTERN, "cards"),
        (Kind.PATTERN, "emails"),
    }


def test_literals_go_everywhere_and_are_told_by_number() -> None:
    rules = Rules(headers=(), arguments=(), literals=("Projekt Größe",))
    kept = redact(native("/?q=projekt+Gr%C3%B6%C3%9Fe"), rules)
    assert kept.transaction.request.uri == f"/?q={PLACEHOLDER}"
    assert [one.rule for one in kept.report.findings] == ["literal 1"]


def test_kept_entries_are_as_received_and_their_fields_are_not() -> None:
    raw = native("/", "Cookie: sid=deadbeef42\n")
    kept = redact(raw, Rules(raw=RawPolicy.KEPT))
    assert kept.raw is raw
    assert "deadbeef42" not in msgspec.json.encode(kept.transaction).decode()
    assert "deadbeef42" not in repr(kept.parts)


def test_dropped_entries_are_empty_whatever_was_found() -> None:
    kept = redact(native(), Rules(raw=RawPolicy.DROPPED))
    assert (kept.raw, kept.parts) == (b"", ())
    assert kept.transaction.request.uri == "/"


def test_what_cannot_be_cleaned_is_withheld_and_says_so() -> None:
    raw = native("/?x=1", "Cookie: sid=deadbeef42\n", messages=message("deadbeef42"))
    decoded = registry.read(raw)

    def read_nothing_again(_raw: bytes) -> object:
        raise Refused("not-an-entry", "no entry", "")

    redactor = Redactor(Rules(), read_nothing_again)  # type: ignore[arg-type]
    kept = redactor.redact(raw, decoded, Verdict().enrich(decoded.transaction))
    assert kept.report.is_withheld
    assert (kept.raw, kept.parts) == (b"", ())
    assert "deadbeef42" not in everything(kept)
    assert kept.transaction.defects[-1].code == WITHHELD
    assert frame(kept.transaction)[:6] == frame(decoded.transaction)[:6]
    assert [match.rule_id for match in kept.transaction.matches] == [942100]


@pytest.mark.parametrize("capture", CAPTURES)
def test_pseudonyms_stand_for_every_client_in_every_dialect(capture: str) -> None:
    rules = Rules(headers=(), arguments=(), addresses=AddressPolicy.PSEUDONYMS)
    withheld = 0
    entries = [raw for raw in corpus.entries(capture) if len(raw) < LARGE][:40]
    for raw in entries:
        try:
            before = registry.read(raw).transaction
        except Refused:
            continue
        address = before.client.address
        if address is None or NAMES.of(address) is None:
            continue
        kept = redact(raw, rules)
        withheld += kept.report.is_withheld
        assert is_pseudonym(kept.transaction.client.address)
        assert kept.transaction.client.address == NAMES.of(address)
        assert kept.transaction.client.port == before.client.port
        if not kept.report.is_withheld and "." in address:
            assert address.encode() not in kept.raw
            assert redact(kept.raw, rules).raw == kept.raw
    assert withheld <= 1
