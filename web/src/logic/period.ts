/** Periods of time: the one before, the one after, and twice as long. */
import { moment } from './when';

export interface Period {
  since: string | null;
  until: string | null;
}

/** Start and end in milliseconds; null without a start. Without an end it is now. */
export function ends({ since, until }: Period, now_ms: number): [since_ms: number, until_ms: number] | null {
  const from = since === null ? null : moment(since, now_ms);
  const to = until === null ? now_ms : moment(until, now_ms);
  return from === null || to === null || to <= from ? null : [from, to];
}

const absolute = (since_ms: number, until_ms: number): Period => ({
  since: new Date(since_ms).toISOString(),
  until: new Date(until_ms).toISOString(),
});

/** The same length of time, before (-1) or after (1) this one; null where there is none. */
export function beside(period: Period, step: -1 | 1, now_ms: number): Period | null {
  const found = ends(period, now_ms);
  if (!found) return null;
  const [since, until] = found;
  const length = (until - since) * step;
  if (step === 1 && since + length >= now_ms) return null;
  return absolute(since + length, until + length);
}

/** Around the same middle, twice as long; it does not reach into the future. */
export function widened(period: Period, now_ms: number): Period | null {
  const found = ends(period, now_ms);
  if (!found) return null;
  const [since, until] = found;
  const half = (until - since) / 2;
  const to = until + half;
  return to >= now_ms ? { since: new Date(since - half).toISOString(), until: null } : absolute(since - half, to);
}

/** The same period told absolutely, so that a link shows the same rows later. */
export function pinned(period: Period, now_ms: number): Period {
  const told = (value: string | null): string | null => {
    const at_ms = value === null ? null : moment(value, now_ms);
    return at_ms === null ? value : new Date(at_ms).toISOString();
  };
  return { since: told(period.since), until: period.until === null ? new Date(now_ms).toISOString() : told(period.until) };
}
