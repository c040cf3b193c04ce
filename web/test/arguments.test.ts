import assert from 'node:assert/strict';
import { test } from 'node:test';
import { bodyKind, boundaryOf, cookies, formParts, queryArguments, querySpan } from '../src/logic/arguments';
import { Chance, NASTY } from './chance';

const plain = (listed: ReturnType<typeof queryArguments>): string[][] => listed.map(({ name, value }) => [name.text, value.text]);

test('arguments are decoded, and know where they stand as they were sent', () => {
  const uri = '/x?a=1%27&b%5B%5D=two+words&&flag&=nameless';
  const { from, to } = querySpan(uri);
  const listed = queryArguments(uri, from, to);
  assert.deepEqual(plain(listed), [['a', "1'"], ['b[]', 'two words'], ['flag', ''], ['', 'nameless']]);
  assert.deepEqual(listed.map(({ valueSpan }) => uri.slice(valueSpan.from, valueSpan.to)), ['1%27', 'two+words', '', 'nameless']);
});

test('spans of any query put together are the query', () => {
  const chance = new Chance(2);
  for (let round = 0; round < 300; round += 1) {
    const query = chance.text(NASTY, 25);
    const again = queryArguments(query).map(({ nameSpan, valueSpan }) => query.slice(nameSpan.from, valueSpan.to)).join('&');
    assert.equal(again, query.split('&').filter(Boolean).join('&'));
  }
});

test('cookies are cut at semicolons', () => {
  const header = 'a=1; track="x=y"; lonely;b=';
  assert.deepEqual(plain(cookies(header)), [['a', '1'], ['track', '"x=y"'], ['lonely', ''], ['b', '']]);
});

const form = [
  '--XyZ', 'Content-Disposition: form-data; name="a"', '', 'one', '--XyZ',
  'Content-Disposition: form-data; name="f"; filename="e\\"vil.php"', 'Content-Type: text/php', '', '<?php', '', 'x', '--XyZ--', '',
].join('\r\n');

test('a form has its parts, with names, file names, types and contents', () => {
  const parts = formParts(form, boundaryOf('multipart/form-data; boundary="XyZ"') ?? '');
  assert.deepEqual(parts.map(({ name, filename, type, content }) => [name, filename, type, form.slice(content.from, content.to)]), [
    ['a', null, null, 'one'],
    ['f', 'e"vil.php', 'text/php', '<?php\r\n\r\nx'],
  ]);
});

test('a form that is torn, or none at all, does no harm', () => {
  for (let end = 0; end < form.length; end += 1) assert.ok(formParts(form.slice(0, end), 'XyZ').length <= 2);
  assert.deepEqual(formParts('nothing of it', 'XyZ'), []);
  const chance = new Chance(3);
  for (let round = 0; round < 200; round += 1) formParts(chance.text([...NASTY, '--XyZ', '\n', 'name='], 40), 'XyZ');
});

test('a body is what its type says, and without one what it looks like', () => {
  assert.equal(bodyKind('application/json; charset=utf-8', ''), 'json');
  assert.equal(bodyKind('Multipart/Form-Data; boundary=x', ''), 'multipart');
  assert.equal(bodyKind('multipart/form-data', ''), 'text');
  assert.equal(bodyKind('application/soap+xml', ''), 'xml');
  assert.equal(bodyKind('application/xhtml+xml; html', ''), 'text');
  assert.equal(bodyKind(null, ' {"a":1}'), 'json');
  assert.equal(bodyKind(null, 'a=1&b=2'), 'form');
  assert.equal(bodyKind('text/plain', 'a=1'), 'text');
});
