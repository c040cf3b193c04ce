import assert from 'node:assert/strict';
import { test } from 'node:test';
import { asText, fromBase64, hexLines, isBinary, joined } from '../src/logic/bytes';

const all = Uint8Array.from({ length: 256 }, (_, index) => index);

test('base64 becomes the same bytes', () => {
  assert.deepEqual(fromBase64(Buffer.from(all).toString('base64')), all);
  assert.deepEqual(fromBase64(''), new Uint8Array());
});

test('text keeps a byte order mark and shows what is not UTF-8', () => {
  assert.equal(asText(Uint8Array.of(0xef, 0xbb, 0xbf, 0x61, 0xff, 0x00)), '\uFEFFa\uFFFD\u0000');
});

test('a character cut by a window is whole once the next window is there', () => {
  const euro = new TextEncoder().encode('a€b');
  assert.equal(asText(joined(euro.slice(0, 2), euro.slice(2))), 'a€b');
});

test('text is text, in any script; a log with a few odd bytes is too', () => {
  assert.equal(isBinary(new TextEncoder().encode('--a-A--\r\n[ä€🔥]\t\n'.repeat(9))), false);
  assert.equal(isBinary(new TextEncoder().encode(`${'x'.repeat(100)}\u0000\u001b`)), false);
  assert.equal(isBinary(all), true);
  assert.equal(isBinary(Uint8Array.from({ length: 64 }, () => 0)), true);
  assert.equal(isBinary(new Uint8Array()), false);
});

test('hexadecimal lines hold every byte once and no control character', () => {
  const lines = hexLines(all, 16);
  assert.equal(lines.length, 16);
  assert.equal(lines[4], '00000040  40 41 42 43 44 45 46 47 48 49 4a 4b 4c 4d 4e 4f  @ABCDEFGHIJKLMNO');
  assert.equal(lines[15]?.slice(-16), '·'.repeat(16));
  assert.equal(hexLines(Uint8Array.of(1, 65), 8)[0], '00000000  01 41                    ·A');
  assert.deepEqual(hexLines(new Uint8Array(), 16), []);
  // eslint-disable-next-line no-control-regex
  assert.equal(/[\u0000-\u001f\u007f-\u009f]/.test(lines.join('')), false);
});
