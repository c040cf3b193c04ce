/** Saved views are query strings: what is in them, whether two say the same, what to call them. */

/** What a page says of itself that no view keeps. */
const PASSING = new Set(['cursor', 'limit', 'wall', 'fps', 'next', 'open']);
const TIMES = new Set(['since', 'until']);

export type Pair = [name: string, value: string];

/** The parameters in a fixed order, so that the same view has one text. */
export function pairsOf(query: string): Pair[] {
  const pairs = [...new URLSearchParams(query)].filter(([name, value]) => value !== '' && !PASSING.has(name));
  const texts = pairs.map(([name, value]): Pair => [name, name === 'q' ? value.trim().replace(/\s+/g, ' ') : value]);
  return texts.sort(([a, x], [b, y]) => (a === b ? (x < y ? -1 : 1) : a < b ? -1 : 1));
}

export function isSame(one: string, other: string): boolean {
  return JSON.stringify(pairsOf(one)) === JSON.stringify(pairsOf(other));
}

/** What is saved of an address. */
export function toSave(query: string, withTime: boolean): string {
  return new URLSearchParams(pairsOf(query).filter(([name]) => withTime || !TIMES.has(name))).toString();
}

export function hasTime(query: string): boolean {
  return pairsOf(query).some(([name]) => TIMES.has(name));
}

/** "host shop.example, status 403 or 406": what a view finds, at a glance. */
export function inWords(query: string): string {
  const values = new Map<string, string[]>();
  for (const [name, value] of pairsOf(query)) values.set(name, [...(values.get(name) ?? []), value]);
  const words = [...values].map(([name, each]) => (name === 'q' ? each.join(' ') : `${name.replace(/_/g, ' ')} ${each.join(' or ')}`));
  return words.join(', ');
}
