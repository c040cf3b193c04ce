/**
 * The live feed: one `fetch` of /api/v1/live, read as it arrives, resumed with Last-Event-ID.
 * (EventSource would do the same but gives up for good on any status other than 200 and cannot
 * then say where it stopped.)
 */
import { signal } from '@preact/signals';
import type { Row } from '../api/types';
import { type Feed, type FeedEvent, isSilent, newFeed, step } from '../logic/feed';
import { type SseEvent, SseParser } from '../logic/sse';

type Listener = (rows: Row[]) => void;

const listeners = new Set<Listener>();
const skippedListeners = new Set<(count: number) => void>();
let request: AbortController | null = null;
let ticking: number | null = null;
/** The search text that rows must fit; null for all of them. */
let wanted: string | null = null;

export const feed = signal<Feed>(newFeed(Date.now()));
/** The build of the server that the feed talks to; another one than ours means: reload. */
export const serverBuild = signal<string | null>(null);
/** Server time minus browser time, so that "12 s ago" is right on a wall with a wrong clock. */
export const clockOffset_ms = signal(0);

export function now_ms(): number {
  return Date.now() + clockOffset_ms.value;
}

export function onRows(listener: Listener): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

export function onSkipped(listener: (count: number) => void): () => void {
  skippedListeners.add(listener);
  return () => skippedListeners.delete(listener);
}

function apply(event: FeedEvent): void {
  feed.value = step(feed.value, event, Date.now(), Math.random());
}

interface Hello {
  build?: string;
  server_time?: string;
}

function take({ event, data, id }: SseEvent): void {
  if (event === 'rows') {
    apply({ kind: 'rows', lastId: id });
    const rows = JSON.parse(data) as Row[];
    for (const listener of listeners) listener(rows);
    return;
  }
  apply({ kind: 'beat', lastId: id });
  if (event === 'skipped') {
    const { count } = JSON.parse(data) as { count: number };
    for (const listener of skippedListeners) listener(count);
  } else if (event === 'hello' || event === 'beat') {
    const { build, server_time } = JSON.parse(data) as Hello;
    if (build) serverBuild.value = build;
    if (server_time) clockOffset_ms.value = Date.parse(server_time) - Date.now();
  }
}

async function read(response: Response): Promise<void> {
  if (!response.body) return;
  const parser = new SseParser();
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return;
    for (const event of parser.push(value)) take(event);
  }
}

async function connect(): Promise<void> {
  const controller = new AbortController();
  request = controller;
  apply({ kind: 'attempt' });
  let retryAfter_s: number | null = null;
  try {
    const headers: Record<string, string> = { accept: 'text/event-stream' };
    if (feed.value.lastId !== null) headers['last-event-id'] = feed.value.lastId;
    const asked = wanted === null ? '' : `?${new URLSearchParams({ q: wanted })}`;
    const response = await fetch(`/api/v1/live${asked}`, { headers, signal: controller.signal, cache: 'no-store' });
    if (response.ok) {
      apply({ kind: 'open' });
      await read(response);
    } else {
      retryAfter_s = Number(response.headers.get('retry-after')) || null;
    }
  } catch {
    // Broken off, aborted by the watchdog or unreachable: all of them end as a failure below.
  }
  if (request === controller) {
    request = null;
    apply({ kind: 'fail', retryAfter_s });
  }
}

function tick(): void {
  apply({ kind: 'tick' });
  const { retryAt_ms } = feed.value;
  if (isSilent(feed.value, Date.now())) request?.abort();
  if (retryAt_ms !== null && Date.now() >= retryAt_ms && request === null) void connect();
}

/** Tries again at once: somebody pressed the button, or the network came back. */
export function reconnectNow(): void {
  if (request === null && ticking !== null) void connect();
}

/** From now on only rows that fit the text, or all again. What came before is not sent again. */
export function follow(text: string | null): void {
  if (text === wanted) return;
  wanted = text;
  if (ticking === null) return;
  const open = request;
  request = null;
  open?.abort();
  feed.value = newFeed(Date.now());
  void connect();
}

export function openFeed(): void {
  if (ticking !== null) return;
  feed.value = newFeed(Date.now());
  ticking = window.setInterval(tick, 1000);
  window.addEventListener('online', reconnectNow);
  void connect();
}

export function closeFeed(): void {
  if (ticking === null) return;
  window.clearInterval(ticking);
  window.removeEventListener('online', reconnectNow);
  ticking = null;
  const open = request;
  request = null;
  open?.abort();
}
