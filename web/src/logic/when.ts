/** Times for people: relative, local, UTC, and the time ranges of a search. */

const STEPS: [limit_s: number, unit_s: number, name: string][] = [
  [60, 1, 's'],
  [3600, 60, 'min'],
  [48 * 3600, 3600, 'h'],
  [Number.POSITIVE_INFINITY, 86400, 'd'],
];

/** "12 s ago", "3 min ago", "2 d ago", "in 5 s"; "just now" within two seconds. */
export function relative(at_ms: number, now_ms: number): string {
  const distance_s = Math.abs(now_ms - at_ms) / 1000;
  if (distance_s < 2) return 'just now';
  const text = duration(distance_s);
  return at_ms > now_ms ? `in ${text}` : `${text} ago`;
}

/** One unit is enough for a glance: "45 s", "12 min", "5 h", "3 d". */
export function duration(seconds: number): string {
  for (const [limit, unit, name] of STEPS) {
    if (seconds < limit) return `${Math.floor(seconds / unit)} ${name}`;
  }
  return '';
}

const two = (number: number): string => String(number).padStart(2, '0');

export function clock(at: Date): string {
  return `${two(at.getHours())}:${two(at.getMinutes())}:${two(at.getSeconds())}`;
}

export function day(at: Date): string {
  return `${at.getFullYear()}-${two(at.getMonth() + 1)}-${two(at.getDate())}`;
}

export function local(at: Date): string {
  return `${day(at)} ${clock(at)}`;
}

export function utc(iso: string): string {
  const at = new Date(iso);
  return Number.isNaN(at.getTime()) ? iso : at.toISOString().replace('T', ' ').replace(/\.\d+Z$/, ' UTC');
}

/** "+01:00" for the browser's zone at that time. */
export function offset(at: Date): string {
  return offsetText(-at.getTimezoneOffset() * 60);
}

/** "+01:00" for seconds ahead of UTC. */
export function offsetText(ahead_s: number): string {
  const minutes = Math.round(ahead_s / 60);
  const size = Math.abs(minutes);
  return `${minutes < 0 ? '−' : '+'}${two(Math.floor(size / 60))}:${two(size % 60)}`;
}

export const RANGES: [value: string, label: string][] = [
  ['now-15m', 'Last 15 minutes'],
  ['now-1h', 'Last hour'],
  ['now-6h', 'Last 6 hours'],
  ['now-24h', 'Last 24 hours'],
  ['now-7d', 'Last 7 days'],
  ['now-30d', 'Last 30 days'],
];

const RELATIVE = /^now(?:-(\d+)([smhdw]))?$/;
const UNIT_MS: Record<string, number> = { s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000, w: 604_800_000 };

/** The moment a `since`/`until` value means, or null if it is neither relative nor ISO 8601. */
export function moment(value: string, now_ms: number): number | null {
  const found = RELATIVE.exec(value);
  if (found) return now_ms - Number(found[1] ?? 0) * (UNIT_MS[found[2] ?? ''] ?? 0);
  const at_ms = Date.parse(value);
  return Number.isNaN(at_ms) ? null : at_ms;
}

/** What a range chip says. */
export function rangeLabel(since: string | null, until: string | null): string {
  if (since === null && until === null) return 'All time';
  const known = RANGES.find(([value]) => value === since);
  if (known && until === null) return known[1];
  const name = (value: string): string => {
    if (RELATIVE.test(value)) return value;
    const at = new Date(value);
    return Number.isNaN(at.getTime()) ? value : local(at);
  };
  if (since === null) return `until ${name(until ?? '')}`;
  return until === null ? `since ${name(since)}` : `${name(since)} – ${name(until)}`;
}

/** For `<input type="datetime-local">`, in the browser's zone. */
export function toLocalInput(value: string | null, now_ms: number): string {
  const at_ms = value === null ? null : moment(value, now_ms);
  return at_ms === null ? '' : local(new Date(at_ms)).replace(' ', 'T');
}
