/** The base map as web/land.mjs writes it, and as the map draws it. */
import type { LonLat } from '../logic/arcs';
import { type Shape, shapeOf } from './shapes';

interface CountryFacts {
  /** ISO alpha-2, or "" where there is none. */
  code: string;
  name: string;
  /** Where the name is written: longitude, latitude. */
  at: [number, number];
  /** Square root of the area in steradians: the order in which names get their place. */
  size: number;
}

export interface Country extends CountryFacts {
  rings: Shape[];
}

export interface World {
  countries: Country[];
  borders: Shape[];
  coasts: Shape[];
}

/** What web/land.mjs writes. Neighbours share their border: it is stored once, as an arc. */
export interface Atlas {
  /** Degrees per step of the arcs' whole numbers, and the degrees at 0. */
  scale: LonLat;
  translate: LonLat;
  /** First point, then the difference to the one before: x, y, x, y ... */
  arcs: number[][];
  /** Rings by the numbers of their arcs; `~number` is that arc backwards. */
  countries: (CountryFacts & { rings: number[][] })[];
  borders: number[];
  coasts: number[];
}

function decode(steps: readonly number[], { scale, translate }: Atlas): LonLat[] {
  const points: LonLat[] = [];
  let [x, y] = [0, 0];
  for (let index = 0; index < steps.length; index += 2) {
    x += steps[index] as number;
    y += steps[index + 1] as number;
    points.push([x * scale[0] + translate[0], y * scale[1] + translate[1]]);
  }
  return points;
}

export function worldOf(atlas: Atlas): World {
  const arcs = atlas.arcs.map((steps) => decode(steps, atlas));
  const arc = (number: number): LonLat[] => (number < 0 ? [...(arcs[~number] ?? [])].reverse() : (arcs[number] ?? []));
  /** Each arc begins where the one before ended. */
  const ring = (numbers: readonly number[]): Shape => {
    return shapeOf(numbers.flatMap((number, index) => arc(number).slice(index > 0 ? 1 : 0)));
  };
  const lines = (numbers: readonly number[]): Shape[] => numbers.map((number) => shapeOf(arc(number)));
  return {
    countries: atlas.countries.map((country) => ({ ...country, rings: country.rings.map(ring) })),
    borders: lines(atlas.borders),
    coasts: lines(atlas.coasts),
  };
}
