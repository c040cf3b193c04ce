/**
 * Turns live rows into arcs that can be drawn. Up to `ARCS_PER_S` every transaction flies alone;
 * above it, those of one origin, sensor and category share one thicker arc with a count. What is
 * not drawn is counted: counters come from the data, never from here.
 */
import type { Row, Sensor } from '../api/types';
import type { LonLat } from './arcs';

export const MOST_ARCS = 400;
export const ARCS_PER_S = 150;

export interface Flight {
  /** null: the client has no place on the map, so only the sensor's ring is drawn. */
  from: LonLat | null;
  to: LonLat;
  category: string | null;
  intercepted: boolean;
  count: number;
}

/** Events of the last `span_s` seconds, counted per second. */
export class Rate {
  private readonly slots = new Map<number, number>();

  constructor(
    private readonly span_s: number,
    private readonly start_ms: number,
  ) {}

  add(count: number, now_ms: number): void {
    const slot = Math.floor(now_ms / 1000);
    this.slots.set(slot, (this.slots.get(slot) ?? 0) + count);
    for (const old of this.slots.keys()) if (old <= slot - this.span_s) this.slots.delete(old);
  }

  /** Counts of the whole seconds before now, oldest first. */
  series(now_ms: number): number[] {
    const current = Math.floor(now_ms / 1000);
    return Array.from({ length: this.span_s }, (_, index) => {
      return this.slots.get(current - this.span_s + index) ?? 0;
    });
  }

  /** The mean of the last `over_s` seconds, or of the time since the start if that is shorter. */
  perSecond(now_ms: number, over_s: number): number {
    const seen_s = Math.min(over_s, Math.floor(now_ms / 1000) - Math.floor(this.start_ms / 1000));
    if (seen_s < 1) return 0;
    return this.series(now_ms).slice(-seen_s).reduce((sum, count) => sum + count, 0) / seen_s;
  }
}

export function flightOf(row: Row, sensors: ReadonlyMap<string, Sensor>): Flight | null {
  const sensor = sensors.get(row.sensor);
  if (!sensor || sensor.latitude === null || sensor.longitude === null) return null;
  const { latitude = null, longitude = null } = row.place ?? {};
  return {
    from: latitude === null || longitude === null ? null : [longitude, latitude],
    to: [sensor.longitude, sensor.latitude],
    category: row.category,
    intercepted: row.intercepted === true,
    count: 1,
  };
}

const half = (degrees: number): number => Math.round(degrees * 2) / 2;

function cellOf({ from, to, category }: Flight): string {
  const origin = from === null ? '-' : `${half(from[0])},${half(from[1])}`;
  return `${origin}|${to[0]},${to[1]}|${category ?? ''}`;
}

export function aggregate(flights: readonly Flight[]): Flight[] {
  const cells = new Map<string, Flight>();
  for (const flight of flights) {
    const key = cellOf(flight);
    const present = cells.get(key);
    if (!present) cells.set(key, { ...flight });
    else {
      present.count += flight.count;
      present.intercepted &&= flight.intercepted;
    }
  }
  return [...cells.values()].sort((a, b) => b.count - a.count);
}

export interface Plan {
  flights: Flight[];
  isAggregated: boolean;
  /** Transactions without an arc, because the map was full. */
  left: number;
}

/** What to launch now, given the current rate and how many arcs are in the air. */
export function plan(flights: readonly Flight[], perSecond: number, inAir: number): Plan {
  const isAggregated = perSecond > ARCS_PER_S;
  const candidates = isAggregated ? aggregate(flights) : [...flights];
  const free = Math.max(0, MOST_ARCS - inAir);
  const left = candidates.slice(free).reduce((sum, flight) => sum + flight.count, 0);
  return { flights: candidates.slice(0, free), isAggregated, left };
}
