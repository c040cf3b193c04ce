/** What is said of sensors, in words; and what is made of what people type. */
import type { SensorHealth, SensorState } from '../api/types';
import { duration } from './when';

/** Why a sender was refused, or a delivery not taken, or an entry not decoded. */
const REASONS: Record<string, string> = {
  'unknown-sensor': 'no sensor of this name is registered',
  'unknown-secret': 'the secret is no sensor’s',
  'wrong-secret': 'the secret is wrong',
  disabled: 'the sensor is disabled',
  'address-not-allowed': 'its address is not among the allowed ones',
  'no-credentials': 'it sent no credentials',
  empty: 'the entry was empty',
  'too-large': 'the entry is too large; it stays on the sensor',
  busy: 'the collector was busy',
  malformed: 'it is not what its headers say',
  unsupported: 'it is packed in a way that is not understood',
  'wrong-method': 'it used another HTTP method than this sender should',
  failed: 'the collector failed; its log says why',
  'unknown-format': 'no known format begins like this entry',
  'not-an-entry': 'it is no audit log entry',
};

export function reasonInWords(code: string): string {
  return REASONS[code] ?? code.replaceAll('-', ' ');
}

/** What wants attention, the worst first; empty if all is well. */
export function troublesOf(sensor: SensorHealth): string[] {
  const troubles: string[] = [];
  if (sensor.refusal) troubles.push(`refused: ${reasonInWords(sensor.refusal.reason)}`);
  if (sensor.dead_letters) troubles.push(counted(sensor.dead_letters, 'dead letter'));
  // What the demo plays is back-dated on purpose.
  if (sensor.is_demo) return troubles;
  if (sensor.clock === 'ahead' && sensor.lag) troubles.push(`clock ${duration(-sensor.lag.least_ms / 1000)} ahead`);
  if (sensor.clock === 'behind' && sensor.lag) troubles.push(`entries ${duration(sensor.lag.least_ms / 1000)} old`);
  if (sensor.with_defects > 0) troubles.push(`${sensor.with_defects.toLocaleString('en')} odd`);
  return troubles;
}

export function counted(count: number, noun: string): string {
  return `${count.toLocaleString('en')} ${noun}${count === 1 ? '' : 's'}`;
}

const URGENCY: Record<SensorState, number> = { silent: 0, waiting: 2, sending: 3, disabled: 4 };

function urgency(sensor: SensorHealth): number {
  if (sensor.state === 'disabled') return URGENCY.disabled;
  return sensor.refusal ? Math.min(1, URGENCY[sensor.state]) : URGENCY[sensor.state];
}

export const COLUMNS = ['Sensor', 'State', 'Last hour', 'Delay', 'Software', 'Attention'] as const;
export type SensorColumn = (typeof COLUMNS)[number];

const lastHour = (sensor: SensorHealth): number => sensor.per_minute.reduce((sum, count) => sum + count, 0);
const titleOf = ({ label, name }: SensorHealth): string => label || name;

const ORDERS: Record<SensorColumn, (one: SensorHealth, other: SensorHealth) => number> = {
  Sensor: (one, other) => titleOf(one).localeCompare(titleOf(other), 'en', { numeric: true }),
  State: (one, other) => urgency(one) - urgency(other),
  'Last hour': (one, other) => lastHour(other) - lastHour(one),
  Delay: (one, other) => (other.lag?.mean_ms ?? -Infinity) - (one.lag?.mean_ms ?? -Infinity) || 0,
  Software: (one, other) => (one.producer ?? '\uffff').localeCompare(other.producer ?? '\uffff'),
  Attention: (one, other) => troublesOf(other).length - troublesOf(one).length,
};

/** Sorted by a column; equal ones by name, so that nothing jumps while it is looked at. */
export function sorted(sensors: readonly SensorHealth[], by: SensorColumn, isReversed: boolean): SensorHealth[] {
  const sign = isReversed ? -1 : 1;
  return [...sensors].sort((one, other) => sign * ORDERS[by](one, other) || ORDERS.Sensor(one, other));
}

export type Show = 'all' | 'silent' | 'attention';

export function isShown(sensor: SensorHealth, show: Show, typed: string): boolean {
  if (show === 'silent' && sensor.state !== 'silent') return false;
  if (show === 'attention' && sensor.state !== 'silent' && troublesOf(sensor).length === 0) return false;
  const wanted = typed.trim().toLowerCase();
  return wanted === '' || `${sensor.name} ${sensor.label}`.toLowerCase().includes(wanted);
}

/** "ModSecurity for Apache/2.9.7 (http://www.modsecurity.org/)" is known well enough. */
export function withoutAddresses(producer: string): string {
  return producer.replace(/ \(https?:[^()]{0,100}\)/g, '');
}

/** Networks as typed: by lines, commas or spaces. */
export function networksOf(typed: string): string[] {
  return typed.split(/[\s,;]+/).filter(Boolean);
}

/** "1.2 s", "3 min", "-4 s": one unit, tenths below ten seconds. */
export function lagInWords(ms: number): string {
  const size = Math.abs(ms);
  const text = size < 10_000 ? `${(size / 1000).toFixed(1)} s` : duration(size / 1000);
  return ms < 0 ? `−${text}` : text;
}

const ATTACK = "bartizan-test=1%27%20or%20%271%27%3D%271";

/** A line for a shell that asks a site for something every rule set stops; null if it is no site. */
export function testAttack(typed: string): string | null {
  const text = typed.trim();
  let url: URL;
  try {
    url = new URL(/^[a-z][a-z0-9+.-]*:\/\//i.test(text) ? text : `https://${text}`);
  } catch {
    return null;
  }
  if (!/^https?:$/.test(url.protocol) || url.username !== '' || !/^[a-z0-9.:[\]-]+$/i.test(url.host)) return null;
  const target = `${url.origin}${url.pathname}${url.search ? `${url.search}&` : '?'}${ATTACK}`;
  return `curl -sS -o /dev/null -w '%{http_code}\\n' ${quoted(target)}`;
}

/** For any POSIX shell: nothing inside has a meaning. */
export function quoted(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}

/** The address that a web server elsewhere would use, if the settings only know this machine's. */
export function reachable(collector: string, pageHost: string): string {
  const local = /^(https?:\/\/)(THIS-MACHINE|127\.0\.0\.1|\[::1\]|localhost)(:\d+)?$/i.exec(collector);
  if (!local || /^(localhost|127\.|\[::1\])/.test(pageHost)) return collector;
  return `${local[1]}${pageHost}${local[3] ?? ''}`;
}
