/** A clock signal for relative times; it stands still in a hidden tab. */
import { signal } from '@preact/signals';
import { now_ms } from '../live/stream';

export const second = signal(Date.now());

export function startClock(): void {
  window.setInterval(() => {
    if (!document.hidden) second.value = now_ms();
  }, 1000);
}
