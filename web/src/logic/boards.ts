/** What the overview and the table of hosts make of their numbers. */
import type { HostCount, HostDetail } from '../api/boards';

export interface Change {
  /** "+12 %", "−3 %", "×14", "no change", "new". */
  text: string;
  direction: 'up' | 'down' | 'same';
}

/** How a count compares with the one before; null where there was nothing in either. */
export function changeOf(now: number, before: number): Change | null {
  if (now === before) return now === 0 ? null : { text: 'no change', direction: 'same' };
  if (before === 0) return { text: 'new', direction: 'up' };
  const direction = now > before ? 'up' : 'down';
  const ratio = now / before;
  if (ratio >= 10) return { text: `×${Math.round(ratio).toLocaleString('en')}`, direction };
  const percent = Math.round((ratio - 1) * 100);
  if (percent === 0) return { text: `${now > before ? '+' : '−'}<1 %`, direction };
  return { text: `${percent > 0 ? '+' : '−'}${Math.abs(percent)} %`, direction };
}

/** "37 %", "<1 %", "0 %". */
export function share(part: number, whole: number): string {
  if (whole === 0 || part === 0) return '0 %';
  const percent = (100 * part) / whole;
  if (percent < 1) return '<1 %';
  return percent > 99 && part < whole ? '>99 %' : `${Math.round(percent)} %`;
}

/** Without a last slice that is not over yet: it would look as if everything had stopped. */
export function wholeSlices(bars: readonly number[], since_ms: number, until_ms: number, slice_s: number): number[] {
  const start_ms = Math.floor(since_ms / (slice_s * 1000)) * slice_s * 1000;
  const isCut = start_ms + bars.length * slice_s * 1000 > until_ms;
  return isCut && bars.length > 2 ? bars.slice(0, -1) : [...bars];
}

/** A line through the middle of each slice, in a box of that size; the greatest touches the top. */
export function linePath(counts: readonly number[], width: number, height: number, most: number): string {
  if (counts.length === 0) return '';
  const step = width / Math.max(1, counts.length - 1);
  const points = counts.map((count, at) => `${(at * step).toFixed(1)} ${(height - (count / Math.max(1, most)) * height).toFixed(1)}`);
  return points.length === 1 ? `M0 ${points[0]?.split(' ')[1]}H${width}` : `M${points.join('L')}`;
}

/** The area under the same line. */
export function areaPath(counts: readonly number[], width: number, height: number, most: number): string {
  const line = linePath(counts, width, height, most);
  return line === '' ? '' : `${line}V${height}H0Z`;
}

const SEVERITIES = ['Emergency', 'Alert', 'Critical', 'Error', 'Warning', 'Notice', 'Info', 'Debug'];

export function severityName(value: string): string {
  return SEVERITIES[Number(value)] ?? value;
}

const STATUS_KINDS: Record<string, string> = { '1': 'informational', '2': 'success', '3': 'redirect', '4': 'client error', '5': 'server error' };

export function statusKind(value: string): string {
  return STATUS_KINDS[value.charAt(0)] ?? '';
}

/** "0 or less", "1 to 4", "100 or more", for bands written as in a search: `..0`, `1..4`, `100..`. */
export function bandWords(value: string): string {
  const [least, most] = value.split('..');
  if (most === undefined) return value;
  if (least === '') return `${most} or less`;
  return most === '' ? `${least} or more` : `${least} to ${most}`;
}

/** Where a band begins, for their order. */
export function bandStart(value: string): number {
  const first = value.split('..')[0] ?? '';
  return first === '' ? Number.NEGATIVE_INFINITY : Number(first);
}

export const HOST_COLUMNS = ['Host', 'Engine', 'Ruleset', 'Transactions', 'Blocked', 'Share', 'Trend', 'Last'] as const;
export type HostColumn = (typeof HOST_COLUMNS)[number];

export interface HostRow extends HostCount {
  detail: HostDetail | null;
}

const last = ({ detail }: HostRow): number => (detail ? Date.parse(detail.at) : Number.NEGATIVE_INFINITY);

/** How much more there was in the second half of the span than in the first, -1 to 1. */
export function rise(bars: readonly number[]): number {
  const half = Math.floor(bars.length / 2);
  const sum = (some: readonly number[]): number => some.reduce((one, other) => one + other, 0);
  const [early, late] = [sum(bars.slice(0, half)), sum(bars.slice(bars.length - half))];
  return early + late === 0 ? 0 : (late - early) / (early + late);
}

const text = (one: string | null | undefined, other: string | null | undefined): number => (one ?? '\uffff').localeCompare(other ?? '\uffff', 'en', { numeric: true });

const ORDERS: Record<HostColumn, (one: HostRow, other: HostRow) => number> = {
  Host: (one, other) => text(one.host, other.host),
  Engine: (one, other) => text(one.detail?.engine_mode, other.detail?.engine_mode),
  Ruleset: (one, other) => text(one.detail?.ruleset, other.detail?.ruleset),
  Transactions: (one, other) => other.transactions - one.transactions,
  Blocked: (one, other) => other.intercepted - one.intercepted,
  Share: (one, other) => other.intercepted / other.transactions - one.intercepted / one.transactions,
  Trend: (one, other) => rise(other.detail?.bars ?? []) - rise(one.detail?.bars ?? []),
  Last: (one, other) => last(other) - last(one) || 0,
};

/** Sorted by a column; equal ones by name, so that nothing jumps while details arrive. */
export function sortedHosts(hosts: readonly HostRow[], by: HostColumn, isReversed: boolean): HostRow[] {
  const sign = isReversed ? -1 : 1;
  return [...hosts].sort((one, other) => sign * ORDERS[by](one, other) || ORDERS.Host(one, other));
}

/** Texts in groups of at most `size`. */
export function inGroups<T>(items: readonly T[], size: number): T[][] {
  return Array.from({ length: Math.ceil(items.length / size) }, (_, at) => items.slice(at * size, (at + 1) * size));
}
