/** The two ways the earth is laid out on the canvas: flat (Natural Earth) and as a globe. */
import { type GeoProjection, geoNaturalEarth1, geoOrthographic } from 'd3-geo';
import { type LonLat, lonLat, type Vector } from '../logic/arcs';

/** The free part of the canvas, in CSS pixels. */
export interface Frame {
  left: number;
  top: number;
  width: number;
  height: number;
}

export type Point = [x: number, y: number];

export interface Surface {
  readonly kind: 'flat' | 'globe';
  readonly projection: GeoProjection;
  readonly centre: Point;
  /** The globe's radius; for the flat map the scale of one radian. */
  readonly radius: number;
  /** A place on the ground; null on the far side. */
  point(place: LonLat): Point | null;
  /** A place at `height` radii above the ground (the flat map knows no height); null if hidden. */
  above(place: Vector, height: number): Point | null;
}

/** The flat map is cut in the Bering Strait, so that no country is. */
export const FLAT_MIDDLE = 11;
const NORTH = 80;
const SOUTH = -54;

/** Fits the inhabited latitudes into the frame; the rest of the ocean may run out of it. */
export function flatSurface(frame: Frame): Surface {
  const unit = geoNaturalEarth1().rotate([-FLAT_MIDDLE, 0]).scale(1).translate([0, 0]);
  const at = (longitude: number, latitude: number): Point => unit([longitude, latitude]) ?? [0, 0];
  const west = at(-158, 21)[0];
  const east = at(FLAT_MIDDLE + 179.9, -20)[0];
  const top = at(FLAT_MIDDLE, NORTH)[1];
  const bottom = at(FLAT_MIDDLE, SOUTH)[1];
  const scale = Math.min(frame.width / (east - west), frame.height / (bottom - top));
  const centre: Point = [
    frame.left + frame.width / 2 - (scale * (west + east)) / 2,
    frame.top + frame.height / 2 - (scale * (top + bottom)) / 2,
  ];
  const projection = geoNaturalEarth1().rotate([-FLAT_MIDDLE, 0]).scale(scale).translate(centre).precision(0.3);
  const point = (place: LonLat): Point | null => projection([place[0], place[1]]);
  return {
    kind: 'flat',
    projection,
    centre,
    radius: scale,
    point,
    above: (place) => point(lonLat(place)),
  };
}

const RADIANS = Math.PI / 180;

export function globeSurface(frame: Frame, longitude: number, latitude: number): Surface {
  const radius = Math.min(frame.width, frame.height) * 0.485;
  const centre: Point = [frame.left + frame.width / 2, frame.top + frame.height / 2];
  const projection = geoOrthographic()
    .rotate([-longitude, -latitude])
    .scale(radius)
    .translate(centre)
    .clipAngle(90)
    .precision(0.4);
  const [sinL, cosL] = [Math.sin(longitude * RADIANS), Math.cos(longitude * RADIANS)];
  const [sinB, cosB] = [Math.sin(latitude * RADIANS), Math.cos(latitude * RADIANS)];

  function above([x, y, z]: Vector, height: number): Point | null {
    const east = y * cosL - x * sinL;
    const ahead = x * cosL + y * sinL;
    const north = z * cosB - ahead * sinB;
    const near = z * sinB + ahead * cosB;
    const size = 1 + height;
    const isHidden = near < 0 && Math.hypot(east, north) * size < 1;
    return isHidden ? null : [centre[0] + east * size * radius, centre[1] - north * size * radius];
  }

  function point(place: LonLat): Point | null {
    const ring = Math.cos(place[1] * RADIANS);
    const turned = place[0] * RADIANS;
    return above([ring * Math.cos(turned), ring * Math.sin(turned), Math.sin(place[1] * RADIANS)], 0);
  }

  return { kind: 'globe', projection, centre, radius, point, above };
}
