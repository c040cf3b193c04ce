import assert from 'node:assert/strict';
import { test } from 'node:test';
import { plain, tokenise } from '../src/logic/safe';

const labels = (text: string, limits = {}): string[] =>
  tokenise(text, limits).tokens.map((token) => (token.kind === 'text' ? token.value : `[${token.label}]`));

test('plain text stays one token', () => {
  assert.deepEqual(labels('/index.php?a=ä€😀'), ['/index.php?a=ä€😀']);
});

test('control, bidi, zero-width and tag characters become named marks', () => {
  assert.deepEqual(labels('a\0b\u202ec\u200bd\ufeffe\u{e0041}f\x9bg\x7f'), [
    'a', '[NUL]', 'b', '[RLO]', 'c', '[ZWSP]', 'd', '[BOM]', 'e', '[TAG A]', 'f', '[U+009B]', 'g', '[DEL]',
  ]);
});

test('lone surrogates and U+FFFD are marks, pairs are text', () => {
  assert.deepEqual(labels('\ud800x\udc00😀\ufffd'), ['[U+D800]', 'x', '[U+DC00]', '😀', '[�]']);
});

test('line feeds and tabs are marks in one line and text in a body', () => {
  assert.deepEqual(labels('a\n\tb'), ['a', '[LF]', '[TAB]', 'b']);
  assert.deepEqual(labels('a\n\tb\r', { lines: true }), ['a\n\tb', '[CR]']);
});

test('the same mark again is counted, so a wall of NULs is one element', () => {
  assert.deepEqual(labels('\0'.repeat(500)), ['[NUL ×500]']);
});

test('stacked combining marks end at the third', () => {
  assert.deepEqual(labels(`a${'\u0301'.repeat(9)}b`), [`a${'\u0301'.repeat(3)}`, '[+6 marks]', 'b']);
});

test('the length limit does not cut a pair and says how much is hidden', () => {
  const { tokens, hidden } = tokenise('abc😀def', { length: 4 });
  assert.deepEqual(tokens, [{ kind: 'text', value: 'abc' }]);
  assert.equal(hidden, 5);
});

test('the token limit holds for alternating marks and counts what it hides', () => {
  const { tokens, hidden } = tokenise('\0\x01'.repeat(1000), { tokens: 10 });
  assert.equal(tokens.length, 10);
  assert.equal(hidden, 1990);
});

test('every character of the source is shown or counted', () => {
  const source = 'x\0yy\u202ezzz'.repeat(30);
  const { tokens, hidden } = tokenise(source, { tokens: 17 });
  const shown = tokens.reduce((sum, token) => sum + (token.kind === 'text' ? token.value.length : 1), 0);
  assert.equal(shown + hidden, source.length);
});

test('invisible letters and odd spaces are marks', () => {
  for (const odd of ['\u00a0', '\u00ad', '\u115f', '\u3164', '\u2028', '\u2003', '\ufe0f', '\u180e', '\ue000']) {
    const [token] = tokenise(odd).tokens;
    assert.equal(token?.kind, 'mark', JSON.stringify(odd));
  }
});

test('plain() is one line for attributes', () => {
  assert.equal(plain('a\0b', 2), 'a[NUL]…');
});
