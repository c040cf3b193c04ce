import assert from 'node:assert/strict';
import { test } from 'node:test';
import { duration, moment, rangeLabel, relative, utc } from '../src/logic/when';

test('relative times use one unit', () => {
  const now = 1_000_000_000_000;
  const said = [0, 1500, 12_000, 59_999, 60_000, 3_599_000, 3_600_000, 47 * 3_600_000, 48 * 3_600_000].map((ago) => relative(now - ago, now));
  assert.deepEqual(said, ['just now', 'just now', '12 s ago', '59 s ago', '1 min ago', '59 min ago', '1 h ago', '47 h ago', '2 d ago']);
  assert.equal(relative(now + 5000, now), 'in 5 s');
  assert.equal(duration(0.4), '0 s');
});

test('moments are relative or ISO 8601, anything else is none', () => {
  assert.equal(moment('now-15m', 1e12), 1e12 - 900_000);
  assert.equal(moment('now-2w', 1e12), 1e12 - 1_209_600_000);
  assert.equal(moment('now', 1e12), 1e12);
  assert.equal(moment('2026-11-23T05:49:18.123456Z', 0), Date.parse('2026-11-23T05:49:18.123Z'));
  assert.equal(moment('yesterday', 0), null);
});

test('ranges have names', () => {
  assert.equal(rangeLabel(null, null), 'All time');
  assert.equal(rangeLabel('now-24h', null), 'Last 24 hours');
  assert.equal(rangeLabel('now-3h', null), 'since now-3h');
  assert.match(rangeLabel('2026-01-01T00:00:00Z', '2026-01-02T00:00:00Z'), /^2025-12-31 |^2026-01-01 .* – 202/);
});

test('UTC is exact to the second, and what is no time is left alone', () => {
  assert.equal(utc('2026-11-23T05:49:18.123456Z'), '2026-11-23 05:49:18 UTC');
  assert.equal(utc('nonsense'), 'nonsense');
});
