import assert from 'node:assert/strict';
import { test } from 'node:test';
import { bytesOf, escapesDecoded, htmlDecoded, octetsOf, placedText, squeezed, textOf, urlDecoded } from '../src/logic/octets';
import { Chance, NASTY } from './chance';

const read = (text: string, how: (octets: ReturnType<typeof octetsOf>) => ReturnType<typeof octetsOf>): string => textOf(how(octetsOf(text)).bytes);

test('text becomes its UTF-8 bytes, and these become the text again', () => {
  const chance = new Chance(1);
  for (let round = 0; round < 300; round += 1) {
    const text = chance.text(NASTY, 30);
    const octets = octetsOf(text);
    assert.equal(octets.bytes, Buffer.from(text).toString('latin1'));
    assert.equal(octets.bytes, bytesOf(text));
    assert.equal(octets.at.length, octets.bytes.length + 1);
    assert.equal(placedText(octets).text, text);
    assert.equal(placedText(octets).at.at(-1), text.length);
  }
});

test('percent signs, wide ones too, and plus signs are decoded; what is none stays', () => {
  assert.equal(read('%27%20OR+1%3D1', urlDecoded), "' OR 1=1");
  assert.equal(read('%u0041%E6%97%A5%zz%', urlDecoded), 'A日%zz%');
  assert.equal(read('a+b', (octets) => urlDecoded(octets, { plus: false })), 'a+b');
});

test('entities are decoded, unknown ones stay', () => {
  assert.equal(read('&lt;img&#x20;src&#61;&quot;x&quot;&gt;&unknown;&#xd800;', htmlDecoded), '<img src="x">&unknown;&#xd800;');
});

test('escapes of the usual kinds are decoded', () => {
  assert.equal(read('\\u0041\\x42\\103\\n\\u{1F600}\\ud83d\\ude00\\"\\q', escapesDecoded), 'ABC\n😀😀"\\q');
});

test('every byte remembers where its source stood, through several steps', () => {
  const text = 'x=%2527&lt;é';
  const octets = htmlDecoded(urlDecoded(urlDecoded(octetsOf(text, 100))));
  assert.equal(textOf(octets.bytes), "x='<é");
  assert.deepEqual([...octets.at], [100, 101, 102, 107, 111, 111, 112]);
});

test('white space is squeezed and NULs are dropped', () => {
  assert.equal(read('a \t\n b\0c', squeezed), 'a bc');
});

test('bytes that are not UTF-8 become marks of one unit each', () => {
  const placed = placedText(urlDecoded(octetsOf('a%ff%c3%28b')));
  assert.equal(placed.text, 'a\ufffd\ufffd(b');
  assert.deepEqual([...placed.at], [0, 1, 4, 7, 10, 11]);
});
