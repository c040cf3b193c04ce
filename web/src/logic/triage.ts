/** What people make of a transaction: words for it, presets, and the order in which it happened. */
import type { Triage, TriageChange, TriageNote, TriageState } from '../api/types';

export const STATES: readonly TriageState[] = ['open', 'confirmed', 'false-positive', 'ignored'];

export const STATE_LABELS: Record<TriageState, string> = {
  open: 'Open',
  confirmed: 'Confirmed',
  'false-positive': 'False positive',
  ignored: 'Ignored',
};

/** What each of them means, where somebody chooses one. */
export const STATE_MEANINGS: Record<TriageState, string> = {
  open: 'nobody has judged it',
  confirmed: 'a real attack',
  'false-positive': 'harmless: the rule was wrong',
  ignored: 'not worth a look until a time',
};

export const REASONS: readonly string[] = ['Harmless input', 'Rule too broad here', 'Our own scanner', 'Test traffic'];

const DAY_MS = 86_400_000;
export const PERIODS: readonly [days: number, label: string][] = [
  [1, '1 day'],
  [7, '1 week'],
  [30, '30 days'],
  [90, '90 days'],
];

export function inDays(days: number, now_ms: number): string {
  return new Date(now_ms + days * DAY_MS).toISOString();
}

const LONGEST_LABEL = 40;
const LABEL = /^[\p{L}\p{N}][\p{L}\p{N}\-_.:/]*$/u;

/** A label in the one way it is written, or null for what is none: the server has the last word. */
export function readLabel(text: string): string | null {
  const label = text.trim().toLowerCase().normalize('NFC');
  return LABEL.test(label) && [...label].length <= LONGEST_LABEL ? label : null;
}

export type Moment = { at: string; by: string } & ({ note: TriageNote } | { change: TriageChange });

/** Notes where they were written, and every change but those that a note on the page tells of. */
export function timeline(triage: Triage): Moment[] {
  const present = new Set(triage.notes.map(({ id }) => id));
  const notes: Moment[] = triage.notes.map((note) => ({ at: note.at, by: note.by, note }));
  const changes: Moment[] = triage.history
    .filter(({ kind, value }) => kind !== 'note-added' || !present.has(value))
    .map((change) => ({ at: change.at, by: change.by, change }));
  return [...notes, ...changes].sort((one, other) => one.at.localeCompare(other.at));
}

/** "marked it a false positive", after the name of who did. */
export function changeInWords({ kind, value }: TriageChange): string {
  switch (kind) {
    case 'state':
      return STATE_WORDS[value as TriageState] ?? `made it ${value}`;
    case 'label-added':
      return 'added the label';
    case 'label-removed':
      return 'removed the label';
    case 'note-added':
      return 'wrote a note';
    case 'note-removed':
      return 'removed a note';
  }
}

const STATE_WORDS: Record<TriageState, string> = {
  open: 'opened it again',
  confirmed: 'confirmed it as an attack',
  'false-positive': 'marked it as a false positive',
  ignored: 'ignored it',
};

/** The filters of an address as the API takes them for many transactions at once. */
export function filtersOf(search: string): Record<string, string[]> {
  const filters: Record<string, string[]> = {};
  for (const [name, value] of new URLSearchParams(search)) (filters[name] ??= []).push(value);
  return filters;
}
