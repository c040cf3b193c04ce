/** What the retention page works out: spans in words, positions in the pictures, a forecast. */
import type { KeptFor, Measurement, RetentionLimits } from '../api/types';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

/** "30 days", "36 hours", "for good". */
export function span(hours: number | null): string {
  if (hours === null) return 'for good';
  if (hours % 24 !== 0) return hours === 1 ? '1 hour' : `${hours.toLocaleString('en')} hours`;
  const days = hours / 24;
  return days === 1 ? '1 day' : `${days.toLocaleString('en')} days`;
}

/** How long ago, for a picture: "3 h", "12 d". Less than an hour is told as that. */
export function reach(ms: number): string {
  if (ms < HOUR_MS) return 'less than an hour';
  return ms < 2 * DAY_MS ? `${Math.floor(ms / HOUR_MS)} h` : `${Math.floor(ms / DAY_MS).toLocaleString('en')} d`;
}

/** The ages that hold for everything that has none of its own. */
export function general(limits: RetentionLimits): KeptFor | undefined {
  return limits.ages.find((ages) => ages.of === 'all');
}

export function whose(ages: KeptFor): string {
  if (ages.of === 'sensor') return `Sensor ${ages.sensor}`;
  return ages.of === 'detected' ? 'Only detected, not blocked' : 'All transactions';
}

/** The one sentence at the top of the page. */
export function summary(limits: RetentionLimits): string {
  const ages = general(limits);
  const isForGood = !ages || (ages.payloads_hours === null && ages.transactions_hours === null);
  const kept = isForGood
    ? 'Everything is kept for good'
    : `Entries are kept ${span(ages.payloads_hours)}, transactions ${span(ages.transactions_hours)}`;
  const size = limits.max_store_bytes !== null || limits.min_free_bytes > 0;
  return size ? `${kept}, as long as there is room.` : `${kept}.`;
}

/** Powers and halves that a time axis of that length may end at, in days. */
const ENDS = [1, 2, 7, 14, 30, 60, 90, 180, 365, 400, 730, 1095, 1825, 3650];

/** How many milliseconds the axis shows: all that is there and every limit. */
export function axisSpan(ages_ms: number[], limits_hours: (number | null)[]): number {
  const wanted = Math.max(DAY_MS, ...ages_ms, ...limits_hours.map((hours) => (hours ?? 0) * HOUR_MS));
  const end = ENDS.find((days) => days * DAY_MS >= wanted);
  return end === undefined ? wanted : end * DAY_MS;
}

export interface Growth {
  /** A day, over the measurements of the last two weeks. */
  per_day: number;
  /** How many days until `room` more bytes are used; null if it does not grow. */
  days_left: number | null;
}

/** Null until there are measurements of at least one whole day. */
export function growth(history: Measurement[], room: number | null): Growth | null {
  const some = history.slice(-15);
  const [first, last] = [some[0], some[some.length - 1]];
  if (!first || !last) return null;
  const days = (Date.parse(last.at) - Date.parse(first.at)) / DAY_MS;
  if (days < 1) return null;
  const per_day = (last.used_bytes - first.used_bytes) / days;
  const days_left = room === null || per_day <= 0 ? null : Math.floor(room / per_day);
  return { per_day, days_left };
}
