import assert from 'node:assert/strict';
import { test } from 'node:test';
import { breaks, distance, flatCourse, greatCircle, lonLat, type LonLat, relativeLongitude, type Vector, vector } from '../src/logic/arcs';

const FRANKFURT: LonLat = [8.68, 50.11];
const TOKYO: LonLat = [139.7, 35.7];
const HONOLULU: LonLat = [-157.8, 21.3];

function near(a: readonly number[], b: readonly number[], within = 1e-6): void {
  for (const [index, value] of a.entries()) assert.ok(Math.abs(value - (b[index] ?? NaN)) < within, `${a} is not ${b}`);
}

test('a great circle begins and ends where it should, on the sphere', () => {
  const points = greatCircle(FRANKFURT, TOKYO, 33);
  assert.equal(points.length, 33);
  near(lonLat(points[0] as Vector), FRANKFURT);
  near(lonLat(points[32] as Vector), TOKYO);
  for (const point of points) assert.ok(Math.abs(Math.hypot(...point) - 1) < 1e-9);
});

test('its steps are equal and add up to the distance', () => {
  const points = greatCircle(FRANKFURT, HONOLULU, 20);
  const total = distance(vector(FRANKFURT), vector(HONOLULU));
  for (let index = 1; index < points.length; index += 1) {
    assert.ok(Math.abs(distance(points[index - 1] as Vector, points[index] as Vector) - total / 19) < 1e-9);
  }
});

test('the distance from Frankfurt to Tokyo is about 9,350 km', () => {
  const km = distance(vector(FRANKFURT), vector(TOKYO)) * 6371;
  assert.ok(km > 9250 && km < 9450, String(km));
});

test('the same place twice and opposite places give no NaN', () => {
  for (const to of [FRANKFURT, [8.68 - 180, -50.11] as LonLat]) {
    for (const point of greatCircle(FRANKFURT, to, 9)) assert.ok(point.every(Number.isFinite));
  }
  near(lonLat(greatCircle([0, 0], [180, 0], 9)[8] as Vector).map(Math.abs), [180, 0]);
});

test('a line over the date line is cut once, others not', () => {
  assert.equal(breaks(flatCourse(TOKYO, HONOLULU, 40)).length, 1);
  assert.equal(breaks(flatCourse(FRANKFURT, TOKYO, 40)).length, 0);
});

test('on a map with another middle the cut is elsewhere', () => {
  const course = flatCourse([-175, 60], [-160, 60], 40);
  assert.equal(breaks(course, 0).length, 0);
  assert.equal(breaks(course, 11).length, 1);
});

test('the flat course takes the nearer way around, keeps its ends and stays on the map', () => {
  for (const [from, to] of [[TOKYO, HONOLULU], [FRANKFURT, HONOLULU], [[170, 80], [-20, 83]]] as [LonLat, LonLat][]) {
    const course = flatCourse(from, to, 30);
    near(course[0] as LonLat, from, 1e-9);
    near(course[29] as LonLat, to, 1e-9);
    let turned = 0;
    for (let index = 1; index < 30; index += 1) {
      turned += Math.abs(relativeLongitude(course[index]?.[0] ?? 0, course[index - 1]?.[0] ?? 0));
    }
    assert.ok(turned <= 180.0001);
    assert.ok(course.every(([longitude, latitude]) => Math.abs(longitude) <= 180 && Math.abs(latitude) <= 84));
  }
});

test('relative longitudes are between -180 and 180', () => {
  for (const [longitude, middle, wanted] of [[180, 11, 169], [-170, 11, 179], [-169, 11, -180], [540, 0, -180]] as const) {
    assert.equal(relativeLongitude(longitude, middle), wanted);
  }
});
