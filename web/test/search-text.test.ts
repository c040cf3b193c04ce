import assert from 'node:assert/strict';
import { test } from 'node:test';
import { characters, marked, taken, units } from '../src/logic/search-text';

test('characters and units differ beyond the basic plane', () => {
  assert.equal(characters('🗝a🗝b', 3), 2);
  assert.equal(units('🗝a🗝b', 2), 3);
  assert.equal(units('ab', 7), 2);
});

test('a proposal takes the place of what was typed', () => {
  const place = { start: 4, end: 8, proposals: [] };
  assert.deepEqual(taken('🗝x hos', { ...place, start: 3, end: 6 }, 'host:'), ['🗝x host:', 9]);
  assert.deepEqual(taken('a host b', { ...place, start: 2, end: 6 }, 'host:'), ['a host: b', 7]);
  assert.deepEqual(taken('a cat', { ...place, start: 2, end: 5 }, 'category:sqli'), ['a category:sqli ', 16]);
  assert.deepEqual(taken('status:(40)', { ...place, start: 8, end: 10 }, '403'), ['status:(403)', 11]);
});

test('a mistake is cut out at its characters', () => {
  const mistake = { message: '', position: 2, length: 3, suggestion: null };
  assert.deepEqual(marked('🗝 foo:bar', mistake), ['🗝 ', 'foo', ':bar']);
  assert.deepEqual(marked('a', mistake), ['a', '', '']);
});
