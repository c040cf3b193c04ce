import assert from 'node:assert/strict';
import { test } from 'node:test';
import { hasTime, inWords, isSame, toSave } from '../src/logic/views';

test('the same parameters are the same view, whatever their order', () => {
  assert.ok(isSame('?status=403&host=a&host=b', 'host=b&host=a&status=403'));
  assert.ok(isSame('q=a++b&limit=5&cursor=x', '?q=a+b'));
  assert.ok(isSame('host=', ''));
  assert.ok(!isSame('host=a', 'host=b'));
  assert.ok(!isSame('host=a', 'host=a&blocked=true'));
});

test('the time range is kept only if somebody says so', () => {
  const query = '?since=now-24h&q=status%3A403&until=now';
  assert.ok(hasTime(query));
  assert.equal(toSave(query, false), 'q=status%3A403');
  assert.equal(toSave(query, true), 'q=status%3A403&since=now-24h&until=now');
  assert.ok(!hasTime(toSave(query, false)));
});

test('a view is told in words', () => {
  assert.equal(inWords('status=403&status=406&q=rule:942100&unique_id=x'), 'rule:942100, status 403 or 406, unique id x');
  assert.equal(inWords(''), '');
});
