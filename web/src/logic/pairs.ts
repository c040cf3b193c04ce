/** Two transactions side by side: what is the same, what differs, what only one of them has. */
import type { RuleMatch, Transaction } from '../api/types';
import { bodyKind, boundaryOf, formParts, headerOf, queryArguments, querySpan } from './arguments';

export interface Pair {
  name: string;
  left: string | null;
  right: string | null;
}

export const isSame = ({ left, right }: Pair): boolean => left === right;

type Named = readonly (readonly [name: string, value: string])[];

/** What each name has, in order, to be taken one after the other. */
function byName<T>(listed: readonly T[], nameOf: (each: T) => string): Map<string, T[]> {
  const found = new Map<string, T[]>();
  for (const each of listed) {
    const present = found.get(nameOf(each));
    if (present) present.push(each);
    else found.set(nameOf(each), [each]);
  }
  return found;
}

/** By name, without case; of the same name the first with the first. The left one's order, then the rest. */
export function paired(left: Named, right: Named): Pair[] {
  const rest = byName(right, ([name]) => name.toLowerCase());
  const pairs: Pair[] = left.map(([name, value]) => ({ name, left: value, right: rest.get(name.toLowerCase())?.shift()?.[1] ?? null }));
  for (const [name, value] of [...rest.values()].flat()) pairs.push({ name, left: null, right: value });
  return pairs;
}

/** The arguments of the URI and of a body that has some, decoded. */
export function argumentsOf({ request }: Pick<Transaction, 'request'>): [string, string][] {
  const uri = request.uri ?? '';
  const query = querySpan(uri);
  const found: [string, string][] = queryArguments(uri, query.from, query.to).map(({ name, value }) => [name.text, value.text]);
  const text = request.body?.text;
  if (!text) return found;
  const type = headerOf(request.headers, 'content-type');
  const kind = bodyKind(type, text);
  if (kind === 'form') found.push(...queryArguments(text).map(({ name, value }): [string, string] => [name.text, value.text]));
  if (kind === 'multipart') {
    found.push(...formParts(text, boundaryOf(type ?? '') ?? '').map(({ name, content }): [string, string] => [name, text.slice(content.from, content.to)]));
  }
  return found;
}

export interface RulePair {
  rule_id: number | null;
  message: string | null;
  left: RuleMatch | null;
  right: RuleMatch | null;
}

/** By rule id; of the same rule the first with the first. */
export function pairedRules(left: readonly RuleMatch[], right: readonly RuleMatch[]): RulePair[] {
  const keyOf = (match: RuleMatch): string => String(match.rule_id ?? match.message);
  const rest = byName(right, keyOf);
  const pairOf = (one: RuleMatch | null, other: RuleMatch | null): RulePair => {
    const known = one ?? other;
    return { rule_id: known?.rule_id ?? null, message: known?.message ?? null, left: one, right: other };
  };
  const pairs = left.map((match) => pairOf(match, rest.get(keyOf(match))?.shift() ?? null));
  for (const match of [...rest.values()].flat()) pairs.push(pairOf(null, match));
  return pairs;
}

/** What stands between the same beginning and the same end. */
export function differing(one: string, other: string): [from: number, toOne: number, toOther: number] {
  const most = Math.min(one.length, other.length);
  let from = 0;
  while (from < most && one[from] === other[from]) from += 1;
  let end = 0;
  while (end < most - from && one[one.length - 1 - end] === other[other.length - 1 - end]) end += 1;
  return [from, one.length - end, other.length - end];
}
