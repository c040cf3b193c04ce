/** Lines and rings of the base map, ready to be projected: radians, cut where the flat map is cut. */
import type { LonLat } from '../logic/arcs';

/** The flat map is cut in the Bering Strait, so that no country is. */
export const FLAT_MIDDLE = 11;

const RADIANS = Math.PI / 180;
/** Edges longer than this get points between, so that straight pieces follow any projection. */
const LONGEST_DEGREES = 3;

export interface Shape {
  /** Relative to the middle of the flat map; may reach a little over its edge, for islands there. */
  readonly longitudes: Float32Array;
  readonly latitudes: Float32Array;
  /** x, y, z on the unit sphere, one point after the other; made when a globe first wants them. */
  places: Float32Array | null;
}

/** The longitude that is the same place and within 180 degrees of `other`. */
function beside(longitude: number, other: number): number {
  return longitude + 360 * Math.round((other - longitude) / 360);
}

/** Without jumps from one side of 180 degrees to the other, and without long edges. */
function filled(points: readonly LonLat[]): LonLat[] {
  const all: LonLat[] = points.slice(0, 1);
  for (const [longitude, north] of points.slice(1)) {
    const [west, south] = all.at(-1) as LonLat;
    const east = beside(longitude, west);
    const pieces = Math.max(1, Math.ceil(Math.hypot(east - west, north - south) / LONGEST_DEGREES));
    for (let piece = 1; piece <= pieces; piece += 1) {
      const part = piece / pieces;
      all.push([west + (east - west) * part, south + (north - south) * part]);
    }
  }
  return all;
}

/** Each shape stays whole, on the side of the map where most of it is. */
export function shapeOf(points: readonly LonLat[]): Shape {
  const all = filled(points);
  const mean = all.reduce((sum, [longitude]) => sum + longitude, 0) / Math.max(1, all.length);
  const shift = beside(mean, FLAT_MIDDLE) - mean - FLAT_MIDDLE;
  return {
    longitudes: Float32Array.from(all, ([longitude]) => (longitude + shift) * RADIANS),
    latitudes: Float32Array.from(all, ([, latitude]) => latitude * RADIANS),
    places: null,
  };
}

export function placesOf(shape: Shape): Float32Array {
  if (shape.places) return shape.places;
  const { longitudes, latitudes } = shape;
  const places = new Float32Array(longitudes.length * 3);
  for (let index = 0; index < longitudes.length; index += 1) {
    const longitude = (longitudes[index] as number) + FLAT_MIDDLE * RADIANS;
    const latitude = latitudes[index] as number;
    const ring = Math.cos(latitude);
    places.set([ring * Math.cos(longitude), ring * Math.sin(longitude), Math.sin(latitude)], index * 3);
  }
  shape.places = places;
  return places;
}

/** Meridians and parallels, every `step` degrees. */
export function graticule(step: number): Shape[] {
  const reach = 80;
  const lines: Shape[] = [];
  for (let longitude = -180; longitude < 180; longitude += step) {
    lines.push(shapeOf([[longitude, -reach], [longitude, reach]]));
  }
  for (let latitude = -reach; latitude <= reach; latitude += step) {
    lines.push(shapeOf([[FLAT_MIDDLE - 180, latitude], [FLAT_MIDDLE, latitude], [FLAT_MIDDLE + 180, latitude]]));
  }
  return lines;
}
