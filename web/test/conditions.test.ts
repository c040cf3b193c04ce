import assert from 'node:assert/strict';
import { test } from 'node:test';
import { excluding, including, written } from '../src/logic/conditions';
import { noFilters, parseFilters, toSearch } from '../src/logic/filters';

test('values that the language would read otherwise are quoted', () => {
  assert.equal(written('host', 'shop.example'), 'host:shop.example');
  assert.equal(written('path', '/a b*(c)"\\'), 'path:"/a b*(c)\\"\\\\"');
  assert.equal(written('client', '2001:db8::1'), 'client:"2001:db8::1"');
  assert.equal(written('method', 'OR'), 'method:"OR"');
  assert.equal(written('sensor', '-x'), 'sensor:"-x"');
  assert.equal(written('score', '5..9'), 'score:5..9');
  assert.equal(written('network', '203.0.113.0/24'), 'client:203.0.113.0/24');
});

test('excluding a value adds a condition, and drops it from those chosen', () => {
  const filters = excluding(parseFilters('rule=942100&rule=1&q=sqlmap'), 'rule', '942100');
  assert.equal(toSearch(filters), 'rule=1&q=sqlmap+NOT+rule%3A942100');
  assert.equal(toSearch(excluding(filters, 'rule', '942100')), toSearch(filters));
});

test('alternatives are put in parentheses before a condition is added', () => {
  const { text } = excluding(parseFilters('q=a+OR+b'), 'status', '403');
  assert.equal(text, '(a OR b) NOT status:403');
});

test('including takes an exclusion back', () => {
  const excluded = excluding(noFilters(), 'country', 'DE');
  assert.equal(toSearch(including(excluded, 'country', 'DE')), 'country=DE');
});

test('what no filter of the address knows is asked for in the text', () => {
  assert.equal(including(noFilters(), 'city', 'São Paulo').text, 'city:"São Paulo"');
  assert.equal(including(noFilters(), 'unique_id', 'a&b').uniqueId, 'a&b');
});
