/** The way of an arc on a surface: bent on the flat map, above the ground on the globe. */
import { breaks, distance, flatCourse, greatCircle, lift, type LonLat, type Vector, vector } from '../logic/arcs';
import { FLAT_MIDDLE } from './shapes';
import type { Point, Surface } from './surface';

export interface Course {
  /** Null where the globe hides the point. */
  points: (Point | null)[];
  /** Indexes at which the flat map is cut. */
  cuts: ReadonlySet<number>;
}

const NO_CUTS: ReadonlySet<number> = new Set();

/** A great circle with its height, computed once and projected again while the globe turns. */
export interface Rise {
  places: Vector[];
  height: number;
}

export function riseOf(from: LonLat, to: LonLat, count: number): Rise {
  return { places: greatCircle(from, to, count), height: lift(distance(vector(from), vector(to))) };
}

export function globeCourse(surface: Surface, { places, height }: Rise): Course {
  const last = places.length - 1;
  const points = places.map((place, index) => surface.above(place, height * Math.sin((Math.PI * index) / last)));
  return { points, cuts: NO_CUTS };
}

export function mapCourse(surface: Surface, from: LonLat, to: LonLat, count: number): Course {
  const places = flatCourse(from, to, count);
  return { points: places.map((place) => surface.point(place)), cuts: new Set(breaks(places, FLAT_MIDDLE)) };
}

export function courseOf(surface: Surface, from: LonLat, to: LonLat, count: number): Course {
  return surface.kind === 'flat' ? mapCourse(surface, from, to, count) : globeCourse(surface, riseOf(from, to, count));
}
