import assert from 'node:assert/strict';
import { test } from 'node:test';
import { beside, pinned, widened } from '../src/logic/period';
import { aheadOf, isZone, momentIn, stamp } from '../src/logic/zone';

const NOW_MS = Date.parse('2026-11-23T08:00:00Z');

test('the period before ends where this one begins', () => {
  assert.deepEqual(beside({ since: 'now-1h', until: null }, -1, NOW_MS), { since: '2026-11-23T06:00:00.000Z', until: '2026-11-23T07:00:00.000Z' });
  assert.equal(beside({ since: null, until: null }, -1, NOW_MS), null);
});

test('there is no period after now', () => {
  assert.equal(beside({ since: 'now-1h', until: null }, 1, NOW_MS), null);
  assert.deepEqual(beside({ since: '2026-11-23T05:00:00Z', until: '2026-11-23T06:00:00Z' }, 1, NOW_MS), {
    since: '2026-11-23T06:00:00.000Z', until: '2026-11-23T07:00:00.000Z',
  });
});

test('widening does not reach into the future', () => {
  assert.deepEqual(widened({ since: 'now-1h', until: null }, NOW_MS), { since: '2026-11-23T06:30:00.000Z', until: null });
});

test('a pinned period means the same rows tomorrow', () => {
  assert.deepEqual(pinned({ since: 'now-1h', until: null }, NOW_MS), { since: '2026-11-23T07:00:00.000Z', until: '2026-11-23T08:00:00.000Z' });
});

test('times are told and read in any zone, also around a change of the clocks', () => {
  assert.equal(stamp(new Date(NOW_MS), 'UTC'), '2026-11-23 08:00:00');
  assert.equal(stamp(new Date(NOW_MS), 'Asia/Kolkata'), '2026-11-23 13:30:00');
  assert.equal(aheadOf(new Date(NOW_MS), 'America/New_York'), -5 * 3600);
  for (const iso of ['2026-03-29T00:59:59.000Z', '2026-03-29T01:00:00.000Z', '2026-10-25T02:30:00.000Z', '2026-07-01T12:00:00.000Z']) {
    const at = new Date(iso);
    assert.equal(momentIn(stamp(at, 'Europe/Berlin').replace(' ', 'T'), 'Europe/Berlin')?.toISOString(), iso);
  }
  assert.equal(momentIn('', 'UTC'), null);
  assert.equal(isZone('Europe/Nowhere'), false);
});
