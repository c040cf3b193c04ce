/** Times in a chosen zone: the browser's own, UTC, or one by its name, such as a sensor's. */

/** `local`, `UTC` or a name of the IANA list. */
export type Zone = string;

export const LOCAL = 'local';

const formats = new Map<string, Intl.DateTimeFormat>();

function format(zone: Zone): Intl.DateTimeFormat {
  const known = formats.get(zone);
  if (known) return known;
  const made = new Intl.DateTimeFormat('sv-SE', {
    ...(zone !== LOCAL && { timeZone: zone }),
    year: 'numeric', month: '2-digit', day: '2-digit', hour: '2-digit', minute: '2-digit', second: '2-digit',
  });
  formats.set(zone, made);
  return made;
}

/** Whether this browser knows a zone of that name. */
export function isZone(zone: Zone): boolean {
  try {
    format(zone);
    return true;
  } catch {
    return false;
  }
}

/** `2026-11-23 18:00:07` */
export function stamp(at: Date, zone: Zone): string {
  return format(zone).format(at);
}

export function stampDay(at: Date, zone: Zone): string {
  return stamp(at, zone).slice(0, 10);
}

export function stampClock(at: Date, zone: Zone): string {
  return stamp(at, zone).slice(11);
}

/** Seconds that the zone's clocks are ahead of UTC at that moment. */
export function aheadOf(at: Date, zone: Zone): number {
  const whole_ms = Math.floor(at.getTime() / 1000) * 1000;
  return (Date.parse(`${stamp(at, zone).replace(' ', 'T')}Z`) - whole_ms) / 1000;
}

/** The moment at which the zone's clocks show `2026-11-23T18:00[:07]`; null for what is no time. */
export function momentIn(text: string, zone: Zone): Date | null {
  const shown_ms = Date.parse(`${text.replace(' ', 'T')}Z`);
  if (text === '' || Number.isNaN(shown_ms)) return null;
  // Around a change of the clocks the first guess may lie on its other side.
  const guess = new Date(shown_ms - aheadOf(new Date(shown_ms), zone) * 1000);
  return new Date(shown_ms - aheadOf(guess, zone) * 1000);
}

/** The zone's name as people know it. */
export function zoneName(zone: Zone): string {
  return zone === LOCAL ? (Intl.DateTimeFormat().resolvedOptions().timeZone ?? 'local') : zone;
}
