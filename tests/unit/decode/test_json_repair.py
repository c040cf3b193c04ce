"""JSON that is not quite JSON: reading what is, in one go, changes nothing but the time."""

import random

import pytest

from bartizan.decode.json_repair import Members, _Reader
from tests.fuzz import mutate

JSON_FORMATS = [name for name in mutate.FORMATS if "json" in name or "ocsf" in name]


def outline(value):
    """The value with the types of what is in it."""
    if isinstance(value, Members):
        return "object", [(key, outline(one)) for key, one in value]
    if isinstance(value, list):
        return "array", [outline(one) for one in value]
    return type(value).__name__, value


def told(text, *, in_one_go):
    reader = _Reader(text)
    if not in_one_go:
        reader._tries = 0
    root = outline(reader.read())
    return root, reader.is_malformed, reader.detail, reader.is_torn, reader.after_end


def same(text):
    assert told(text, in_one_go=True) == told(text, in_one_go=False)


@pytest.mark.parametrize("format_", JSON_FORMATS)
def test_a_mutated_entry_is_read_the_same_token_by_token(format_):
    chance = random.Random(format_)
    small, _ = mutate.seeds(format_)
    for _ in range(300):
        raw = mutate.mutate(chance.choice(small), chance, small)
        same(raw.decode("utf-8", "replace"))


@pytest.mark.parametrize(
    "inside",
    [
        '"a":1,"a":2',
        '"a":{"b":[1,{"c":null}],"b":true}',
        '"a":01',
        '"a":1.1.1.1',
        '"a":NaN',
        '"a":-Infinity',
        '"a":1e999',
        '"a":[1,]',
        '"a":"\x00\n"',
        '"a":"\\ud83d\\ude00"',
        '"a":"\\ud800"',
        '"a":"\\x41"',
        '"a":{"b":1]',
        '"a":' + "[" * 30 + "]" * 30,
        '"a":' + "[" * 23 + "]" * 23,
        '"a":' + "[" * 22 + "]" * 22,
        '"a":' + "[" * 5000 + "]" * 5000,
        '"a":' + '{"b":' * 30 + "1" + "}" * 30,
        '"a":{"b":1}"c":{"d":2}',
        '"a" {"b":1}',
        '"a":"b" "c":"d",',
        '{"b":1},"c":2',
    ],
)
def test_what_the_quick_way_might_take_otherwise_is_read_the_same(inside):
    for text in ("{" + inside + "}", "{" + inside + "!}", '{"x":[{' + inside + '},{"y":"z"}]!}'):
        same(text)


def test_entries_with_many_faults_take_time_in_proportion_to_their_number():
    text = '{"a":[' + '{"b":!},' * 20_000 + "]}"
    reader = _Reader(text)
    reader.read()
    assert reader._tries == 0  # then no more of them is tried
