/** Rules of redaction in words, and as somebody types them. */
import type { AddressPolicy, Kind, RawPolicy, Rules } from '../api/redaction';

/** One name per line or between commas; each once. */
export function namesIn(typed: string): string[] {
  const names = typed.split(/[\n,]/).map((name) => name.trim());
  return [...new Set(names)].filter((name) => name !== '');
}

/** One per line: a literal may hold a comma. */
export function linesIn(typed: string): string[] {
  const lines = typed.split('\n').map((line) => line.trim());
  return [...new Set(lines)].filter((line) => line !== '');
}

export const RAW: [policy: RawPolicy, label: string, says: string][] = [
  ['redacted', 'Redacted', 'Kept without what the rules name.'],
  ['kept', 'As received', 'Only administrators who see payloads may open it; each time is in the access trail.'],
  ['dropped', 'Not at all', 'Only the decoded fields are kept.'],
];

export const ADDRESSES: [policy: AddressPolicy, label: string][] = [
  ['clear', 'As they are'],
  ['pseudonyms', 'As pseudonyms'],
];

export const KINDS: Record<Kind, string> = {
  header: 'header',
  argument: 'argument',
  pattern: 'pattern',
  literal: 'own text',
  address: 'address',
};

/** What a rule is called where a person reads it. */
export function ruleName(kind: Kind, rule: string): string {
  if (kind === 'pattern') return rule === 'cards' ? 'card numbers' : 'e-mail addresses';
  if (kind === 'address') return 'client addresses';
  return rule;
}

export function isSame(one: Rules, other: Rules): boolean {
  return JSON.stringify(one) === JSON.stringify(other);
}
