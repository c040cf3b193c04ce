import assert from 'node:assert/strict';
import { test } from 'node:test';
import { carried, pieces } from '../src/logic/marked';
import { octetsOf, placedText, urlDecoded } from '../src/logic/octets';
import { codes } from '../src/logic/safe';
import { Chance, NASTY } from './chance';

const shown = (text: string, marks: { from: number; to: number; of: number }[], limits = {}): [string, number[]][] =>
  pieces(text, marks, limits).pieces.map(({ tokens, of }) => [tokens.map((token) => (token.kind === 'text' ? token.value : token.source)).join(''), of]);

test('marks cut the text, also where they overlap', () => {
  assert.deepEqual(shown('abcdef', [{ from: 1, to: 4, of: 0 }, { from: 3, to: 5, of: 2 }]), [['a', []], ['bc', [0]], ['d', [0, 2]], ['e', [2]], ['f', []]]);
});

test('all of the text is shown in its order, whatever is marked in it', () => {
  const chance = new Chance(11);
  for (let round = 0; round < 300; round += 1) {
    const text = chance.text(NASTY, 30);
    const marks = Array.from({ length: chance.below(5) }, (_, of) => {
      const from = chance.below(text.length + 1);
      return { from, to: from + chance.below(text.length - from + 1), of };
    });
    const found = shown(text, marks, { tokens: 10_000 });
    assert.equal(found.map(([piece]) => piece).join(''), text);
  }
});

test('the limit does not hide a mark', () => {
  const text = `${'a'.repeat(5000)}evil${'b'.repeat(5000)}`;
  const found = pieces(text, [{ from: 5000, to: 5004, of: 3 }], { length: 100 });
  assert.ok(found.pieces.some(({ of }) => of.includes(3)));
  assert.equal(found.hidden, 5000 - 200);
});

test('a mark is carried into the decoded text', () => {
  const text = 'a%27%20OR';
  const placed = placedText(urlDecoded(octetsOf(text)));
  assert.deepEqual(carried([{ from: 1, to: 7, of: 0 }], placed.at), [{ from: 1, to: 3, of: 0 }]);
  assert.equal(placed.text.slice(1, 3), "' ");
  assert.deepEqual(carried([{ from: 50, to: 60, of: 0 }], placed.at), []);
});

test('what a mark stands for can be written into an attribute', () => {
  assert.equal(codes('\0\u202e'), '0000202e');
});
