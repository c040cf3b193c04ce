/**
 * How the list of transactions is shown: columns, density, what the histogram is split by, what is
 * open beside it. It lives in the address; columns and density are also remembered in the browser.
 */

export const COLUMNS = [
  'time', 'client', 'country', 'category', 'request', 'method', 'host', 'path', 'status', 'action', 'score', 'severity', 'rules', 'state',
  'verdict', 'sensor', 'unique_id', 'received',
] as const;

export type ColumnName = (typeof COLUMNS)[number];
export type Density = 'comfortable' | 'compact';
export type Split = 'category' | 'action';
export type Grouping = 'similar' | 'network';

export interface ShownColumn {
  name: ColumnName;
  /** In pixels; null as wide as is usual. */
  width: number | null;
}

export interface Layout {
  columns: ShownColumn[];
  density: Density;
}

export interface ListView extends Layout {
  split: Split;
  /** Whether the period before is drawn behind the histogram. */
  isCompared: boolean;
  grouping: Grouping | null;
  /** The transaction that is open beside the list. */
  open: string | null;
  isLive: boolean;
}

const NARROWEST = 48;
const WIDEST = 1200;

const shown = (...names: ColumnName[]): ShownColumn[] => names.map((name) => ({ name, width: null }));

export const USUAL: Layout = {
  columns: shown('time', 'client', 'category', 'request', 'status', 'action', 'rules'),
  density: 'comfortable',
};

export function fittingWidth(width: number): number {
  return Math.round(Math.min(WIDEST, Math.max(NARROWEST, width)));
}

function readColumn(text: string): ShownColumn[] {
  const [name = '', width = ''] = text.split(':');
  if (!(COLUMNS as readonly string[]).includes(name)) return [];
  return [{ name: name as ColumnName, width: /^\d{2,4}$/.test(width) ? fittingWidth(Number(width)) : null }];
}

/** `time,client:200,rules`; null for what names no column. Each column comes once. */
export function readColumns(text: string | null): ShownColumn[] | null {
  const found = (text ?? '').split(',').flatMap(readColumn);
  const once = found.filter(({ name }, at) => found.findIndex((other) => other.name === name) === at);
  return once.length > 0 ? once : null;
}

export function writeColumns(columns: ShownColumn[]): string {
  return columns.map(({ name, width }) => (width === null ? name : `${name}:${width}`)).join(',');
}

function readDensity(text: string | null): Density | null {
  return text === 'comfortable' || text === 'compact' ? text : null;
}

/** Reads a query string; what it does not say is as remembered, or usual. */
export function parseView(search: string, remembered: Partial<Layout> = {}): ListView {
  const query = new URLSearchParams(search);
  const group = query.get('group');
  const open = query.get('open');
  return {
    columns: readColumns(query.get('columns')) ?? remembered.columns ?? USUAL.columns,
    density: readDensity(query.get('density')) ?? remembered.density ?? USUAL.density,
    split: query.get('split') === 'action' ? 'action' : 'category',
    isCompared: query.get('before') === '1',
    grouping: group === 'similar' || group === 'network' ? group : null,
    open: open !== null && /^\d{1,19}$/.test(open) ? open : null,
    isLive: query.get('live') === '1',
  };
}

/** The query string without "?"; what is usual is left out. */
export function writeView(view: ListView): string {
  const query = new URLSearchParams();
  const columns = writeColumns(view.columns);
  if (columns !== writeColumns(USUAL.columns)) query.set('columns', columns);
  if (view.density !== USUAL.density) query.set('density', view.density);
  if (view.split !== 'category') query.set('split', view.split);
  if (view.isCompared) query.set('before', '1');
  if (view.grouping !== null) query.set('group', view.grouping);
  if (view.isLive) query.set('live', '1');
  if (view.open !== null) query.set('open', view.open);
  return query.toString().replaceAll('%2C', ',').replaceAll('%3A', ':');
}

/** What the browser keeps of a person's choice; null if it is none of ours. */
export function readLayout(text: string | null): Partial<Layout> {
  const query = new URLSearchParams(text ?? '');
  const columns = readColumns(query.get('columns'));
  const density = readDensity(query.get('density'));
  return { ...(columns && { columns }), ...(density && { density }) };
}

export function writeLayout({ columns, density }: Layout): string {
  return new URLSearchParams({ columns: writeColumns(columns), density }).toString();
}

/** A column put where another one stands; `step` is -1 (left) or 1 (right). */
export function moved(columns: ShownColumn[], name: ColumnName, step: -1 | 1): ShownColumn[] {
  const at = columns.findIndex((column) => column.name === name);
  const to = at + step;
  const [one, other] = [columns[at], columns[to]];
  if (!one || !other) return columns;
  const next = [...columns];
  next[at] = other;
  next[to] = one;
  return next;
}
