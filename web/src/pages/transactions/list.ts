/** The list's state: pages by cursor, old rows kept while new ones load, live rows waiting on top. */
import { signal } from '@preact/signals';
import { get, isAbort } from '../../api/client';
import type { Row, TransactionPage } from '../../api/types';
import { now_ms, onRows } from '../../live/stream';
import { isWaiting, LOOK_AGAIN_MS } from '../../ui/Empty';
import { type Filters, matches, toSearch } from '../../logic/filters';

const PAGE = 50;
/** How long arriving rows are gathered before the server is asked which of them fit. */
const ASK_MS = 1000;
/** More than this many new rows are counted but not kept: the list is then loaded afresh. */
const MOST_WAITING = 200;

export interface Listed {
  rows: Row[];
  next: string | null;
  total: TransactionPage['total'];
  empty: TransactionPage['empty'];
}

export class List {
  readonly page = signal<Listed | null>(null);
  readonly isLoading = signal(true);
  readonly error = signal<unknown>(null);
  readonly newCount = signal(0);
  private fresh: Row[] = [];
  private isRefreshing = false;
  private asking: number | null = null;
  /** Of the rows that arrived, those of which the server has not said whether they fit. */
  private arrived = new Set<string>();
  private filters: Filters;
  private request: AbortController | null = null;
  private end: () => void = () => undefined;

  constructor(filters: Filters) {
    this.filters = filters;
  }

  start(): void {
    const end = onRows((rows) => this.take(rows));
    const lookAgain = window.setInterval(() => {
      if (!document.hidden && isWaiting(this.page.value?.empty)) this.refresh();
    }, LOOK_AGAIN_MS);
    this.end = () => {
      end();
      window.clearInterval(lookAgain);
    };
  }

  stop(): void {
    this.end();
    if (this.asking !== null) window.clearTimeout(this.asking);
    this.request?.abort();
  }

  show(filters: Filters): void {
    this.filters = filters;
    void this.load(null);
  }

  reload(): void {
    void this.load(null);
  }

  /** As `reload`, but without showing that it does, and never while something else loads. */
  private refresh(): void {
    if (!this.isLoading.value && !this.isRefreshing) void this.load(null, true);
  }

  older(): void {
    const cursor = this.page.value?.next;
    if (cursor && !this.isLoading.value) void this.load(cursor);
  }

  /** Puts the rows that arrived on top; loads afresh if there were too many to keep. */
  showNew(): void {
    const present = this.page.value;
    if (!present || present.rows.length === 0 || this.newCount.value > MOST_WAITING) {
      this.reload();
      return;
    }
    const known = new Set(present.rows.map(({ id }) => id));
    const rows = [...this.fresh.filter(({ id }) => !known.has(id)), ...present.rows];
    const stopped = this.fresh.filter(({ intercepted }) => intercepted === true).length;
    const total = {
      transactions: present.total.transactions + this.fresh.length,
      intercepted: present.total.intercepted + stopped,
    };
    this.page.value = { ...present, rows, total };
    this.fresh = [];
    this.newCount.value = 0;
  }

  private async load(cursor: string | null, isQuiet = false): Promise<void> {
    this.request?.abort();
    const controller = new AbortController();
    this.request = controller;
    this.isLoading.value = !isQuiet;
    this.isRefreshing = isQuiet;
    const query = new URLSearchParams(toSearch(this.filters));
    query.set('limit', String(PAGE));
    if (cursor !== null) query.set('cursor', cursor);
    try {
      const page = await get<TransactionPage>(`transactions?${query}`, controller.signal);
      const before = cursor === null ? [] : (this.page.value?.rows ?? []);
      this.page.value = {
        rows: [...before, ...page.transactions],
        next: page.next,
        total: page.total,
        empty: cursor === null ? page.empty : null,
      };
      if (cursor === null) {
        this.fresh = [];
        this.newCount.value = 0;
      }
      this.error.value = null;
    } catch (error) {
      if (isAbort(error)) return;
      this.error.value = error;
    }
    if (this.request !== controller) return;
    this.isLoading.value = false;
    this.isRefreshing = false;
  }

  private take(rows: Row[]): void {
    const wanted = rows.filter((row) => matches(this.filters, row, now_ms()));
    if (wanted.length === 0) return;
    if (this.page.value?.empty) {
      this.refresh();
      return;
    }
    if (this.filters.text !== null) {
      for (const { id } of wanted) this.arrived.add(id);
      this.asking ??= window.setTimeout(() => void this.ask(), ASK_MS);
      return;
    }
    this.add(wanted);
  }

  /** Only the server knows what fits a search text: asked once for all that arrive meanwhile. */
  private async ask(): Promise<void> {
    this.asking = null;
    const { filters, arrived } = this;
    this.arrived = new Set();
    if (!this.page.value || this.isLoading.value) return;
    const query = new URLSearchParams(toSearch(filters));
    query.set('limit', String(MOST_WAITING));
    try {
      const found = await get<TransactionPage>(`transactions?${query}`);
      if (this.filters !== filters) return;
      const known = new Set([...this.fresh, ...(this.page.value?.rows ?? [])].map(({ id }) => id));
      this.add(found.transactions.filter(({ id }) => arrived.has(id) && !known.has(id)).reverse());
    } catch {
      // The list is there; the next row that arrives asks again, for these too.
      for (const id of arrived) this.arrived.add(id);
    }
  }

  private add(wanted: Row[]): void {
    if (wanted.length === 0) return;
    this.newCount.value += wanted.length;
    this.fresh = [...wanted.reverse(), ...this.fresh].slice(0, MOST_WAITING);
  }
}
