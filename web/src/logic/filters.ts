/** The filters of a search: they live in the address bar, and the API takes the same parameters. */
import type { Row } from '../api/types';
import { contains } from './address';
import { moment } from './when';

export const FIELDS = [
  'sensor', 'client', 'country', 'rule', 'category', 'host', 'path', 'status', 'method', 'severity', 'score', 'network', 'format', 'ruleset',
  'state', 'label',
] as const;

export type Field = (typeof FIELDS)[number];

export interface Filters {
  values: Record<Field, string[]>;
  blocked: boolean | null;
  uniqueId: string | null;
  /** The search text (docs/search.md); only the server can tell what fits it. */
  text: string | null;
  since: string | null;
  until: string | null;
}

export const FIELD_LABELS: Record<Field, string> = {
  sensor: 'Sensor',
  client: 'Client',
  country: 'Country',
  rule: 'Rule',
  category: 'Category',
  host: 'Host',
  path: 'Path',
  status: 'Status',
  method: 'Method',
  severity: 'Severity',
  score: 'Score',
  network: 'Network',
  format: 'Format',
  ruleset: 'Ruleset',
  state: 'Triage',
  label: 'Label',
};

const PARAMETERS: Record<string, string> = {
  ...Object.fromEntries(Object.entries(FIELD_LABELS).map(([field, label]) => [field, label.toLowerCase()])),
  blocked: 'action',
  unique_id: 'unique id',
  q: 'the search text',
  since: 'start of the time range',
  until: 'end of the time range',
};

/** What a parameter of a search is called in a sentence. */
export function filterName(parameter: string): string {
  return PARAMETERS[parameter] ?? parameter;
}

export function noFilters(): Filters {
  const values = Object.fromEntries(FIELDS.map((field) => [field, []])) as unknown as Filters['values'];
  return { values, blocked: null, uniqueId: null, text: null, since: null, until: null };
}

/** Reads a query string. Unknown parameters and empty values are dropped. */
export function parseFilters(search: string): Filters {
  const query = new URLSearchParams(search);
  const filters = noFilters();
  for (const field of FIELDS) {
    filters.values[field] = [...new Set(query.getAll(field).filter(Boolean))];
  }
  const blocked = query.get('blocked');
  filters.blocked = blocked === 'true' ? true : blocked === 'false' ? false : null;
  filters.uniqueId = query.get('unique_id') || null;
  filters.text = query.get('q')?.trim() || null;
  filters.since = query.get('since') || null;
  filters.until = query.get('until') || null;
  return filters;
}

/** The query string, without "?", fields in a fixed order: the same filters give the same text. */
export function toSearch(filters: Filters): string {
  const query = new URLSearchParams();
  for (const field of FIELDS) for (const value of filters.values[field]) query.append(field, value);
  if (filters.blocked !== null) query.set('blocked', String(filters.blocked));
  if (filters.uniqueId !== null) query.set('unique_id', filters.uniqueId);
  if (filters.text !== null) query.set('q', filters.text);
  if (filters.since !== null) query.set('since', filters.since);
  if (filters.until !== null) query.set('until', filters.until);
  return query.toString();
}

export function pageOf(filters: Filters): string {
  const search = toSearch(filters);
  return search ? `/transactions?${search}` : '/transactions';
}

export function withValue(filters: Filters, field: Field, value: string): Filters {
  const present = filters.values[field];
  if (present.includes(value)) return filters;
  return { ...filters, values: { ...filters.values, [field]: [...present, value] } };
}

export function withoutValue(filters: Filters, field: Field, value: string): Filters {
  const rest = filters.values[field].filter((other) => other !== value);
  return { ...filters, values: { ...filters.values, [field]: rest } };
}

/** Everything but the time range removed. */
export function onlyRange(filters: Filters): Filters {
  return { ...noFilters(), since: filters.since, until: filters.until };
}

/** Removes one filter by the name the API uses for it. */
export function without(filters: Filters, parameter: string): Filters {
  const next = { ...filters, values: { ...filters.values } };
  if ((FIELDS as readonly string[]).includes(parameter)) next.values[parameter as Field] = [];
  if (parameter === 'blocked') next.blocked = null;
  if (parameter === 'unique_id') next.uniqueId = null;
  if (parameter === 'q') next.text = null;
  if (parameter === 'since' || parameter === 'until') next[parameter] = null;
  return next;
}

export function isFiltered(filters: Filters): boolean {
  return toSearch(onlyRange(filters)) !== toSearch(filters);
}

/** `*` stands for any text, everything else is literal; only the part before "?" counts. */
function pathMatches(pattern: string, uri: string): boolean {
  const path = uri.split('?', 1)[0] ?? '';
  const [first = '', ...rest] = pattern.split('*');
  if (rest.length === 0) return path === pattern;
  if (!path.startsWith(first)) return false;
  const last = rest.pop() ?? '';
  let from = first.length;
  for (const piece of rest) {
    const found = path.indexOf(piece, from);
    if (found < 0) return false;
    from = found + piece.length;
  }
  return path.length - last.length >= from && path.endsWith(last);
}

/** `5..9`, `..4`, `100..` or `7`, both ends included. */
function isInRange(number: number, range: string): boolean {
  const [least = '', most = least] = range.split('..');
  return (least === '' || number >= Number(least)) && (most === '' || number <= Number(most));
}

const TESTS: Record<Field, (row: Row, wanted: string) => boolean> = {
  sensor: (row, wanted) => row.sensor === wanted,
  client: (row, wanted) => row.client.address !== null && contains(wanted, row.client.address),
  country: (row, wanted) => row.place?.country === wanted.toUpperCase(),
  rule: (row, wanted) => row.rule_ids.includes(Number(wanted)),
  category: (row, wanted) => row.category === wanted,
  host: (row, wanted) => row.host?.toLowerCase() === wanted.toLowerCase(),
  path: (row, wanted) => pathMatches(wanted, row.uri ?? ''),
  status: (row, wanted) => String(row.status) === wanted,
  method: (row, wanted) => row.method === wanted,
  severity: (row, wanted) => String(row.severity) === wanted,
  score: (row, wanted) => row.score !== null && isInRange(row.score, wanted),
  network: (row, wanted) => row.client.address !== null && contains(wanted, row.client.address),
  format: () => true, // a row does not tell
  ruleset: () => true,
  state: (row, wanted) => row.state === wanted,
  label: (row, wanted) => row.labels.includes(wanted),
};

/** What only the server can tell of a row. */
const UNTOLD: readonly Field[] = ['format', 'ruleset'];

export function isForServer({ text, values }: Filters): boolean {
  return text !== null || UNTOLD.some((field) => values[field].length > 0);
}

/** Whether a row of the live feed may belong into the list: all but the search text is asked here. */
export function matches(filters: Filters, row: Row, now_ms: number): boolean {
  if (filters.blocked !== null && (row.intercepted === true) !== filters.blocked) return false;
  if (filters.uniqueId !== null && row.unique_id !== filters.uniqueId) return false;
  const at_ms = Date.parse(row.at);
  const since = filters.since === null ? null : moment(filters.since, now_ms);
  const until = filters.until === null ? null : moment(filters.until, now_ms);
  if (since !== null && at_ms < since) return false;
  if (until !== null && at_ms >= until) return false;
  return FIELDS.every((field) => {
    const wanted = filters.values[field];
    return wanted.length === 0 || wanted.some((value) => TESTS[field](row, value));
  });
}
