"""The search text, read: what it means, and where it points when it means nothing."""

from datetime import UTC, datetime

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from bartizan.domain.expression import (
    Ago,
    And,
    Between,
    Contains,
    During,
    Field,
    Has,
    Inside,
    Is,
    Matches,
    Not,
    Or,
)
from bartizan.query.language.fields import KNOWN
from bartizan.query.language.mistake import Mistake
from bartizan.query.language.read import MOST_CHARACTERS, MOST_DEPTH, MOST_WORDS, read
from bartizan.query.language.write import write


def a(name, value):
    return Is(field=Field(name), value=value)


def word(*pieces):
    return Contains(field=Field.TEXT, pieces=pieces)


def utc(*parts):
    return datetime(*parts, tzinfo=UTC)


RULE, STATUS, HOST = a("rule", 942100), a("status", 403), a("host", "shop.example")


@pytest.mark.parametrize(
    ("text", "meaning"),
    [
        ("", None),
        ("  ", None),
        ("rule:942100", RULE),
        ("RULE:942100", RULE),
        ("rule.id:942100", RULE),
        ("rule: 942100", RULE),
        ("rule:942100 status:403", And(parts=(RULE, STATUS))),
        ("rule:942100 AND status:403", And(parts=(RULE, STATUS))),
        ("rule:942100 OR status:403", Or(parts=(RULE, STATUS))),
        (
            "rule:942100 OR status:403 host:shop.example",
            Or(parts=(RULE, And(parts=(STATUS, HOST)))),
        ),
        (
            "(rule:942100 OR status:403) host:SHOP.example",
            And(parts=(Or(parts=(RULE, STATUS)), HOST)),
        ),
        ("NOT status:403", Not(part=STATUS)),
        ("-status:403", Not(part=STATUS)),
        ("NOT NOT status:403", STATUS),
        ("-(rule:942100 status:403)", Not(part=And(parts=(RULE, STATUS)))),
        ("((status:403))", STATUS),
        ("status:(403 OR 406)", Or(parts=(STATUS, a("status", 406)))),
        ("status:(403 406)", Or(parts=(STATUS, a("status", 406)))),
        ("rule:(942100 AND NOT 1)", And(parts=(RULE, Not(part=a("rule", 1))))),
        ("score:5..20", Between(field=Field.SCORE, least=5, most=20)),
        ("score:>=5", Between(field=Field.SCORE, least=5)),
        ("score:>5", Between(field=Field.SCORE, least=6)),
        ("score:<5", Between(field=Field.SCORE, most=4)),
        ("score:..5", Between(field=Field.SCORE, most=5)),
        ("score:-5", a("score", -5)),
        ("severity:critical", a("severity", 2)),
        ("severity:emergency..error", Between(field=Field.SEVERITY, least=0, most=3)),
        ("client:203.0.113.7", Inside(network="203.0.113.7")),
        ("client:203.0.113.7/24", Inside(network="203.0.113.0/24")),
        ("client:2001:DB8::1", Inside(network="2001:db8::1")),
        ("client:::ffff:192.0.2.1", Inside(network="192.0.2.1")),
        (
            "client:(fe80::1 2001:db8::/32)",
            Or(parts=(Inside(network="fe80::1"), Inside(network="2001:db8::/32"))),
        ),
        ("client:unix:", a("client", "unix:")),
        ("client:10.0.*", Matches(field=Field.CLIENT, pieces=("10.0.", ""))),
        ("country:de", a("country", "DE")),
        ("category:SQLi", a("category", "sqli")),
        ("format:coraza-*", Matches(field=Field.FORMAT, pieces=("coraza-", ""))),
        ("blocked:yes", a("blocked", True)),
        ("intercepted:false", a("blocked", False)),
        ("method:post", a("method", "POST")),
        ("method:x-y", a("method", "x-y")),
        ("path:/a/*.php", Matches(field=Field.PATH, pieces=("/a/", ".php"))),
        ("path:/a**b", Matches(field=Field.PATH, pieces=("/a", "b"))),
        ('path:"/a/*.php"', a("path", "/a/*.php")),
        (r"path:/a/\*.php", a("path", "/a/*.php")),
        ("path:*", Has(field=Field.PATH)),
        ("has:country", Has(field=Field.COUNTRY)),
        ("NOT has:source.ip", Not(part=Has(field=Field.CLIENT))),
        ('message:"SQL Injection"', Contains(field=Field.MESSAGE, pieces=("SQL Injection",))),
        ("message:sql*libinj*", Contains(field=Field.MESSAGE, pieces=("sql", "libinj"))),
        ("target:ARGS:q", Contains(field=Field.TARGET, pieces=("ARGS:q",))),
        ("tag:capec/*", Matches(field=Field.TAG, pieces=("capec/", ""))),
        ("tag:PCI/6.5.2", a("tag", "PCI/6.5.2")),
        ("sqlmap", word("sqlmap")),
        ("text:sqlmap", word("sqlmap")),
        ("union select", And(parts=(word("union"), word("select")))),
        ('"union select"', word("union select")),
        ('"say \\"x\\" C:\\dir"', word('say "x" C:\\dir')),
        ("' or 1=1 --", And(parts=(word("'"), word("or"), word("1=1"), word("--")))),
        ("-1", word("-1")),
        ("a -b", And(parts=(word("a"), Not(part=word("b"))))),
        (r"sleep\(5\)", word("sleep(5)")),
        (r"a\ b", word("a b")),
        (r"http\://x", word("http://x")),
        ("ANDROID ORDER NOTES", And(parts=(word("ANDROID"), word("ORDER"), word("NOTES")))),
        ('host:"AND"', a("host", "and")),
        ("at:>-24h", During(field=Field.AT, since=Ago(seconds=86400))),
        ("at:<=now-90m", During(field=Field.AT, until=Ago(seconds=5400))),
        ("at:-2d..-1h", During(field=Field.AT, since=Ago(seconds=172800), until=Ago(seconds=3600))),
        ("at:2026-11-01", During(field=Field.AT, since=utc(2026, 11, 1), until=utc(2026, 11, 2))),
        ("at:>2026-11-01", During(field=Field.AT, since=utc(2026, 11, 2))),
        ("at:>=2026-11-01", During(field=Field.AT, since=utc(2026, 11, 1))),
        ("at:<=2026-12", During(field=Field.AT, until=utc(2027, 1, 1))),
        ("at:<2026", During(field=Field.AT, until=utc(2026, 1, 1))),
        (
            "@timestamp:2026-11-01T07:30+01:00..2026-11-01T07:30:15Z",
            During(
                field=Field.AT, since=utc(2026, 11, 1, 6, 30), until=utc(2026, 11, 1, 7, 30, 16)
            ),
        ),
        (
            "received:>=2026-11-01T07:30:15.25Z",
            During(field=Field.RECEIVED, since=utc(2026, 11, 1, 7, 30, 15, 250000)),
        ),
    ],
)
def test_a_text_means(text, meaning):
    assert read(text) == meaning


