/**
 * Decoding again or removing many letters, in steps, so that sensors are answered meanwhile. It goes
 * on while one looks at other pages; closing the tab stops it between two steps, and whatever it has
 * not reached stays a dead letter.
 */
import { signal } from '@preact/signals';
import { get, post } from '../../api/client';
import type { DeadLetterSummary, LetterStep } from '../../api/types';
import { countLetters } from '../../ui/letters';

export interface Choice {
  ids?: string[];
  sensor?: string;
  code?: string;
  all?: boolean;
}

export interface Change {
  kind: 'retry' | 'remove';
  total: number;
  /** Letters that left the list. */
  moved: number;
  /** Of those, the ones that no worker has reached. */
  waiting: number;
  /** Of those, the ones that still could not be decoded. */
  failed: number;
  phase: 'moving' | 'decoding' | 'over';
  error: unknown;
}

/** As it is; and as it was before the change that goes on, so that the page stands still meanwhile. */
export const summary = signal<DeadLetterSummary | null>(null);
export const settled = signal<DeadLetterSummary | null>(null);
export const change = signal<Change | null>(null);

const LOOK_EVERY_MS = 400;

const pause = (): Promise<void> => new Promise((resolve) => window.setTimeout(resolve, LOOK_EVERY_MS));

export async function loadSummary(abort?: AbortSignal): Promise<DeadLetterSummary> {
  const found = await get<DeadLetterSummary>('dead-letters/summary', abort);
  summary.value = found;
  if (!isChanging()) settled.value = found;
  countLetters(found.letters);
  return found;
}

export function isChanging(): boolean {
  const present = change.value;
  return present !== null && present.phase !== 'over' && present.error === null;
}

function note(news: Partial<Change>): void {
  if (change.value) change.value = { ...change.value, ...news };
}

/** Does it to all the chosen letters; `change` tells how far it is. Never throws. */
export async function start(kind: Change['kind'], choice: Choice, total: number): Promise<void> {
  if (isChanging()) return;
  change.value = { kind, total, moved: 0, waiting: 0, failed: 0, phase: 'moving', error: null };
  try {
    const before = await loadSummary();
    await move(kind, choice);
    if (kind === 'retry') {
      note({ phase: 'decoding' });
      await follow(before);
    }
    note({ phase: 'over' });
    await loadSummary();
  } catch (error) {
    note({ error });
  }
}

async function move(kind: Change['kind'], choice: Choice): Promise<void> {
  let until: string | undefined;
  for (let isDone = false; !isDone; ) {
    const step = await post<LetterStep>(`dead-letters/${kind}`, { ...choice, ...(until ? { until } : {}) });
    const moved = (change.value?.moved ?? 0) + step.letters;
    note({ moved, total: Math.max(change.value?.total ?? 0, moved) });
    isDone = step.is_done;
    until = step.until;
  }
}

/** Until a worker has tried all that was put back. */
async function follow(before: DeadLetterSummary): Promise<void> {
  for (;;) {
    const now = await loadSummary();
    note({ waiting: now.waiting, failed: now.again - before.again });
    if (now.waiting === 0) return;
    await pause();
  }
}

export function dismiss(): void {
  change.value = null;
}
