/** How many dead letters there are, for those who may see them: the number in the navigation. */
import { computed, signal } from '@preact/signals';
import { get } from '../api/client';
import type { Status } from '../api/types';
import { session } from '../session';

const LOOK_EVERY_MS = 20_000;
const count = signal(0);

export const letterCount = computed(() => count.value);
export const maySeeLetters = computed(() => {
  return session.value?.person?.sees_payloads === true;
});

export function countLetters(letters: number): void {
  count.value = letters;
}

/** Keeps the number fresh; gives what ends it. A number that cannot be had stays as it is. */
export function watchLetters(): () => void {
  if (!maySeeLetters.value) return () => undefined;
  const look = (): void => {
    if (document.hidden) return;
    get<Status>('status').then(
      ({ spool }) => countLetters(spool?.dead_letters ?? 0),
      () => undefined,
    );
  };
  look();
  const timer = window.setInterval(look, LOOK_EVERY_MS);
  return () => window.clearInterval(timer);
}
