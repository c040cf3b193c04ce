/** Places in a search text: the API counts characters, JavaScript counts 16-bit units. */
import type { Completions, SearchMistake } from '../api/types';

/** How many characters the first `units` of a text are. */
export function characters(text: string, units: number): number {
  return Array.from(text.slice(0, units)).length;
}

/** How many units the first `count` characters of a text are. */
export function units(text: string, count: number): number {
  return Array.from(text).slice(0, count).join('').length;
}

/** The text with a proposal taken, and where the cursor is then. Whole words end with a space. */
export function taken(text: string, { start, end }: Completions, proposal: string): [text: string, at: number] {
  const before = text.slice(0, units(text, start));
  const after = text.slice(units(text, end));
  const space = proposal.endsWith(':') || after.startsWith(' ') || after.startsWith(')') ? '' : ' ';
  return [before + proposal + space + after, before.length + proposal.length + space.length];
}

/** A text in three: before the mistake, what is wrong, after it. */
export function marked(text: string, mistake: SearchMistake): [before: string, wrong: string, after: string] {
  const letters = Array.from(text);
  const end = mistake.position + mistake.length;
  return [
    letters.slice(0, mistake.position).join(''),
    letters.slice(mistake.position, end).join(''),
    letters.slice(end).join(''),
  ];
}
