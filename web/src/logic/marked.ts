/** Hostile text with marks in it: tokens of `safe.ts`, cut at the borders of what is marked. */
import { type Limits, type Token, tokenise } from './safe';

/** `of` are what the mark is of: positions of rules. */
export interface MarkSpan {
  from: number;
  to: number;
  of: number;
}

export interface Piece {
  tokens: Token[];
  /** What is marked here, in order; empty for the text between. */
  of: number[];
}

export interface Pieces {
  pieces: Piece[];
  hidden: number;
}

const CONTEXT = 200;
const MOST = 64 * 1024;

/** Cut by `limits`, but never before the last mark (within 64 Ki characters). */
export function pieces(text: string, marks: readonly MarkSpan[], limits: Limits = {}): Pieces {
  const within = marks.filter(({ from, to }) => from < to && to <= Math.min(text.length, MOST));
  const last = Math.max(0, ...within.map(({ to }) => to));
  let length = Math.max(limits.length ?? 2000, last > 0 ? last + CONTEXT : 0);
  let room = limits.tokens ?? 240;
  const borders = [...new Set([0, text.length, ...within.flatMap(({ from, to }) => [from, to])])].sort((a, b) => a - b);
  const found: Pieces = { pieces: [], hidden: 0 };
  for (let index = 0; index + 1 < borders.length; index += 1) {
    const [from = 0, to = 0] = [borders[index], borders[index + 1]];
    const source = text.slice(from, to);
    if (found.hidden > 0 || length <= 0 || room <= 0) {
      found.hidden += source.length;
      continue;
    }
    const { tokens, hidden } = tokenise(source, { ...limits, length, tokens: room });
    const of = within.filter((mark) => mark.from <= from && mark.to >= to).map((mark) => mark.of);
    if (tokens.length > 0) found.pieces.push({ tokens, of: [...new Set(of)] });
    length -= source.length;
    room -= tokens.length;
    found.hidden += hidden;
  }
  return found;
}

/** Marks of a source as they lie in a text made of it: `at` tells where each unit came from. */
export function carried(marks: readonly MarkSpan[], at: Int32Array): MarkSpan[] {
  return marks.flatMap((mark) => {
    let from = -1;
    let to = -1;
    for (let index = 0; index + 1 < at.length; index += 1) {
      const place = at[index] ?? 0;
      if (place >= mark.from && place < mark.to) {
        if (from < 0) from = index;
        to = index + 1;
      }
    }
    return from < 0 ? [] : [{ from, to, of: mark.of }];
  });
}
