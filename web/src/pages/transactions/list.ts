/**
 * The list's state: pages by cursor, old rows kept while new ones load, live rows waiting on top, or
 * shown at once while nobody reads.
 */
import { effect, signal } from '@preact/signals';
import { get, isAbort } from '../../api/client';
import type { GroupMembers, GroupPage, Row, RowGroup, TransactionPage } from '../../api/types';
import type { Grouping } from '../../logic/list-view';
import { type Judged, onJudged } from '../../live/judged';
import { now_ms, onRows } from '../../live/stream';
import { session } from '../../session';
import { isWaiting, LOOK_AGAIN_MS } from '../../ui/Empty';
import { type Filters, isForServer, matches, toSearch } from '../../logic/filters';

/** The first page is small, to be there soon; whoever scrolls gets larger ones. */
const FIRST = 50;
const PAGE = 200;
/** What a browser keeps at hand; whoever wants more narrows the search or exports. */
export const MOST_ROWS = 20_000;
/** How long arriving rows are gathered before the server is asked which of them fit. */
const ASK_MS = 1000;
/** More than this many new rows are counted but not kept: the list is then loaded afresh. */
const MOST_WAITING = 200;
/** How many rows are asked for by their ids at once: a search text has at most 2,000 characters. */
const MOST_NAMED = 90;
/** Others judge too: what is in sight is asked for again that often. */
const RENEW_MS = 30_000;

/** One line of the list: a transaction, alone, for a group of its like, or of an opened group. */
export interface Item {
  row: Row;
  group: RowGroup | null;
  /** Where the group was counted from. */
  cursor: string | null;
  isOpen: boolean;
  isMember: boolean;
}

export interface Listed {
  items: Item[];
  next: string | null;
  /** Of how many transactions the groups are made; null without groups. */
  scanned: number | null;
  total: TransactionPage['total'];
  empty: TransactionPage['empty'];
}

/** Where somebody is in the list: rows above the edge of the window, how high each is, which are drawn. */
export interface Sight {
  above: number;
  height: number;
  first: number;
  last: number;
}

const alone = (row: Row): Item => ({ row, group: null, cursor: null, isOpen: false, isMember: false });

export class List {
  readonly page = signal<Listed | null>(null);
  readonly isLoading = signal(true);
  readonly error = signal<unknown>(null);
  readonly newCount = signal(0);
  private fresh: Row[] = [];
  /** Whether what loads goes below the rows, which then are not old. */
  isExtending = false;
  private isRefreshing = false;
  private asking: number | null = null;
  /** Of the rows that arrived, those of which the server has not said whether they fit. */
  private arrived = new Set<string>();
  private filters: Filters;
  /** The search of which the rows are. */
  private loaded: string | null = null;
  private grouping: Grouping | null = null;
  private isFollowing: () => boolean = () => false;
  private request: AbortController | null = null;
  private end: () => void = () => undefined;
  sight: Sight | null = null;
  /** Rows that somebody may have judged since they were loaded. */
  private outdated = new Set<string>();
  /** Rows that were told of while others were asked for, whose answer may be older. */
  private told = new Set<string>();
  private isRenewing = false;

  constructor(filters: Filters) {
    this.filters = filters;
  }

  /** New rows are shown at once as long as `isFollowing` says so. */
  follow(isFollowing: () => boolean): void {
    this.isFollowing = isFollowing;
    this.showFollowed();
  }

  start(): void {
    const endRows = onRows((rows) => this.take(rows));
    const endJudged = onJudged((judged) => this.follows(judged));
    const lookAgain = window.setInterval(() => {
      if (!document.hidden && isWaiting(this.page.value?.empty)) this.refresh();
    }, LOOK_AGAIN_MS);
    const renew = (): void => {
      if (!document.hidden) this.outdate();
    };
    const renewing = window.setInterval(renew, RENEW_MS);
    document.addEventListener('visibilitychange', renew);
    this.end = () => {
      endRows();
      endJudged();
      window.clearInterval(lookAgain);
      window.clearInterval(renewing);
      document.removeEventListener('visibilitychange', renew);
    };
  }

  /** Goes on after a `stop`: the rows stay where they were, and what came meanwhile waits above them. */
  async resume(): Promise<void> {
    this.start();
    this.isLoading.value = false;
    this.outdate();
    const { filters } = this;
    const query = this.query(null);
    query.set('limit', String(MOST_WAITING));
    try {
      const { transactions } = await get<TransactionPage>(`transactions?${query}`);
      if (this.filters !== filters) return;
      const items = this.page.value?.items ?? [];
      const known = new Set(items.map(({ row }) => row.id));
      const oldest_ms = Date.parse(items[items.length - 1]?.row.at ?? '') || 0;
      const missed = transactions.filter(({ id, at }) => !known.has(id) && Date.parse(at) >= oldest_ms);
      this.add(missed.reverse());
      if (missed.length === MOST_WAITING) this.newCount.value += 1; // perhaps more: they are loaded afresh
    } catch {
      // The rows are there; the next that arrives is counted as always.
    }
  }

