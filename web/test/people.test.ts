import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Deed } from '../src/api/types';
import { browserOf } from '../src/logic/browser';
import { actionsOf, deedInWords, detailInWords, isFailure, transactionOf } from '../src/logic/deeds';
import { EVERYTHING, namesOf, scopeOf, scopeText } from '../src/logic/scope';

const DEED: Deed = { id: '1', at: '2026-11-23T12:00:00Z', action: 'payload.opened', person: 'anna', means: 'session', peer_address: '', subject: '17', detail: '' };

test('a scope is the same after being written and read, whatever the names are', () => {
  for (const scope of [
    EVERYTHING,
    { sensors: ['web-1', 'a&b=c'], hosts: ['shop.example', 'ü é+%'], views: [], text: '' },
    { ...EVERYTHING, views: ['Shop, payments & co'], text: 'path:/a+b* NOT "x & y"' },
  ]) {
    assert.deepEqual(scopeOf(scopeText(scope)), scope);
  }
  assert.equal(scopeText({ ...EVERYTHING, sensors: ['web-1'], hosts: ['shop.example'] }), 'sensor=web-1&host=shop.example');
});

test('names are typed one a line or between commas', () => {
  assert.deepEqual(namesOf(' web-1,web-2\n\nweb-1; web-3 '), ['web-1', 'web-2', 'web-3']);
  assert.deepEqual(namesOf('  '), []);
});

test('deeds are told in words, and unknown ones as they are', () => {
  assert.equal(deedInWords(DEED), 'opened the payload');
  assert.equal(deedInWords({ ...DEED, action: 'post retention/runs' }), 'post retention/runs');
  assert.equal(detailInWords({ ...DEED, action: 'login.accepted', detail: 'oidc' }), 'by single sign-on');
  assert.equal(detailInWords({ ...DEED, detail: 'oidc' }), 'oidc');
});

test('only a payload leads to a transaction', () => {
  assert.equal(transactionOf(DEED), '17');
  assert.equal(transactionOf({ ...DEED, subject: 'javascript:alert(1)' }), null);
  assert.equal(transactionOf({ ...DEED, action: 'person.removed' }), null);
});

test('refusals are failures, and dead letters are asked for by both of their names', () => {
  assert.equal(isFailure({ ...DEED, action: 'login.refused' }), true);
  assert.equal(isFailure(DEED), false);
  assert.deepEqual(actionsOf('dead-letter'), ['dead-letter.', 'dead-letters.']);
  assert.deepEqual(actionsOf('person.'), ['person.']);
});

test('browsers are told in two words', () => {
  const firefox = 'Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0';
  const edge = 'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0 Safari/537.36 Edg/140.0';
  const safari = 'Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.0 Mobile/15E148 Safari/604.1';
  assert.equal(browserOf(firefox), 'Firefox on Linux');
  assert.equal(browserOf(edge), 'Edge on Windows');
  assert.equal(browserOf(safari), 'Safari on iPhone');
  assert.equal(browserOf('curl/8.0'), null);
});
