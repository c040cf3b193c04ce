/**
 * What the map page counts: the window as the server counted it, plus every live row since. Rows
 * arrive up to ten times a second; the page is told four times a second.
 */
import { signal } from '@preact/signals';
import { ApiError, get, isAbort } from '../../api/client';
import type { CategoryCount, CheckedSearch, CountryCount, MapData, Row } from '../../api/types';
import { follow, onRows, onSkipped } from '../../live/stream';
import { Rate } from '../../logic/aggregate';
import { isWaiting, LOOK_AGAIN_MS } from '../../ui/Empty';

export const WINDOWS = ['15m', '1h', '24h', '7d'] as const;
export type Window = (typeof WINDOWS)[number];

export const RECENT_ROWS = 14;
const TELL_EVERY_MS = 250;
const RECOUNT_EVERY_MS = 30_000;

export class Numbers {
  readonly data = signal<MapData | null>(null);
  readonly error = signal<unknown>(null);
  rate = new Rate(60, Date.now());
  /** Goes up whenever something that people see has changed. */
  readonly version = signal(0);
  private window: Window = '24h';
  private text: string | null = null;
  /** The last text that the server could read. */
  private readable: string | null = null;
  private request: AbortController | null = null;
  private waiting: Row[] = [];
  private readonly ends: (() => void)[] = [];

  constructor(private readonly onArrival: (rows: Row[]) => void) {}

  start(window_: Window, text: string | null): void {
    this.window = window_;
    this.text = text;
    const tell = window.setInterval(() => this.tell(), TELL_EVERY_MS);
    const lookAgain = window.setInterval(() => {
      if (!document.hidden && isWaiting(this.data.value?.empty)) void this.load();
    }, LOOK_AGAIN_MS);
    const recount = window.setInterval(() => {
      if (!document.hidden) void this.load();
    }, RECOUNT_EVERY_MS);
    this.ends.push(
      onRows((rows) => this.take(rows)),
      onSkipped((count) => {
        this.rate.add(count, Date.now());
        void this.load();
      }),
      () => window.clearInterval(tell),
      () => window.clearInterval(lookAgain),
      () => window.clearInterval(recount),
    );
    void this.load();
  }

  stop(): void {
    this.request?.abort();
    for (const end of this.ends.splice(0)) end();
    follow(null);
  }

  choose(window_: Window, text: string | null): void {
    if (window_ === this.window && text === this.text) return;
    if (text !== this.text) this.rate = new Rate(60, Date.now());
    this.window = window_;
    this.text = text;
    void this.load();
  }

  async load(): Promise<void> {
    this.request?.abort();
    const controller = new AbortController();
    this.request = controller;
    try {
      if (this.text !== this.readable) await this.check(this.text, controller.signal);
      const asked = new URLSearchParams({ window: this.window, ...(this.text === null ? {} : { q: this.text }) });
      const data = await get<MapData>(`map?${asked}`, controller.signal);
      // Only a text that the server could read is followed.
      follow(this.text);
      this.waiting = [];
      this.data.value = data;
      this.error.value = null;
      this.version.value += 1;
    } catch (error) {
      if (!isAbort(error)) this.error.value = error;
    }
  }

  /** A text that somebody wrote into the address is checked before anything is asked with it. */
  private async check(text: string | null, signal: AbortSignal): Promise<void> {
    if (text !== null) {
      const { error } = await get<CheckedSearch>(`search/check?${new URLSearchParams({ q: text })}`, signal);
      if (error) throw new ApiError(400, 'bad-search', `${error.message} (character ${error.position + 1})`);
    }
    this.readable = text;
  }

  private take(rows: Row[]): void {
    this.rate.add(rows.length, Date.now());
    this.waiting.push(...rows);
    const present = this.data.value;
    const isUnknown = rows.some(({ sensor }) => !present?.sensors.some(({ name }) => name === sensor));
    if (present && isUnknown && this.request?.signal.aborted !== false) void this.load();
    this.onArrival(rows);
  }

  private tell(): void {
    this.version.value += 1;
    const present = this.data.value;
    if (this.waiting.length === 0 || !present) return;
    this.data.value = withRows(present, this.waiting.splice(0));
  }
}

/** The numbers with these rows (oldest first) counted in. */
export function withRows(data: MapData, rows: readonly Row[]): MapData {
  const countries = new Map(data.countries.map((entry) => [entry.country, { ...entry }]));
  const categories = new Map(data.categories.map((entry) => [entry.category, { ...entry }]));
  const total = { ...data.total };
  for (const row of rows) {
    const stopped = row.intercepted === true ? 1 : 0;
    total.transactions += 1;
    total.intercepted += stopped;
    const code = row.place?.country;
    if (code) count(countries, code, stopped, { country: code, name: row.place?.country_name ?? code } as CountryCount);
    if (row.category) count(categories, row.category, stopped, { category: row.category } as CategoryCount);
  }
  const byCount = (a: { transactions: number }, b: { transactions: number }): number => b.transactions - a.transactions;
  return {
    ...data,
    total,
    countries: [...countries.values()].sort(byCount),
    categories: [...categories.values()].sort(byCount),
    recent: [...[...rows].reverse(), ...data.recent].slice(0, RECENT_ROWS),
    empty: null,
  };
}

function count<T extends { transactions: number; intercepted: number }>(
  counts: Map<string, T>, key: string, stopped: number, fresh: T,
): void {
  const present = counts.get(key) ?? { ...fresh, transactions: 0, intercepted: 0 };
  present.transactions += 1;
  present.intercepted += stopped;
  counts.set(key, present);
}
