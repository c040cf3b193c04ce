/**
 * Makes attacker-written text visible: every character that a browser would hide, reorder or let
 * through as something else becomes a named mark. The result is tokens, never markup.
 */

export type Token =
  | { kind: 'text'; value: string }
  | { kind: 'mark'; label: string; title: string; source: string };

export interface Tokens {
  tokens: Token[];
  /** UTF-16 units that the limits left out. */
  hidden: number;
}

export interface Limits {
  /** Longest text shown, in UTF-16 units. */
  length?: number;
  /** Most tokens, so that a wall of NULs does not become a wall of elements. */
  tokens?: number;
  /** Keep line feeds and tabs as they are (bodies, parts); otherwise they are marks too. */
  lines?: boolean;
}

const C0 = (
  'NUL SOH STX ETX EOT ENQ ACK BEL BS TAB LF VT FF CR SO SI DLE DC1 DC2 DC3 DC4 NAK SYN ETB CAN EM ' +
  'SUB ESC FS GS RS US'
).split(' ');

const NAMED = new Map<number, [string, string]>([
  [0x7f, ['DEL', 'delete']],
  [0xa0, ['NBSP', 'no-break space']],
  [0xad, ['SHY', 'soft hyphen']],
  [0x200b, ['ZWSP', 'zero width space']],
  [0x200c, ['ZWNJ', 'zero width non-joiner']],
  [0x200d, ['ZWJ', 'zero width joiner']],
  [0x200e, ['LRM', 'left-to-right mark']],
  [0x200f, ['RLM', 'right-to-left mark']],
  [0x202a, ['LRE', 'left-to-right embedding']],
  [0x202b, ['RLE', 'right-to-left embedding']],
  [0x202c, ['PDF', 'pop directional formatting']],
  [0x202d, ['LRO', 'left-to-right override']],
  [0x202e, ['RLO', 'right-to-left override']],
  [0x2060, ['WJ', 'word joiner']],
  [0x2066, ['LRI', 'left-to-right isolate']],
  [0x2067, ['RLI', 'right-to-left isolate']],
  [0x2068, ['FSI', 'first strong isolate']],
  [0x2069, ['PDI', 'pop directional isolate']],
  [0xfeff, ['BOM', 'byte order mark']],
  [0xfffd, ['�', 'not valid UTF-8 in the entry']],
]);

/** What stands where redaction took something out; domain/redaction.py. */
const TAKEN_OUT = '[redacted]';

/** Everything that is not plain visible text; stacked combining marks from the fourth on. */
const ODD =
  // eslint-disable-next-line no-control-regex
  /[\p{Cc}\p{Cf}\p{Cs}\p{Co}\p{Cn}\p{Zl}\p{Zp}\u00a0\u115f\u1160\u2000-\u200a\u202f\u205f\u3000\u3164\uffa0\ufe00-\ufe0f\ufffd\u{e0100}-\u{e01ef}]|(?<=\p{M}{3})\p{M}+|\[redacted\]/gu;

const hex = (code: number): string => `U+${code.toString(16).toUpperCase().padStart(4, '0')}`;

function markOf(odd: string): { label: string; title: string } {
  if (odd === TAKEN_OUT) return { label: 'redacted', title: 'taken out before it was stored' };
  const code = odd.codePointAt(0) ?? 0;
  const control = C0[code];
  if (control !== undefined) return { label: control, title: `control character ${hex(code)}` };
  const named = NAMED.get(code);
  if (named) return { label: named[0], title: `${named[1]} (${hex(code)})` };
  if (code >= 0xd800 && code <= 0xdfff) return { label: hex(code), title: 'lone surrogate' };
  if (code >= 0xe0000 && code <= 0xe007f) {
    const shadow = code > 0xe0020 && code < 0xe007f ? ` ${String.fromCharCode(code - 0xe0000)}` : '';
    return { label: `TAG${shadow}`, title: `invisible tag character ${hex(code)}` };
  }
  if (/^\p{M}/u.test(odd) && odd.length > 0 && !/[\ufe00-\ufe0f]|[\u{e0100}-\u{e01ef}]/u.test(odd)) {
    return { label: `+${[...odd].length} marks`, title: 'stacked combining marks' };
  }
  return { label: hex(code), title: `invisible or reserved character ${hex(code)}` };
}

/** Cuts without splitting a surrogate pair, which would itself make a lone surrogate. */
function cut(text: string, length: number): string {
  if (text.length <= length) return text;
  const last = text.charCodeAt(length - 1);
  return text.slice(0, last >= 0xd800 && last <= 0xdbff ? length - 1 : length);
}

class Collector {
  readonly tokens: Token[] = [];
  private previous = '';
  private run = 1;

  constructor(private readonly most: number) {}

  get isFull(): boolean {
    return this.tokens.length >= this.most;
  }

  text(value: string): void {
    if (!value) return;
    this.tokens.push({ kind: 'text', value });
    this.previous = '';
  }

  /** The same mark again is counted in the one that stands there. */
  mark(odd: string): void {
    const { label, title } = markOf(odd);
    const last = this.tokens.at(-1);
    if (label === this.previous && last?.kind === 'mark') {
      this.run += 1;
      this.tokens[this.tokens.length - 1] = { kind: 'mark', label: `${label} ×${this.run}`, title, source: last.source + odd };
      return;
    }
    this.tokens.push({ kind: 'mark', label, title, source: odd });
    this.previous = label;
    this.run = 1;
  }
}

export function tokenise(source: string, limits: Limits = {}): Tokens {
  const { length = 2000, tokens: most = 240, lines = false } = limits;
  const text = cut(source, length);
  const collector = new Collector(most);
  let end = 0;
  for (const found of text.matchAll(ODD)) {
    if (lines && (found[0] === '\n' || found[0] === '\t')) continue;
    collector.text(text.slice(end, found.index));
    end = found.index;
    if (collector.isFull) return { tokens: collector.tokens, hidden: source.length - end };
    collector.mark(found[0]);
    end += found[0].length;
  }
  if (collector.isFull) return { tokens: collector.tokens, hidden: source.length - end };
  collector.text(text.slice(end));
  return { tokens: collector.tokens, hidden: source.length - text.length };
}

/** One line of plain text for attributes such as `title` and `aria-label`. */
export function plain(source: string, length = 300): string {
  return plainCharacters(source, { length, tokens: 240 });
}

/** What is odd is spelled in brackets, so that the text can be pasted anywhere; cut with an ellipsis. */
export function plainCharacters(source: string, limits: Limits): string {
  const { tokens, hidden } = tokenise(source, { tokens: 2000, ...limits });
  const shown = tokens.map((token) => (token.kind === 'text' ? token.value : `[${token.label}]`));
  return shown.join('') + (hidden > 0 ? '…' : '');
}

/** Four hexadecimal digits for each UTF-16 unit: fit for an attribute, whatever they are. */
export function codes(source: string): string {
  let written = '';
  for (let index = 0; index < source.length; index += 1) written += source.charCodeAt(index).toString(16).padStart(4, '0');
  return written;
}
