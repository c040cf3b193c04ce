import assert from 'node:assert/strict';
import { test } from 'node:test';
import { axisSpan, growth, reach, span, summary } from '../src/logic/retention';
import type { RetentionLimits } from '../src/api/types';

const DAY = 86_400_000;
const GIB = 1024 ** 3;

function limits(payloads: number | null, transactions: number | null, free = GIB): RetentionLimits {
  return {
    ages: [{ of: 'all', sensor: null, payloads_hours: payloads, transactions_hours: transactions }],
    statistics_hours: null,
    max_store_bytes: null,
    min_free_bytes: free,
    interval_s: 3600,
  };
}

test('spans are told in days where they are whole ones', () => {
  assert.equal(span(720), '30 days');
  assert.equal(span(24), '1 day');
  assert.equal(span(36), '36 hours');
  assert.equal(span(null), 'for good');
});

test('the sentence says what holds', () => {
  assert.equal(summary(limits(720, 2160)), 'Entries are kept 30 days, transactions 90 days, as long as there is room.');
  assert.equal(summary(limits(null, null, 0)), 'Everything is kept for good.');
});

test('the axis shows all that is there and every limit', () => {
  assert.equal(axisSpan([0], [null]), DAY);
  assert.equal(axisSpan([3 * DAY], [720]), 30 * DAY);
  assert.equal(axisSpan([31 * DAY], [720]), 60 * DAY);
  assert.equal(axisSpan([9000 * DAY], []), 9000 * DAY);
});

test('reach is one unit', () => {
  assert.equal(reach(5 * 60_000), 'less than an hour');
  assert.equal(reach(26 * 3_600_000), '26 h');
  assert.equal(reach(12.9 * DAY), '12 d');
});

test('growth needs a day, and a store that shrinks is never full', () => {
  const at = (days: number, used: number) => ({ at: new Date(days * DAY).toISOString(), used_bytes: used, free_bytes: null });
  assert.equal(growth([at(0, 1)], 10), null);
  assert.equal(growth([at(0, 1), at(0.5, 2)], 10), null);
  assert.deepEqual(growth([at(0, GIB), at(4, 5 * GIB)], 10 * GIB), { per_day: GIB, days_left: 10 });
  assert.equal(growth([at(0, 5 * GIB), at(4, GIB)], GIB)?.days_left, null);
});
