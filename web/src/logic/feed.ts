/**
 * The state of the live feed as a pure machine: what people are told, and when to try again.
 * A feed that is silent and one that is broken never look the same.
 */

export type FeedName = 'connecting' | 'live' | 'idle' | 'reconnecting' | 'lost';

export interface Feed {
  name: FeedName;
  /** When this state began. */
  since_ms: number;
  /** Failed attempts since the last success. */
  failures: number;
  /** When to try again; null while connected or connecting. */
  retryAt_ms: number | null;
  /** The last sign of life, rows or beat. */
  heardAt_ms: number;
  rowsAt_ms: number;
  lastId: string | null;
  /** When the connection broke; null while it holds. */
  brokenAt_ms: number | null;
}

export type FeedEvent =
  | { kind: 'open' }
  | { kind: 'rows'; lastId: string | null }
  | { kind: 'beat'; lastId?: string | null }
  | { kind: 'fail'; retryAfter_s?: number | null }
  | { kind: 'attempt' }
  | { kind: 'tick' };

export const IDLE_AFTER_MS = 30_000;
/** Three beats missed. */
export const SILENT_AFTER_MS = 16_000;
export const LOST_AFTER_MS = 20_000;
const LONGEST_WAIT_MS = 30_000;

export function newFeed(now_ms: number): Feed {
  return {
    name: 'connecting',
    since_ms: now_ms,
    failures: 0,
    retryAt_ms: null,
    heardAt_ms: now_ms,
    rowsAt_ms: now_ms,
    lastId: null,
    brokenAt_ms: null,
  };
}

/** 1, 2, 4 ... 30 s, spread by a quarter so that many consoles do not return at once. */
export function backoff_ms(failures: number, random: number): number {
  const wait = Math.min(LONGEST_WAIT_MS, 1000 * 2 ** Math.max(0, failures - 1));
  return Math.round(wait * (0.75 + random * 0.5));
}

function named(feed: Feed, name: FeedName, now_ms: number): Feed {
  return feed.name === name ? feed : { ...feed, name, since_ms: now_ms };
}

/** Whether the connection is silent for so long that it must be taken as broken. */
export function isSilent(feed: Feed, now_ms: number): boolean {
  return feed.retryAt_ms === null && now_ms - feed.heardAt_ms > SILENT_AFTER_MS;
}

function failed(feed: Feed, now_ms: number, random: number, retryAfter_s: number | null): Feed {
  const failures = feed.failures + 1;
  const wait = Math.max(backoff_ms(failures, random), (retryAfter_s ?? 0) * 1000);
  const brokenAt_ms = feed.brokenAt_ms ?? now_ms;
  const isLost = feed.name === 'lost' || now_ms - brokenAt_ms > LOST_AFTER_MS;
  const next = { ...feed, failures, brokenAt_ms, retryAt_ms: now_ms + wait };
  return named(next, isLost ? 'lost' : 'reconnecting', now_ms);
}

export function step(feed: Feed, event: FeedEvent, now_ms: number, random = 0.5): Feed {
  switch (event.kind) {
    case 'attempt':
      return { ...feed, retryAt_ms: null, heardAt_ms: now_ms };
    case 'open': {
      const open = { ...feed, failures: 0, retryAt_ms: null, heardAt_ms: now_ms, brokenAt_ms: null };
      const isFresh = now_ms - feed.rowsAt_ms <= IDLE_AFTER_MS;
      return named(open, isFresh ? 'live' : 'idle', now_ms);
    }
    case 'rows': {
      const heard = { ...feed, heardAt_ms: now_ms, rowsAt_ms: now_ms, lastId: event.lastId ?? feed.lastId };
      return named(heard, 'live', now_ms);
    }
    case 'beat':
      return { ...feed, heardAt_ms: now_ms, lastId: event.lastId ?? feed.lastId };
    case 'fail':
      return failed(feed, now_ms, random, event.retryAfter_s ?? null);
    case 'tick': {
      const brokenFor = feed.brokenAt_ms === null ? 0 : now_ms - feed.brokenAt_ms;
      if (brokenFor > LOST_AFTER_MS) {
        return feed.name === 'lost' ? feed : { ...feed, name: 'lost', since_ms: feed.brokenAt_ms ?? now_ms };
      }
      if (feed.name === 'live' && now_ms - feed.rowsAt_ms > IDLE_AFTER_MS) {
        return { ...feed, name: 'idle', since_ms: feed.rowsAt_ms };
      }
      return feed;
    }
  }
}
