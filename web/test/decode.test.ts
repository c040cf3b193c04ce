import assert from 'node:assert/strict';
import { test } from 'node:test';
import { asText } from '../src/logic/bytes';
import { chain, input, type Kind, KINDS, MOST_BYTES, MOST_STEPS, proposed } from '../src/logic/decode';
import { Chance, NASTY } from './chance';

const last = (text: string, ...kinds: Kind[]): string | null => {
  const { bytes } = chain(text, kinds).at(-1) ?? { bytes: null };
  return bytes === null ? null : asText(bytes);
};

test('each kind is decoded', () => {
  assert.equal(last('%3Cscript%3E+%u0041', 'url'), '<script> A');
  assert.equal(last('PHNjcmlwdD4', 'base64'), '<script>');
  assert.equal(last(' "PHNj\ncmlwdD4=" ', 'base64'), '<script>');
  assert.equal(last('&lt;b&#62;', 'html'), '<b>');
  for (const hex of ['3c623e', '3C 62 3E', '0x3c623e', '\\x3c\\x62\\x3e', '3c:62:3e']) assert.equal(last(hex, 'hex'), '<b>');
  assert.equal(last('\\u003cb\\x3e', 'unicode'), '<b>');
});

test('steps follow each other, and each shows what it made', () => {
  const steps = chain('JTI1M0NiJTI1M0U=', ['base64', 'url', 'url']);
  assert.deepEqual(steps.map(({ bytes }) => bytes && asText(bytes)), ['%253Cb%253E', '%3Cb%3E', '<b>']);
});

test('a step that finds something else ends the chain and says so', () => {
  const steps = chain('not base64!', ['base64', 'url']);
  assert.deepEqual(steps, [{ kind: 'base64', bytes: null, isSame: false }]);
  assert.equal(last('abc', 'hex'), null);
  assert.equal(chain('abc', ['url'])[0]?.isSame, true);
});

test('what was encoded comes back, byte by byte', () => {
  const chance = new Chance(9);
  for (let round = 0; round < 200; round += 1) {
    const text = chance.text(NASTY, 20);
    const bytes = Buffer.from(text);
    if (bytes.length < 2) continue;
    for (const [kind, encoded] of [['base64', bytes.toString('base64')], ['base64', bytes.toString('base64url')], ['hex', bytes.toString('hex')], ['url', encodeURIComponent(bytes.toString())]] as [Kind, string][]) {
      assert.deepEqual(Buffer.from(chain(encoded, [kind])[0]?.bytes ?? []), bytes, `${kind} ${encoded}`);
    }
  }
});

test('nothing grows without end', () => {
  assert.equal(input('x'.repeat(10 ** 6)).length, MOST_BYTES);
  const many = chain('%41', Array.from({ length: 50 }, () => 'url' as const));
  assert.equal(many.length, MOST_STEPS);
  const chance = new Chance(10);
  for (let round = 0; round < 100; round += 1) {
    const text = chance.text(NASTY, 200);
    let size = input(text).length;
    for (const { bytes } of chain(text, KINDS)) {
      assert.ok((bytes?.length ?? 0) <= size * 2);
      size = bytes?.length ?? 0;
    }
  }
});

test('what is proposed is what would help', () => {
  assert.deepEqual(proposed(input('%3Cscript%3E')), ['url']);
  assert.deepEqual(proposed(input('PHNjcmlwdD5hbGVydCgxKTwvc2NyaXB0Pg==')), ['base64']);
  for (const plain of ['localhost', 'text/html', '127.0.0.1', 'application/x-www-form-urlencoded', '', 'it is 100% fine', 'C:\\Users']) {
    assert.deepEqual(proposed(input(plain)), [], plain);
  }
});
