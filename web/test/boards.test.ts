import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { HostRow } from '../src/logic/boards';
import { areaPath, bandStart, bandWords, changeOf, inGroups, linePath, rise, severityName, share, sortedHosts, wholeSlices } from '../src/logic/boards';

test('a change is a figure that fits a tile', () => {
  assert.deepEqual(changeOf(112, 100), { text: '+12 %', direction: 'up' });
  assert.deepEqual(changeOf(97, 100), { text: '−3 %', direction: 'down' });
  assert.deepEqual(changeOf(0, 100), { text: '−100 %', direction: 'down' });
  assert.deepEqual(changeOf(1400, 100), { text: '×14', direction: 'up' });
  assert.deepEqual(changeOf(10_001, 10_000), { text: '+<1 %', direction: 'up' });
  assert.deepEqual(changeOf(5, 5), { text: 'no change', direction: 'same' });
  assert.deepEqual(changeOf(5, 0), { text: 'new', direction: 'up' });
  assert.equal(changeOf(0, 0), null);
});

test('a share never rounds something to nothing, nor a part to all', () => {
  assert.equal(share(1, 3), '33 %');
  assert.equal(share(1, 1000), '<1 %');
  assert.equal(share(999, 1000), '>99 %');
  assert.equal(share(5, 5), '100 %');
  assert.equal(share(0, 0), '0 %');
});

test('a line goes from edge to edge, and the greatest touches the top', () => {
  assert.equal(linePath([0, 4, 2], 100, 20, 4), 'M0.0 20.0L50.0 0.0L100.0 10.0');
  assert.equal(linePath([3], 100, 20, 3), 'M0 0.0H100');
  assert.equal(linePath([0, 0], 100, 20, 0), 'M0.0 20.0L100.0 20.0');
  assert.equal(areaPath([], 100, 20, 1), '');
  assert.ok(areaPath([1, 1], 100, 20, 1).endsWith('V20H0Z'));
});

test('bands of scores are told in words and have an order', () => {
  assert.deepEqual(['..0', '1..4', '100..', '7'].map(bandWords), ['0 or less', '1 to 4', '100 or more', '7']);
  assert.deepEqual(['100..', '1..4', '..0', '20..29'].sort((a, b) => bandStart(a) - bandStart(b)), ['..0', '1..4', '20..29', '100..']);
  assert.equal(severityName('2'), 'Critical');
  assert.equal(severityName('9'), '9');
});

const host = (name: string, transactions: number, at: string | null, bars: number[] = []): HostRow => ({
  host: name,
  transactions,
  intercepted: transactions / 2,
  detail: at === null ? null : { host: name, at, transaction_id: '1', sensor: 's', engine_mode: null, ruleset: null, bars },
});

test('hosts are sorted by any column, those whose details are not there yet last', () => {
  const hosts = [host('b', 1, null), host('a', 5, '2026-11-23T10:00:00Z', [5, 1]), host('c', 9, '2026-11-22T10:00:00Z', [1, 5])];
  const names = (by: Parameters<typeof sortedHosts>[1], isReversed = false): string => sortedHosts(hosts, by, isReversed).map((one) => one.host).join('');
  assert.equal(names('Host'), 'abc');
  assert.equal(names('Host', true), 'cba');
  assert.equal(names('Transactions'), 'cab');
  assert.equal(names('Last'), 'acb');
  assert.equal(names('Trend'), 'cba');
  assert.equal(names('Share'), 'abc');
});

test('a rise is between -1 and 1', () => {
  assert.equal(rise([]), 0);
  assert.equal(rise([0, 0, 0]), 0);
  assert.equal(rise([0, 9, 4]), 1);
  assert.equal(rise([4, 4]), 0);
});

test('groups hold everything once', () => {
  assert.deepEqual(inGroups([1, 2, 3, 4, 5], 2), [[1, 2], [3, 4], [5]]);
  assert.deepEqual(inGroups([], 2), []);
});

test('a slice that is not over yet is not drawn', () => {
  const hour = 3_600_000;
  assert.deepEqual(wholeSlices([1, 2, 3], 0, 3 * hour, 3600), [1, 2, 3]);
  assert.deepEqual(wholeSlices([1, 2, 3], 0, 2.5 * hour, 3600), [1, 2]);
  assert.deepEqual(wholeSlices([1, 2, 3], 0.5 * hour, 2.5 * hour, 3600), [1, 2]);
  assert.deepEqual(wholeSlices([1, 2], 0, 1.5 * hour, 3600), [1, 2]);
});
