"""An expression written, and read again, is the same."""

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bartizan.domain.expression import (
    Ago,
    Between,
    Contains,
    During,
    Field,
    Has,
    Inside,
    InState,
    Is,
    Matches,
    either,
    every,
    negated,
)
from bartizan.domain.triage import State
from bartizan.kit.networks import network, spelled
from bartizan.query.language.fields import BY_FIELD, KNOWN, OPTIONAL, Kind
from bartizan.query.language.read import read
from bartizan.query.language.write import write

printable = st.characters(exclude_categories=["Cs", "Cc"])
text = st.one_of(
    st.text(printable, min_size=1, max_size=8),
    st.sampled_from(
        [
            "AND",
            "a b",
            '"',
            "\\",
            'a\\"b',
            "*",
            "a*b",
            "host:",
            "-x",
            "-(",
            "(x)",
            "..",
            ">5",
            "a:b",
        ]
    ),
)
starless = st.text(
    st.characters(exclude_categories=["Cs", "Cc"], exclude_characters="*"), min_size=1, max_size=5
)
pieces = st.one_of(
    st.lists(starless, min_size=1, max_size=3).map(lambda some: ("", *some, "")),
    st.tuples(starless, starless),
    st.tuples(starless, st.just("")),
)


def _of_kind(*kinds):
    return st.sampled_from([known.field for known in KNOWN if known.kind in kinds])


moments = st.one_of(
    st.datetimes(datetime(1990, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC)),  # noqa: DTZ001
    st.datetimes(datetime(1990, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC)).map(  # noqa: DTZ001
        lambda at: at.replace(microsecond=0, second=0)
    ),
    st.dates(date(1990, 1, 1), date(2100, 1, 1)).map(
        lambda day: datetime(day.year, day.month, day.day, tzinfo=UTC)
    ),
)
agos = st.integers(0, 10**7).map(lambda seconds: Ago(seconds=seconds))


@st.composite
def ranges(draw):
    field = draw(_of_kind(Kind.NUMBER))
    known = BY_FIELD[field]
    low, high = sorted(draw(st.lists(st.integers(known.least, known.most), min_size=2, max_size=2)))
    shape = draw(st.integers(0, 3))
    if shape == 0:
        return Is(field=field, value=low)
    return Between(
        field=field, least=low if shape != 1 else None, most=high if shape != 2 else None
    )


@st.composite
def spans(draw):
    field = draw(_of_kind(Kind.TIME))
    since, until = sorted(draw(st.lists(moments, min_size=2, max_size=2, unique=True)))
    back = sorted(
        draw(st.lists(agos, min_size=2, max_size=2, unique=True)), key=lambda a: -a.seconds
    )
    shape = draw(st.integers(0, 4))
    if shape == 3:
        return During(field=field, since=back[0], until=back[1])
    if shape == 4:
        return During(field=field, since=back[0], until=until)
    return During(
        field=field, since=since if shape != 1 else None, until=until if shape != 2 else None
    )


def _choice(field):
    return st.builds(Is, field=st.just(field), value=st.sampled_from(BY_FIELD[field].choices))


conditions = st.one_of(
    st.builds(Contains, field=_of_kind(Kind.PIECE), pieces=text.map(lambda one: (one,))),
    st.builds(
        Contains,
        field=_of_kind(Kind.PIECE),
        pieces=st.lists(starless, min_size=2, max_size=3).map(tuple),
    ),
    st.builds(
        Is, field=st.sampled_from([Field.SENSOR, Field.PARAMETER, Field.UNIQUE_ID]), value=text
    ),
    st.builds(Matches, field=st.sampled_from([Field.SENSOR, Field.PATH]), pieces=pieces),
    st.builds(Is, field=st.sampled_from([Field.HOST, Field.LABEL]), value=text.map(str.lower)),
    st.builds(InState, state=st.sampled_from(State)),
    _of_kind(Kind.CHOICE).flatmap(_choice),
    ranges(),
    spans(),
    st.builds(Is, field=_of_kind(Kind.TRUTH), value=st.booleans()),
    st.builds(Is, field=st.just(Field.COUNTRY), value=st.sampled_from(["DE", "FR"])),
    st.builds(Is, field=st.just(Field.CLIENT), value=st.just("unix:")),
    st.builds(
        Inside,
        network=st.one_of(
            st.ip_addresses().map(str),
            st.ip_addresses().map(lambda address: f"{address}/{address.max_prefixlen // 2}"),
        ).map(lambda block: spelled(network(block))),
    ),
    st.builds(Has, field=st.sampled_from(sorted(OPTIONAL))),
    st.builds(
        Is,
        field=st.just(Field.TAG),
        value=st.sampled_from(["OWASP_CRS", "a b", "paranoia-level/1", "(x)"]),
    ),
    st.builds(
        Matches, field=st.just(Field.TAG), pieces=st.sampled_from([("capec/", ""), ("a b", "")])
    ),
)


def _combined(parts):
    several = st.lists(parts, min_size=1, max_size=3)
    return st.one_of(
        several.map(lambda some: every(*some)),
        several.map(lambda some: either(*some)),
        parts.map(negated),
    )


expressions = st.recursive(conditions, _combined, max_leaves=8)


@given(expressions)
def test_what_is_written_is_read_as_the_same(expression):
    assert read(write(expression)) == expression


@given(expressions)
def test_the_usual_spelling_is_spelled_the_same_again(expression):
    assert write(read(write(expression))) == write(expression)


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("rule:942100 AND NOT status:403", "rule:942100 NOT status:403"),
        ("status:403 OR status:406", "status:(403 OR 406)"),
        ("a status:403 OR status:406", "(a status:403) OR status:406"),
        ("-(a b)", "NOT (a b)"),
        ("severity:2 severity:<=2", "severity:critical severity:<=2"),
        ("at:2026-11-01..2026-11-03", "at:2026-11-01..2026-11-03"),
        ("at:2026-11-01T07:00..2026-11-01T08:59", "at:2026-11-01T07:00Z..2026-11-01T08:59Z"),
        ("at:>-24h", "at:>=-24h"),
        ("at:-7d..now", "at:-7d..now"),
        ("at:>=-90s", "at:>=-90s"),
        ('"AND" OR "-x"', '"AND" OR "-x"'),
    ],
)
def test_the_usual_spelling(text, written):
    assert write(read(text)) == written


def test_a_time_range_ends_where_it_says():
    until = datetime(2026, 11, 2, tzinfo=UTC)
    whole = During(field=Field.AT, since=until - timedelta(days=1), until=until)
    assert write(whole) == "at:2026-11-01"
