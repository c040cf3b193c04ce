import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Row } from '../src/api/types';
import { contains, parseAddress } from '../src/logic/address';
import {
  type Filters, isFiltered, matches, noFilters, onlyRange, pageOf, parseFilters, toSearch, without, withoutValue, withValue,
} from '../src/logic/filters';

const NOW_MS = Date.parse('2026-11-23T08:00:00Z');

const ROW: Row = {
  id: '1', sensor: 'web-1', at: '2026-11-23T07:59:00.000000Z', received_at: '2026-11-23T07:59:00Z', is_skewed: false,
  unique_id: 'abc', client: { address: '203.0.113.7', port: 1 },
  place: { kind: 'city', country: 'DE', country_name: 'Germany', city: 'Berlin', latitude: 52, longitude: 13 },
  method: 'GET', host: 'Shop.example', uri: '/admin/login.php?x=/etc', status: 403, category: 'sqli', severity: 2, score: 5,
  intercepted: true, verdict: null, rule_ids: [942100, 949110], defect_count: 0, time_basis: 'stated', is_demo: false, state: 'open', labels: [],
};

const having = (search: string): Filters => parseFilters(search);

test('filters survive the address bar', () => {
  const hostile = '/a b&c=d#e?f+%00\u202e☃';
  let filters = withValue(withValue(noFilters(), 'path', hostile), 'country', 'DE');
  filters = { ...withValue(filters, 'country', 'US'), blocked: false, since: 'now-15m', until: '2026-01-01T00:00:00Z', uniqueId: 'x&y' };
  assert.deepEqual(parseFilters(toSearch(filters)), filters);
  assert.deepEqual(parseFilters(pageOf(filters).split('?').slice(1).join('?')), filters);
});

test('the same filters give the same address, whatever the order', () => {
  assert.equal(toSearch(having('?status=403&country=DE')), toSearch(having('?country=DE&status=403')));
});

test('unknown, empty and repeated parameters are dropped', () => {
  assert.equal(toSearch(having('?nonsense=1&host=&country=DE&country=DE&blocked=perhaps')), 'country=DE');
});

test('no filter is no query', () => {
  assert.equal(pageOf(noFilters()), '/transactions');
  assert.equal(isFiltered(having('?since=now-1h')), false);
  assert.equal(isFiltered(having('?since=now-1h&blocked=true')), true);
});

test('adding twice adds once; removing leaves the others', () => {
  const twice = withValue(withValue(noFilters(), 'rule', '942100'), 'rule', '942100');
  assert.deepEqual(twice.values.rule, ['942100']);
  assert.deepEqual(withoutValue(having('?rule=1&rule=2'), 'rule', '1').values.rule, ['2']);
  assert.equal(toSearch(without(having('?rule=1&rule=2&country=DE'), 'rule')), 'country=DE');
  assert.equal(toSearch(onlyRange(having('?rule=1&since=now-1h'))), 'since=now-1h');
});

test('a row matches if every field has one of its values', () => {
  const yes = [
    '', '?sensor=web-1', '?client=203.0.113.0/24', '?country=de', '?rule=949110', '?category=sqli&category=xss', '?host=shop.EXAMPLE',
    '?path=/admin/*', '?path=*login*', '?path=/admin/login.php', '?status=403', '?blocked=true', '?unique_id=abc', '?since=now-5m', '?since=2026-11-23T07:59:00Z',
  ];
  const no = [
    '?sensor=web-2', '?client=203.0.113.8', '?country=US', '?rule=1', '?category=xss', '?host=example', '?path=/admin', '?path=*etc*',
    '?status=200', '?blocked=false', '?unique_id=x', '?since=now-30s', '?until=2026-11-23T07:59:00Z', '?country=DE&status=200',
  ];
  for (const search of yes) assert.equal(matches(having(search), ROW, NOW_MS), true, search);
  for (const search of no) assert.equal(matches(having(search), ROW, NOW_MS), false, search);
});

test('the star of a path does not overlap itself', () => {
  assert.equal(matches(having('?path=/admin/login*n/login.php'), ROW, NOW_MS), false);
});

test('CIDR blocks of both families', () => {
  assert.equal(contains('2001:db8::/32', '2001:db8:1::5'), true);
  assert.equal(contains('2001:db8::/32', '2001:db9::'), false);
  assert.equal(contains('::ffff:1.2.3.4', '::ffff:102:304'), true);
  assert.equal(contains('0.0.0.0/0', '203.0.113.9'), true);
  assert.equal(contains('0.0.0.0/0', '::1'), false);
  assert.equal(contains('10.0.0.0/33', '10.0.0.1'), false);
  assert.equal(contains('unix:', 'unix:'), true);
});

test('what is no address is none', () => {
  for (const text of ['', '1.2.3', '1.2.3.256', '1:2', ':::', '1::2::3', '1:2:3:4:5:6:7:8:9', 'g::']) {
    assert.equal(parseAddress(text), null, text);
  }
  assert.equal(parseAddress('::')?.value, 0n);
});
