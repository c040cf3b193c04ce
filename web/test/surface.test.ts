import assert from 'node:assert/strict';
import { test } from 'node:test';
import { geoNaturalEarth1, geoOrthographic } from 'd3-geo';
import { land } from '../land.mjs';
import type { LonLat } from '../src/logic/arcs';
import { FLAT_MIDDLE, placesOf, shapeOf } from '../src/map/shapes';
import { flatSurface, globeSurface, type Point } from '../src/map/surface';
import { type Atlas, worldOf } from '../src/map/atlas';

const FRAME = { left: 10, top: 20, width: 900, height: 500 };
const PLACES: LonLat[] = [[8.68, 50.11], [-77.5, 39], [139.7, 35.7], [-175, -20], [-58.4, -34.6], [30, 71]];

function near(a: Point | [number, number], b: Point | [number, number], within: number): void {
  assert.ok(Math.hypot(a[0] - b[0], a[1] - b[1]) < within, `${a} is not ${b}`);
}

test('the flat map is Natural Earth I as d3-geo draws it', () => {
  const surface = flatSurface(FRAME);
  const other = geoNaturalEarth1().rotate([-FLAT_MIDDLE, 0]).scale(surface.radius).translate(surface.centre);
  for (const place of PLACES) near(surface.point(place) as Point, other([...place]) as Point, 1e-6);
});

test('the globe is the orthographic projection, and hides its far side', () => {
  const surface = globeSurface(FRAME, 12, 18);
  const other = geoOrthographic().rotate([-12, -18]).scale(surface.radius).translate(surface.centre);
  near(surface.point([8.68, 50.11]) as Point, other([8.68, 50.11]) as Point, 1e-6);
  assert.equal(surface.point([-170, -20]), null);
});

test('a shape across 180 degrees stays in one piece', () => {
  const { longitudes } = shapeOf([[179, 60], [-179, 61], [-178, 60], [179, 60]]);
  assert.ok(Math.max(...longitudes) - Math.min(...longitudes) < 0.1);
});

for (const scale of ['110m', '50m']) {
  test(`every country of ${scale} is on the flat map, and small enough for the globe's limb`, async () => {
    const world = worldOf(JSON.parse(await land(scale)) as Atlas);
    assert.ok(world.countries.length > 170 && world.borders.length > 100 && world.coasts.length > 100);
    for (const { name, rings } of world.countries) {
      for (const ring of rings) {
        for (const longitude of ring.longitudes) assert.ok(Math.abs(longitude) < Math.PI + 0.1, name);
        const places = placesOf(ring);
        for (let index = 0; index < places.length; index += 3) {
          const [x = 0, y = 0, z = 0] = places.slice(index, index + 3);
          const [x0 = 0, y0 = 0, z0 = 0] = places;
          assert.ok(x * x0 + y * y0 + z * z0 > 0, `${name} reaches further than 90 degrees`);
        }
      }
    }
  });
}
