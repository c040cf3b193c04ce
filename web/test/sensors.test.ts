import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { test } from 'node:test';
import type { SensorHealth } from '../src/api/types';
import { isShown, lagInWords, networksOf, quoted, reachable, reasonInWords, sorted, testAttack, troublesOf } from '../src/logic/sensors';
import { placeAt } from '../src/map/picker';
import { FLAT_MIDDLE } from '../src/map/shapes';
import { naturalEarth } from '../src/map/surface';

function sensor(name: string, facts: Partial<SensorHealth> = {}): SensorHealth {
  return {
    name, label: '', is_demo: false, state: 'sending', last_entry_at: null, per_minute: [1, 2], usual_per_hour: null,
    transactions: 0, with_defects: 0, lag: null, clock: 'right', formats: [], producer: null, ruleset: null,
    dead_letters: 0, refusal: null, turned_away: null, ...facts,
  };
}
const refusal = { reason: 'wrong-secret', at: '2026-11-23T00:00:00Z', peer: null, count: 2 };

test('silent sensors stand first, then refused ones, then those that wait; equals by name', () => {
  const all = [
    sensor('z'), sensor('b', { state: 'disabled' }), sensor('a10'), sensor('a9'), sensor('w', { state: 'waiting' }),
    sensor('r', { refusal }), sensor('s', { state: 'silent' }),
  ];
  assert.deepEqual(sorted(all, 'State', false).map(({ name }) => name), ['s', 'r', 'w', 'a9', 'a10', 'z', 'b']);
  assert.deepEqual(sorted(all, 'Sensor', true).map(({ name }) => name), ['z', 'w', 's', 'r', 'b', 'a10', 'a9']);
});

test('what wants attention is told, and can be asked for', () => {
  const lag = { mean_ms: 0, least_ms: -180_000, most_ms: 0 };
  const bad = sensor('x', { label: 'Shop', refusal, dead_letters: 1, clock: 'ahead', lag, with_defects: 1200 });
  assert.deepEqual(troublesOf(bad), ['refused: the secret is wrong', '1 dead letter', 'clock 3 min ahead', '1,200 odd']);
  assert.equal(isShown(bad, 'attention', 'sho'), true);
  assert.equal(isShown(bad, 'silent', ''), false);
  assert.equal(isShown(sensor('y'), 'attention', ''), false);
  assert.equal(isShown(sensor('y'), 'all', ' Y '), true);
  assert.equal(reasonInWords('never-heard-of'), 'never heard of');
});

test('networks are typed in any of the usual ways', () => {
  assert.deepEqual(networksOf(' 192.0.2.1,\n2001:db8::/32 ;10.0.0.0/8\n'), ['192.0.2.1', '2001:db8::/32', '10.0.0.0/8']);
  assert.deepEqual(networksOf(' \n'), []);
});

test('a lag has one unit and a sign', () => {
  assert.deepEqual([0, 1234, -2500, 61_000, -7_200_000].map(lagInWords), ['0.0 s', '1.2 s', '−2.5 s', '1 min', '−2 h']);
});

test('the test attack asks the typed site, with or without scheme, path and query', () => {
  const attack = "bartizan-test=1%27%20or%20%271%27%3D%271'";
  const line = (target: string): string => `curl -sS -o /dev/null -w '%{http_code}\\n' '${target}`;
  assert.equal(testAttack('shop.example'), line(`https://shop.example/?${attack}`));
  assert.equal(testAttack(' http://192.0.2.1:8080/a b?x=1 '), line(`http://192.0.2.1:8080/a%20b?x=1&${attack}`));
  assert.equal(testAttack('[2001:db8::1]:8443'), line(`https://[2001:db8::1]:8443/?${attack}`));
});

test('what is no site gives no line', () => {
  for (const typed of ['', ' ', 'ftp://a.example', 'javascript:alert(1)', 'https://', 'https://u:p@a.example', 'https://a b/', 'file:///etc/passwd']) {
    assert.equal(testAttack(typed), null, typed);
  }
});

test('a shell takes a quoted text for what it is', () => {
  for (const text of ["it's", '$(id) `id` "x" \\ ; & | > * ~ !', "''", '', '\u202ea', "https://a/?'`;"]) {
    assert.equal(execFileSync('/bin/sh', ['-c', `printf %s ${quoted(text)}`]).toString(), text);
  }
  const line = testAttack("https://a.example/'$(id)`x`;&|?q='$(id)") ?? '';
  const seen = execFileSync('/bin/sh', ['-c', line.replace('curl', "printf '%s\\n'")]).toString().split('\n').at(-2) ?? '';
  assert.ok(seen.startsWith('https://a.example/'), seen);
});

test('an address of this machine only becomes the one that the page came from', () => {
  assert.equal(reachable('http://127.0.0.1:8888', 'waf.example'), 'http://waf.example:8888');
  assert.equal(reachable('https://THIS-MACHINE:8888', '192.0.2.1'), 'https://192.0.2.1:8888');
  assert.equal(reachable('https://THIS-MACHINE:8888', '127.0.0.1'), 'https://THIS-MACHINE:8888');
  assert.equal(reachable('https://collector.example', 'waf.example'), 'https://collector.example');
});

test('pointing at the map finds the place that is drawn there', () => {
  for (const [longitude, latitude] of [[8.68, 50.11], [-122.4, 37.8], [151.2, -33.9], [0, 0], [179, 65], [-169, 21]] as const) {
    let relative = longitude - FLAT_MIDDLE;
    if (relative < -180) relative += 360;
    const [x, y] = naturalEarth((relative * Math.PI) / 180, (latitude * Math.PI) / 180);
    const found = placeAt(x, y);
    assert.ok(found && Math.abs(found[0] - longitude) < 1e-6 && Math.abs(found[1] - latitude) < 1e-6, String(found));
  }
  assert.equal(placeAt(5, 0), null);
  assert.equal(placeAt(0, 9), null);
});
