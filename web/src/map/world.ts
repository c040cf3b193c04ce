/** The countries of the base map, fetched once per scale. */
import type { Feature, MultiLineString, MultiPolygon, Polygon } from 'geojson';
import { feature, mesh } from 'topojson-client';
import type { GeometryCollection, Topology } from 'topojson-specification';
import url110m from 'world:110m';
import url50m from 'world:50m';

export interface CountryFacts {
  /** ISO alpha-2, or "" where there is none. */
  code: string;
  name: string;
  /** Where the name is written: longitude, latitude. */
  at: [number, number];
  /** Square root of the area in steradians: the order in which names get their place. */
  size: number;
}

export type Country = Feature<Polygon | MultiPolygon, CountryFacts>;

export interface World {
  countries: Country[];
  borders: MultiLineString;
  coasts: MultiLineString;
}

export type Scale = '110m' | '50m';

type Atlas = Topology<{ countries: GeometryCollection<CountryFacts> }>;

const URLS: Record<Scale, string> = { '110m': url110m, '50m': url50m };
const ANTARCTICA = 'AQ';

async function load(scale: Scale): Promise<World> {
  const response = await fetch(URLS[scale]);
  if (!response.ok) throw new Error(`base map ${scale}: ${response.status}`);
  const atlas = (await response.json()) as Atlas;
  const { countries } = atlas.objects;
  const shapes = feature(atlas, countries).features as Country[];
  return {
    countries: shapes.filter(({ properties }) => properties.code !== ANTARCTICA),
    borders: mesh(atlas, countries, (a, b) => a !== b),
    coasts: mesh(atlas, countries, (a, b) => a === b),
  };
}

const loading = new Map<Scale, Promise<World>>();

export function world(scale: Scale): Promise<World> {
  let present = loading.get(scale);
  if (!present) {
    present = load(scale);
    present.catch(() => loading.delete(scale));
    loading.set(scale, present);
  }
  return present;
}
