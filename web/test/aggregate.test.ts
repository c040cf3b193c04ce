import assert from 'node:assert/strict';
import { test } from 'node:test';
import { aggregate, ARCS_PER_S, type Flight, MOST_ARCS, plan, Rate } from '../src/logic/aggregate';

const flight = (longitude: number, category = 'sqli', intercepted = true): Flight => ({
  from: [longitude, 50], to: [8, 50], category, intercepted, count: 1,
});
const many = (count: number): Flight[] => Array.from({ length: count }, (_, index) => flight(index % 300));
const counted = (flights: Flight[]): number => flights.reduce((sum, { count }) => sum + count, 0);

test('below the limit every transaction flies alone', () => {
  const { flights, isAggregated, left } = plan(many(10), ARCS_PER_S, 0);
  assert.deepEqual([flights.length, isAggregated, left], [10, false, 0]);
});

test('above it those of one cell, sensor and category share an arc that counts them', () => {
  const { flights, isAggregated } = plan([flight(1), flight(1.1), flight(3), flight(1, 'xss')], ARCS_PER_S + 1, 0);
  assert.equal(isAggregated, true);
  assert.deepEqual(flights.map(({ count }) => count), [2, 1, 1]);
});

test('nothing is lost: what is not drawn is counted', () => {
  for (const inAir of [0, 399, 400, 500]) {
    const { flights, left } = plan(many(1000), 1, inAir);
    assert.equal(counted(flights) + left, 1000);
    assert.ok(flights.length + inAir <= Math.max(MOST_ARCS, inAir));
  }
});

test('an arc is blocked only if all its transactions were', () => {
  assert.equal(aggregate([flight(1), flight(1, 'sqli', false)])[0]?.intercepted, false);
});

test('clients without a place are kept apart from others', () => {
  assert.equal(aggregate([{ ...flight(0), from: null }, flight(0)]).length, 2);
});

test('aggregating leaves the flights themselves alone', () => {
  const first = flight(1);
  aggregate([first, flight(1)]);
  assert.equal(first.count, 1);
});

test('the rate is of whole seconds, and of the time seen if that is shorter', () => {
  const rate = new Rate(60, 0);
  assert.equal(rate.perSecond(500, 10), 0);
  for (let second = 0; second < 20; second += 1) rate.add(5, second * 1000 + 10);
  assert.equal(rate.perSecond(2500, 10), 5);
  assert.equal(rate.perSecond(20_000, 10), 5);
  assert.equal(rate.perSecond(25_000, 10), 2.5);
  assert.equal(rate.perSecond(90_000, 10), 0);
});