  /** Whether its rows are those of this search, and can be gone on with; folded ones cannot. */
  isOf(search: string): boolean {
    const hasRows = (this.page.value?.items.length ?? 0) > 0;
    return hasRows && this.loaded === search && this.error.value === null && this.grouping === null;
  }

  see(sight: Sight): void {
    this.sight = sight;
    void this.renew();
  }

  private follows(judged: Judged): void {
    if (judged === null) {
      this.outdate();
      return;
    }
    this.told.add(judged.id);
    const follow = (row: Row): Row => (row.id === judged.id ? { ...row, state: judged.state, labels: judged.labels } : row);
    this.fresh = this.fresh.map(follow);
    this.change((items) => items.map((item) => (item.row.id === judged.id ? { ...item, row: follow(item.row) } : item)));
  }

  private outdate(): void {
    this.outdated = new Set(this.page.value?.items.map(({ row }) => row.id));
    void this.renew();
  }

  /** Those in sight, one request after the other; the others when somebody comes to see them. */
  private async renew(): Promise<void> {
    if (this.isRenewing) return;
    this.isRenewing = true;
    for (let ids = this.outdatedInSight(); ids.length > 0; ids = this.outdatedInSight()) {
      for (const id of ids) this.outdated.delete(id);
      this.told.clear();
      const query = new URLSearchParams({ q: `id:(${ids.join(' ')})`, limit: String(MOST_NAMED) });
      try {
        const { transactions } = await get<TransactionPage>(`transactions?${query}`);
        const found = new Map(transactions.filter(({ id }) => !this.told.has(id)).map((row) => [row.id, row]));
        this.change((items) =>
          items.map((item) => {
            const row = found.get(item.row.id);
            return row ? { ...item, row } : item;
          }),
        );
      } catch {
        for (const id of ids) this.outdated.add(id);
        break;
      }
    }
    this.isRenewing = false;
  }

  private outdatedInSight(): string[] {
    const { first, last } = this.sight ?? { first: 0, last: FIRST };
    const items = this.page.value?.items.slice(first, last) ?? [];
    const ids = items.map(({ row }) => row.id).filter((id) => this.outdated.has(id));
    return ids.slice(0, MOST_NAMED);
  }

  stop(): void {
    this.end();
    if (this.asking !== null) window.clearTimeout(this.asking);
    this.request?.abort();
  }

  show(filters: Filters, grouping: Grouping | null): void {
    this.filters = filters;
    this.grouping = grouping;
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
    const count = this.page.value?.items.length ?? 0;
    if (cursor && !this.isLoading.value && count < MOST_ROWS) void this.load(cursor);
  }

  /** Shows what is in a group under it, or hides it again. */
  async toggle(item: Item): Promise<void> {
    const id = item.row.id;
    if (item.isOpen) {
      this.change((items) => {
        const at = items.findIndex(({ row, group }) => row.id === id && group !== null);
        const end = items.findIndex(({ isMember }, place) => place > at && !isMember);
        const after = end < 0 ? [] : items.slice(end);
        return [...items.slice(0, at), { ...item, isOpen: false }, ...after];
      });
      return;
    }
    const query = this.query(item.cursor);
    try {
      const { transactions } = await get<GroupMembers>(`groups/${id}?${query}`);
      const members = transactions.filter((row) => row.id !== id).map((row) => ({ ...alone(row), isMember: true }));
      this.change((items) =>
        items.flatMap((one) => (one.row.id === id && one.group !== null ? [{ ...one, isOpen: true }, ...members] : [one])),
      );
    } catch (error) {
      if (!isAbort(error)) this.error.value = error;
    }
  }

  private change(next: (items: Item[]) => Item[]): void {
    const present = this.page.value;
    if (present) this.page.value = { ...present, items: next(present.items) };
  }

  private query(cursor: string | null): URLSearchParams {
    const query = new URLSearchParams(toSearch(this.filters));
    if (this.grouping === 'network') query.set('clients', 'apart');
    if (cursor !== null) query.set('cursor', cursor);
    return query;
  }

