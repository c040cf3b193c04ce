/** The countries of the base map, fetched once per scale. */
import url110m from 'world:110m';
import url50m from 'world:50m';
import { type Atlas, type World, worldOf } from './atlas';

const URLS = { '110m': url110m, '50m': url50m };
export type Scale = keyof typeof URLS;

async function load(scale: Scale): Promise<World> {
  const response = await fetch(URLS[scale]);
  if (!response.ok) throw new Error(`base map ${scale}: ${response.status}`);
  return worldOf((await response.json()) as Atlas);
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
