/** The zone in which lists tell times; kept in the browser. */
import { signal } from '@preact/signals';
import { isZone, LOCAL, type Zone } from '../logic/zone';

const KEY = 'bartizan.zone';

function remembered(): Zone {
  try {
    const value = localStorage.getItem(KEY);
    return value !== null && isZone(value) ? value : LOCAL;
  } catch {
    return LOCAL;
  }
}

export const zone = signal<Zone>(remembered());

export function chooseZone(next: Zone): void {
  zone.value = next;
  try {
    localStorage.setItem(KEY, next);
  } catch {
    // Not remembered, but used.
  }
}