  /** Puts the rows that arrived on top; loads afresh if there were too many to keep. */
  showNew(): void {
    const present = this.page.value;
    if (!present || present.items.length === 0 || this.grouping !== null || this.newCount.value > MOST_WAITING) {
      this.reload();
      return;
    }
    const known = new Set(present.items.map(({ row }) => row.id));
    const items = [...this.fresh.filter(({ id }) => !known.has(id)).map(alone), ...present.items];
    const stopped = this.fresh.filter(({ intercepted }) => intercepted === true).length;
    const total = {
      ...present.total,
      transactions: present.total.transactions + this.fresh.length,
      intercepted: present.total.intercepted + stopped,
    };
    this.page.value = { ...present, items, total };
    this.fresh = [];
    this.newCount.value = 0;
  }

  private async load(cursor: string | null, isQuiet = false): Promise<void> {
    this.request?.abort();
    const controller = new AbortController();
    this.request = controller;
    this.isExtending = cursor !== null;
    this.isLoading.value = !isQuiet;
    this.isRefreshing = isQuiet;
    try {
      const page = await this.ask(cursor, controller.signal);
      const before = cursor === null ? null : this.page.value;
      const seen = new Set(before?.items.map(({ row }) => row.id));
      this.page.value = {
        ...page,
        items: [...(before?.items ?? []), ...page.items.filter(({ row }) => !seen.has(row.id))],
        scanned: page.scanned === null ? null : page.scanned + (before?.scanned ?? 0),
        total: before?.total ?? page.total,
        empty: cursor === null ? page.empty : null,
      };
      if (cursor === null) {
        this.loaded = toSearch(this.filters);
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

  private async ask(cursor: string | null, signal: AbortSignal): Promise<Listed> {
    const query = this.query(cursor);
    if (this.grouping !== null) {
      const { groups, ...page } = await get<GroupPage>(`groups?${query}`, signal);
      return { ...page, items: groups.map((group) => ({ ...alone(group.row), group, cursor })) };
    }
    query.set('limit', String(cursor === null ? FIRST : PAGE));
    const { transactions, ...page } = await get<TransactionPage>(`transactions?${query}`, signal);
    return { ...page, items: transactions.map(alone), scanned: null };
  }

  private take(rows: Row[]): void {
    const wanted = rows.filter((row) => matches(this.filters, row, now_ms()));
    if (wanted.length === 0) return;
    if (this.page.value?.empty) {
      this.refresh();
      return;
    }
    if (isForServer(this.filters)) {
      for (const { id } of wanted) this.arrived.add(id);
      this.asking ??= window.setTimeout(() => void this.askWhatFits(), ASK_MS);
      return;
    }
    this.add(wanted);
  }

  /** Only the server knows what fits a search text: asked once for all that arrive meanwhile. */
  private async askWhatFits(): Promise<void> {
    this.asking = null;
    const { filters, arrived } = this;
    this.arrived = new Set();
    if (!this.page.value || this.isLoading.value) return;
    const query = new URLSearchParams(toSearch(filters));
    query.set('limit', String(MOST_WAITING));
    try {
      const found = await get<TransactionPage>(`transactions?${query}`);
      if (this.filters !== filters) return;
      const shown = this.page.value?.items.map(({ row }) => row) ?? [];
      const known = new Set([...this.fresh, ...shown].map(({ id }) => id));
      this.add(found.transactions.filter(({ id }) => arrived.has(id) && !known.has(id)).reverse());
    } catch {
      // The list is there; the next row that arrives asks again, for these too.
      for (const id of arrived) this.arrived.add(id);
    }
  }

  /** The feed may tell of rows that were asked for already. */
  private add(arrived: Row[]): void {
    const newest = this.page.value?.items.slice(0, 2 * MOST_WAITING).map(({ row }) => row) ?? [];
    const known = new Set([...this.fresh, ...newest].map(({ id }) => id));
    const wanted = arrived.filter(({ id }) => !known.has(id));
    if (wanted.length === 0) return;
    this.newCount.value += wanted.length;
    this.fresh = [...wanted.reverse(), ...this.fresh].slice(0, MOST_WAITING);
    this.showFollowed();
  }

  private showFollowed(): void {
    if (this.newCount.value > 0 && this.isFollowing() && !this.isLoading.value) this.showNew();
  }
}

/** The list that was left last, to come back to it as it was; of nobody else than who left it. */
let left: List | null = null;
effect(() => {
  if (session.value?.state !== 'ready') left = null;
});

/** `isReturn`: from a transaction of it. */
export function openList(filters: Filters, isReturn: boolean): List {
  const list = isReturn && left?.isOf(toSearch(filters)) ? left : new List(filters);
  left = list;
  return list;
}
