import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { RuleMatch, Transaction } from '../src/api/types';
import { argumentsOf, differing, isSame, paired, pairedRules } from '../src/logic/pairs';
import { Chance, NASTY } from './chance';

test('names are paired without case, repeated ones in their order, and nothing is lost', () => {
  const pairs = paired([['Host', 'a'], ['X', '1'], ['X', '2']], [['x', '1'], ['host', 'b'], ['Y', '3'], ['X', '4'], ['X', '5']]);
  assert.deepEqual(pairs.map(({ name, left, right }) => [name, left, right]), [['Host', 'a', 'b'], ['X', '1', '1'], ['X', '2', '4'], ['X', null, '5'], ['Y', null, '3']]);
  assert.deepEqual(pairs.map(isSame), [false, true, false, false, false]);
});

test('arguments of the URI and the body are compared decoded', () => {
  const transaction = { request: { uri: '/?a=%41', headers: [['Content-Type', 'application/x-www-form-urlencoded']], body: { text: 'b=1+2', size: 5, truncated: false } } } as unknown as Transaction;
  assert.deepEqual(argumentsOf(transaction), [['a', 'A'], ['b', '1 2']]);
});

test('rules are paired by id', () => {
  const rule = (rule_id: number | null, message = ''): RuleMatch => ({ rule_id, message }) as RuleMatch;
  const pairs = pairedRules([rule(1), rule(2), rule(null, 'x')], [rule(2), rule(3), rule(2), rule(null, 'x')]);
  assert.deepEqual(pairs.map(({ rule_id, left, right }) => [rule_id, left !== null, right !== null]), [[1, true, false], [2, true, true], [null, true, true], [2, false, true], [3, false, true]]);
});

test('what differs stands between the same beginning and the same end', () => {
  assert.deepEqual(differing('id=1&x', 'id=22&x'), [3, 4, 5]);
  assert.deepEqual(differing('aaa', 'aa'), [2, 3, 2]);
  const chance = new Chance(12);
  for (let round = 0; round < 300; round += 1) {
    const [one, other] = [chance.text(NASTY, 6), chance.text(NASTY, 6)];
    const [from, toOne, toOther] = differing(one, other);
    assert.equal(one.slice(0, from), other.slice(0, from));
    assert.equal(one.slice(toOne), other.slice(toOther));
    assert.ok(from <= toOne && from <= toOther);
  }
});