@pytest.mark.parametrize(
    ("text", "marked", "reason", "suggestion"),
    [
        # The marked characters follow the arrow's place: "text before|marked|text after".
        ("|hosst|:x", 5, "there is no field hosst", "host:x"),
        ("a |http|://x/y", 4, "there is no field http", 'a "http://x/y"'),
        ("|fe80|::1", 4, "there is no field fe80", "client:fe80::1"),
        ("a |status:|", 7, "status: needs a value", None),
        ("status: |AND| x", 3, "a value is missing before AND", None),
        ("a |AND|", 3, "AND needs something after it", "a"),
        ("|AND| a", 3, "something is missing before AND", None),
        ("a OR |OR| b", 2, "something is missing before OR", None),
        ("|NOT|", 3, "NOT needs something after it", None),
        ("|(|a", 1, "this parenthesis is not closed", "(a)"),
        ("a|)| b", 1, "this parenthesis closes nothing", "a b"),
        ("a |()|", 2, "nothing is between the parentheses", None),
        ("status:|()|", 2, "nothing is between the parentheses", None),
        ('a |"|b', 1, "this quotation mark is not closed", 'a "b"'),
        ("a sleep|(|5) b", 1, "a parenthesis inside a word", 'a "sleep(5)" b'),
        ('a|"|b"', 1, "a quotation mark inside a word", '"a\\"b\\""'),
        ("status:|4o3|", 3, "status is a number from 0 to 999", None),
        ("status:(403 |host:x|)", 6, "status is a number", None),
        ("rule:|942*|", 4, "a rule id is a number", "rule:942000..942999"),
        ("score:|20..5|", 5, "no number is from 20 to 5", "score:5..20"),
        ("x category:|sqly|", 4, "category is one of sqli, xss", "x category:sqli"),
        ("country:|DEU|", 3, "a country is two letters", None),
        ("client:|10.0.0.0/33|", 11, "10.0.0.0/33 is neither an address nor a network", None),
        ("client:|fe80::1%eth0|", 12, "fe80::1%eth0 is neither an address", None),
        ("at:|-24h|", 4, "-24h is a moment", "at:>-24h"),
        ("at:|yesterday|", 9, "a time is written as", None),
        ("at:|2026-02-30|", 10, "a time is written as", None),
        ("at:|2026-11-02..2026-11-01|", 22, "no time is from", "at:2026-11-01..2026-11-02"),
        ("at:|>-999999999w|", 12, "a time is written as", None),
        ("tag:|*sqli|", 5, "in a tag the star stands at the end", None),
        ('tag:|"a,b"|', 5, "a tag has no quotation mark", None),
        ("blocked:|maybe|", 5, "blocked is true or false", None),
        ("has:|sensor|", 6, "every transaction has sensor", None),
        ("has:|nothing|", 7, "has: needs the name of a field", None),
        ("a|\x1b|[31m", 1, "a control character", None),
        ("a|\x00|", 1, "a control character", None),
        ("|a*b*c*d*e*f*g*h*i*j|", 19, "more than 8 stars", None),
        (r"|a\*b*|", 5, "a star that means itself", None),
        ("|*|", 1, "a star alone finds everything", None),
    ],
)
def test_a_mistake_is_pointed_at(text, marked, reason, suggestion):
    before, middle, after = text.split("|")
    with pytest.raises(Mistake) as caught:
        read(before + middle + after)
    mistake = caught.value
    assert mistake.reason.startswith(reason)
    assert (mistake.position, mistake.length) == (len(before), marked)
    assert len(middle) == marked
    assert mistake.suggestion == suggestion
    assert mistake.code == "bad-search"
    assert f"(character {len(before) + 1})" in str(mistake)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("a" * (MOST_CHARACTERS + 1), "a search has at most 2,000 characters"),
        ("a " * (MOST_WORDS + 1), "a search has at most 100 words"),
        ("(" * (MOST_DEPTH + 1) + "a" + ")" * (MOST_DEPTH + 1), "nested deeper than 20"),
        ("NOT " * (MOST_DEPTH + 1) + "a", "nested deeper than 20"),
        ("status:" + "(" * 25 + "403" + ")" * 25, "nested deeper than 20"),
        ("(NOT " * 15 + "a" + ")" * 15, ""),
    ],
)
def test_what_would_cost_too_much_is_refused(text, reason):
    if not reason:
        assert read(text) is not None
        return
    with pytest.raises(Mistake, match=reason):
        read(text)


fragments = st.sampled_from(
    [
        *(known.name + ":" for known in KNOWN),
        *(known.example for known in KNOWN),
        "has:", "AND", "OR", "NOT", "(", ")", '"', "\\", "*", "..", ">", "<=", ":", "-", " ", " ",
        "/24", "2001:db8::1", "403", "now", "@", "a", "\U0001f5dd", "\u202e", "\u00a0", "\t", "'",
        "\ud800",
    ]
)  # fmt: skip
texts = st.one_of(st.lists(fragments, max_size=12).map("".join), st.text(max_size=40))


@given(texts)
@example("\\")
@example('"\\"')
@example("a:" * 500)
@example("*format:coraza-*client:")
def test_whatever_is_typed_is_read_or_refused_with_its_place(text):
    expression, mistake = _tried(text)
    if mistake is None:
        assert read(write(expression)) == expression
    else:
        assert 0 <= mistake.position < mistake.position + mistake.length <= len(text)
        assert mistake.suggestion != text


def _tried(text):
    try:
        return read(text), None
    except Mistake as mistake:
        return None, mistake
