from hypothesis import given
from hypothesis import strategies as st

from bartizan.kit.text import text, visible


def test_bytes_that_are_not_utf8_become_replacement_characters():
    assert text(b"a\xffb\xc3\xa9") == "a\ufffdb\u00e9"


def test_terminal_escapes_and_bidi_controls_become_names():
    assert visible("a\x1b[31m\u202egpj\r\n") == "a<U+001B>[31m<U+202E>gpj<U+000D><U+000A>"


def test_c1_controls_and_separators_become_names():
    assert visible("\x9b\u2028\ufeff\u200b") == "<U+009B><U+2028><U+FEFF><U+200B>"


@given(st.text())
def test_visible_text_is_one_printable_line(value):
    shown = visible(value)
    assert len(shown.splitlines()) <= 1
    assert not any(ord(c) < 32 or 0x7F <= ord(c) < 0xA0 for c in shown)
