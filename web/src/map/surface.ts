/** The two ways the earth is laid out on the canvas: flat (Natural Earth) and as a globe. */
import { type LonLat, lonLat, relativeLongitude, type Vector, vector } from '../logic/arcs';
import { FLAT_MIDDLE, placesOf, type Shape } from './shapes';

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
  readonly centre: Point;
  /** The globe's radius; for the flat map the scale of one radian. */
  readonly radius: number;
  /** A place on the ground; null on the far side. */
  point(place: LonLat): Point | null;
  /** A place at `height` radii above the ground (the flat map knows no height); null if hidden. */
  above(place: Vector, height: number): Point | null;
  /** These add to a path: an open line, a closed ring to fill, the edge of the world. */
  line(path: CanvasPath, shape: Shape): void;
  ring(path: CanvasPath, shape: Shape): void;
  edge(path: CanvasPath): void;
}

const RADIANS = Math.PI / 180;
const NORTH = 80;
const SOUTH = -54;

/** Natural Earth I (Tom Patterson, Bojan Šavrič) for radians; parallels are straight. */
export function naturalEarth(longitude: number, latitude: number): Point {
  const b2 = latitude * latitude;
  const b4 = b2 * b2;
  return [
    longitude * (0.8707 - 0.131979 * b2 + b4 * (-0.013791 + b4 * (0.003971 * b2 - 0.001529 * b4))),
    latitude * (1.007226 + b2 * (0.015085 + b4 * (-0.044475 + 0.028874 * b2 - 0.005916 * b4))),
  ];
}

/** Fits the inhabited latitudes into the frame; the rest of the ocean may run out of it. */
export function flatSurface(frame: Frame): Surface {
  const west = naturalEarth(-169 * RADIANS, 21 * RADIANS)[0];
  const east = naturalEarth(179.9 * RADIANS, -20 * RADIANS)[0];
  const top = -naturalEarth(0, NORTH * RADIANS)[1];
  const bottom = -naturalEarth(0, SOUTH * RADIANS)[1];
  const scale = Math.min(frame.width / (east - west), frame.height / (bottom - top));
  const centre: Point = [
    frame.left + frame.width / 2 - (scale * (west + east)) / 2,
    frame.top + frame.height / 2 - (scale * (top + bottom)) / 2,
  ];
  const at = (longitude: number, latitude: number): Point => {
    const [x, y] = naturalEarth(longitude, latitude);
    return [centre[0] + x * scale, centre[1] - y * scale];
  };
  const point = ([longitude, latitude]: LonLat): Point => {
    return at(relativeLongitude(longitude, FLAT_MIDDLE) * RADIANS, latitude * RADIANS);
  };
  const line = (path: CanvasPath, { longitudes, latitudes }: Shape): void => {
    for (let index = 0; index < longitudes.length; index += 1) {
      const [x, y] = at(longitudes[index] as number, latitudes[index] as number);
      if (index === 0) path.moveTo(x, y);
      else path.lineTo(x, y);
    }
  };
  return {
    kind: 'flat',
    centre,
    radius: scale,
    point,
    above: (place) => point(lonLat(place)),
    line,
    ring(path, shape) {
      line(path, shape);
      path.closePath();
    },
    edge(path) {
      for (let step = 0; step < 144; step += 1) {
        const latitude = (step < 72 ? step * 2.5 - 90 : 270 - step * 2.5) * RADIANS;
        const [x, y] = at(step < 72 ? -Math.PI : Math.PI, latitude);
        if (step === 0) path.moveTo(x, y);
        else path.lineTo(x, y);
      }
      path.closePath();
    },
  };
}

export function globeSurface(frame: Frame, longitude: number, latitude: number): Surface {
  const radius = Math.min(frame.width, frame.height) * 0.485;
  const centre: Point = [frame.left + frame.width / 2, frame.top + frame.height / 2];
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

  /** Calls `visit` with every point of a shape, on a disc of radius 1. */
  function walk(shape: Shape, visit: (east: number, north: number, isNear: boolean) => void): void {
    const places = placesOf(shape);
    for (let index = 0; index < places.length; index += 3) {
      const x = places[index] as number;
      const y = places[index + 1] as number;
      const z = places[index + 2] as number;
      const ahead = x * cosL + y * sinL;
      visit(y * cosL - x * sinL, z * cosB - ahead * sinB, z * sinB + ahead * cosB >= 0);
    }
  }

  return {
    kind: 'globe',
    centre,
    radius,
    point: (place) => above(vector(place), 0),
    above,
    line(path, shape) {
      let isDown = false;
      walk(shape, (east, north, isNear) => {
        if (isNear && isDown) path.lineTo(centre[0] + east * radius, centre[1] - north * radius);
        else if (isNear) path.moveTo(centre[0] + east * radius, centre[1] - north * radius);
        isDown = isNear;
      });
    },
    /** What lies behind the limb is moved onto it. Right for any ring less than 90 degrees across, as all are. */
    ring(path, shape) {
      let isSeen = false;
      walk(shape, (_east, _north, isNear) => {
        isSeen ||= isNear;
      });
      if (!isSeen) return;
      let isFirst = true;
      walk(shape, (east, north, isNear) => {
        const out = isNear ? radius : radius / Math.hypot(east, north);
        if (isFirst) path.moveTo(centre[0] + east * out, centre[1] - north * out);
        else path.lineTo(centre[0] + east * out, centre[1] - north * out);
        isFirst = false;
      });
      path.closePath();
    },
    edge(path) {
      path.moveTo(centre[0] + radius, centre[1]);
      path.arc(centre[0], centre[1], radius, 0, 2 * Math.PI);
    },
  };
}
