/** Conditions added to a search text (docs/search.md), for what filters of the address cannot say. */
import { FIELDS, type Field, type Filters, withoutValue, withValue } from './filters';

/** What a click may be about: a filter's field, or another one of the search language. */
export type Subject = Field | 'unique_id' | 'verdict' | 'city' | 'id';

const PLAIN = /^[\w./@%+][\w./@%+-]*$/;
const RESERVED: ReadonlySet<string> = new Set(['AND', 'OR', 'NOT']);
/** Fields of the language by another name than the filter's. */
const SPELLED: Partial<Record<Subject, string>> = { network: 'client' };
/** Their values are written as they are: quotation marks would make text of them. */
const BARE: ReadonlySet<Subject> = new Set<Subject>(['score', 'network', 'severity', 'status', 'rule']);

function isField(subject: Subject): subject is Field {
  return (FIELDS as readonly string[]).includes(subject);
}

export function written(subject: Subject, value: string): string {
  const isPlain = BARE.has(subject) || (PLAIN.test(value) && !RESERVED.has(value));
  const text = isPlain ? value : `"${value.replace(/["\\]/g, '\\$&')}"`;
  return `${SPELLED[subject] ?? subject}:${text}`;
}

/** The text with one more condition that must hold. */
function and(text: string | null, condition: string): string {
  if (text === null || text.trim() === '') return condition;
  return / OR /.test(text) ? `(${text}) ${condition}` : `${text} ${condition}`;
}

function withoutCondition(text: string | null, condition: string): string | null {
  if (text === null) return null;
  const found = ` ${text} `.indexOf(` ${condition} `);
  if (found < 0) return text;
  const rest = `${text.slice(0, found)}${text.slice(found + condition.length)}`.replace(/ {2,}/g, ' ').trim();
  return rest || null;
}

/** Only what has this value, or one of those chosen before. */
export function including(filters: Filters, subject: Subject, value: string): Filters {
  const condition = written(subject, value);
  const text = withoutCondition(filters.text, `NOT ${condition}`);
  if (isField(subject)) return withValue({ ...filters, text }, subject, value);
  if (subject === 'unique_id') return { ...filters, text, uniqueId: value };
  return text !== null && ` ${text} `.includes(` ${condition} `) ? { ...filters, text } : { ...filters, text: and(text, condition) };
}

/** Only what does not have this value. */
export function excluding(filters: Filters, subject: Subject, value: string): Filters {
  const condition = `NOT ${written(subject, value)}`;
  const rest = isField(subject) ? withoutValue(filters, subject, value) : filters;
  const text = isField(subject) ? rest.text : withoutCondition(rest.text, written(subject, value));
  return text !== null && ` ${text} `.includes(` ${condition} `) ? rest : { ...rest, text: and(text, condition) };
}
