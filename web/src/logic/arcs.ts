/** Great circles on the unit sphere. Degrees outside, unit vectors inside. */

export type LonLat = readonly [longitude: number, latitude: number];
export type Vector = readonly [x: number, y: number, z: number];

const RADIANS = Math.PI / 180;

export function vector([longitude, latitude]: LonLat): Vector {
  const ring = Math.cos(latitude * RADIANS);
  return [
    ring * Math.cos(longitude * RADIANS),
    ring * Math.sin(longitude * RADIANS),
    Math.sin(latitude * RADIANS),
  ];
}

export function lonLat([x, y, z]: Vector): LonLat {
  return [Math.atan2(y, x) / RADIANS, Math.atan2(z, Math.hypot(x, y)) / RADIANS];
}

/** The angle between two points in radians, exact also for close and for opposite ones. */
export function distance(a: Vector, b: Vector): number {
  const cross = Math.hypot(a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]);
  return Math.atan2(cross, a[0] * b[0] + a[1] * b[1] + a[2] * b[2]);
}

/** A point beside `a`, to give opposite points one of their many great circles. */
function aside(a: Vector): Vector {
  const pole: Vector = Math.abs(a[2]) < 0.9 ? [0, 0, 1] : [1, 0, 0];
  const dot = a[0] * pole[0] + a[1] * pole[1] + a[2] * pole[2];
  const rest: Vector = [pole[0] - dot * a[0], pole[1] - dot * a[1], pole[2] - dot * a[2]];
  const size = Math.hypot(...rest);
  return [rest[0] / size, rest[1] / size, rest[2] / size];
}

/** `count` points from `from` to `to` along the shorter great circle, both ends included. */
export function greatCircle(from: LonLat, to: LonLat, count: number): Vector[] {
  const a = vector(from);
  const b = vector(to);
  const angle = distance(a, b);
  const isOpposite = Math.PI - angle < 1e-6;
  const side = isOpposite ? aside(a) : b;
  const span = isOpposite ? Math.PI / 2 : angle;
  return Array.from({ length: count }, (_, index) => {
    const t = count === 1 ? 0 : index / (count - 1);
    if (angle < 1e-9) return a;
    const along = t * angle;
    const p = Math.sin(span - along) / Math.sin(span);
    const q = Math.sin(along) / Math.sin(span);
    return [p * a[0] + q * side[0], p * a[1] + q * side[1], p * a[2] + q * side[2]] as const;
  });
}

/** Longitude as seen from a map whose middle is at `middle`: -180 to 180. */
export function relativeLongitude(longitude: number, middle: number): number {
  const turned = (((longitude - middle + 180) % 360) + 360) % 360;
  return turned - 180;
}

/**
 * Where a line on a flat map leaves one edge and enters at the other: the indexes at which a new
 * piece begins. `middle` is the longitude in the middle of the map.
 */
export function breaks(points: readonly LonLat[], middle = 0): number[] {
  const found: number[] = [];
  for (let index = 1; index < points.length; index += 1) {
    const before = relativeLongitude(points[index - 1]?.[0] ?? 0, middle);
    const here = relativeLongitude(points[index]?.[0] ?? 0, middle);
    if (Math.abs(here - before) > 180) found.push(index);
  }
  return found;
}

/** The nearer of the two ways around for the longitude: -180 to 180. */
function turn(from: number, to: number): number {
  return relativeLongitude(to, from);
}

/**
 * `count` points from `from` to `to` for a flat map: straight in longitude and latitude, bent
 * towards the nearer pole. (True great circles would crowd at the map's upper edge.)
 */
export function flatCourse(from: LonLat, to: LonLat, count: number): LonLat[] {
  const across = turn(from[0], to[0]);
  const up = to[1] - from[1];
  const bend = Math.max(1.5, Math.min(24, Math.hypot(across, up) * 0.2));
  const side = (from[1] + to[1]) / 2 < -12 ? -0.6 : 1;
  return Array.from({ length: count }, (_, index) => {
    const t = count === 1 ? 0 : index / (count - 1);
    const latitude = from[1] + up * t + side * bend * Math.sin(Math.PI * t);
    return [relativeLongitude(from[0] + across * t, 0), Math.max(-84, Math.min(84, latitude))] as const;
  });
}

/** How high an arc rises above the ground, in parts of the radius: long ones rise higher. */
export function lift(angle: number): number {
  return Math.min(0.2, 0.03 + angle * 0.075);
}
