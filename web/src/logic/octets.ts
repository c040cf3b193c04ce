/**
 * Text as the bytes it came from, each byte remembering where it stood, through any number of
 * transformations: what a rule matched after decoding is found again in what was sent.
 *
 * Bytes are kept as a string of characters 0 to 255, so that they can be searched quickly.
 */

export interface Octets {
  /** One character for each byte. */
  bytes: string;
  /** For each byte where its source begins, in UTF-16 units; one more for the end. */
  at: Int32Array;
}

const MOST = 64 * 1024;

/** UTF-8 of `text`, of which at most 64 Ki units are looked at; places count from `offset`. */
export function octetsOf(text: string, offset = 0): Octets {
  const source = text.length > MOST ? text.slice(0, MOST) : text;
  const bytes: string[] = [];
  const at: number[] = [];
  let place = 0;
  for (const character of source) {
    for (const byte of utf8(character)) {
      bytes.push(byte);
      at.push(offset + place);
    }
    place += character.length;
  }
  at.push(offset + place);
  return { bytes: bytes.join(''), at: Int32Array.from(at) };
}

const encoder = new TextEncoder();

function utf8(character: string): string[] {
  if (character.charCodeAt(0) < 0x80) return [character];
  return Array.from(encoder.encode(character), (byte) => String.fromCharCode(byte));
}

/** The bytes of a text as such a string. */
export function bytesOf(text: string): string {
  return Array.from(text, (character) => utf8(character).join('')).join('');
}

export function toArray(bytes: string): Uint8Array {
  return Uint8Array.from(bytes, (byte) => byte.charCodeAt(0));
}

/** The text of such bytes; what is not UTF-8 becomes U+FFFD. */
export function textOf(bytes: string): string {
  return new TextDecoder('utf-8', { ignoreBOM: true }).decode(toArray(bytes));
}

/** Replaces what `pattern` finds by the bytes that `replace` makes of it, or leaves it (null). */
export function replaced({ bytes, at }: Octets, pattern: RegExp, replace: (found: RegExpExecArray) => string | null): Octets {
  const out: string[] = [];
  const places: number[] = [];
  let end = 0;
  const keep = (upTo: number): void => {
    if (upTo > end) out.push(bytes.slice(end, upTo));
    for (; end < upTo; end += 1) places.push(at[end] ?? 0);
  };
  for (const found of bytes.matchAll(pattern)) {
    const instead = replace(found as RegExpExecArray);
    if (instead === null) continue;
    keep(found.index);
    out.push(instead);
    for (let count = 0; count < instead.length; count += 1) places.push(at[found.index] ?? 0);
    end = found.index + found[0].length;
  }
  keep(bytes.length);
  places.push(at[bytes.length] ?? 0);
  return { bytes: out.join(''), at: Int32Array.from(places) };
}

const byteOf = (hex: string): string => String.fromCharCode(parseInt(hex, 16));

/** A character's UTF-8; nothing for what is no character. */
export function character(code: number): string | null {
  if (!Number.isInteger(code) || code < 0 || code > 0x10ffff) return null;
  if (code >= 0xd800 && code <= 0xdfff) return null;
  return bytesOf(String.fromCodePoint(code));
}

/** `%41`, `%u0041` and, in arguments, `+`. */
export function urlDecoded(source: Octets, { plus = true } = {}): Octets {
  const pattern = plus ? /%u([0-9a-f]{4})|%([0-9a-f]{2})|\+/gi : /%u([0-9a-f]{4})|%([0-9a-f]{2})/gi;
  return replaced(source, pattern, ([, wide, byte]) => (wide ? character(parseInt(wide, 16)) : byte ? byteOf(byte) : ' '));
}

/** The entities that matter in attacks; the others stay as they are. */
const NAMED: Record<string, string> = {
  amp: '&', lt: '<', gt: '>', quot: '"', apos: "'", nbsp: '\xa0', colon: ':', semi: ';', lpar: '(', rpar: ')', tab: '\t',
  newline: '\n', sol: '/', bsol: '\\', excl: '!', num: '#', dollar: '$', percnt: '%', ast: '*', plus: '+', comma: ',', period: '.',
  equals: '=', quest: '?', commat: '@', lsqb: '[', lbrack: '[', rsqb: ']', rbrack: ']', grave: '`', lcub: '{', lbrace: '{',
  rcub: '}', rbrace: '}', vert: '|', verbar: '|', lowbar: '_', hyphen: '-',
};

export function htmlDecoded(source: Octets): Octets {
  return replaced(source, /&(?:#x([0-9a-f]{1,8})|#(\d{1,8})|([a-z]{2,8}));?/gi, ([, hex, decimal, name]) => {
    if (name) {
      const plain = NAMED[name.toLowerCase()];
      return plain === undefined ? null : bytesOf(plain);
    }
    return character(hex ? parseInt(hex, 16) : Number(decimal));
  });
}

const SHORT: Record<string, string> = { n: '\n', r: '\r', t: '\t', b: '\b', f: '\f', v: '\v', 0: '\0' };

/** `\u0041`, `\u{41}`, `\x41`, `\101`, `\n` and a backslash before anything else. */
export function escapesDecoded(source: Octets): Octets {
  const pattern = /\\(?:u\{([0-9a-f]{1,6})\}|u([0-9a-f]{4})(?:\\u([0-9a-f]{4}))?|x([0-9a-f]{2})|([0-7]{3})|([nrtbfv0])|([^a-z0-9]))/gi;
  return replaced(source, pattern, ([, braced, wide, low, byte, octal, short, plain]) => {
    if (braced) return character(parseInt(braced, 16));
    if (wide) return pair(parseInt(wide, 16), low ? parseInt(low, 16) : null);
    if (byte) return byteOf(byte);
    if (octal) return String.fromCharCode(parseInt(octal, 8) & 0xff);
    if (short) return SHORT[short.toLowerCase()] ?? null;
    return plain ?? null;
  });
}

/** Two escapes that stand together: a surrogate pair is one character, others are two. */
function pair(first: number, second: number | null): string | null {
  if (second === null) return character(first);
  if (first >= 0xd800 && first <= 0xdbff && second >= 0xdc00 && second <= 0xdfff) {
    return character(((first - 0xd800) << 10) + (second - 0xdc00) + 0x10000);
  }
  const both = [character(first), character(second)];
  return both.includes(null) ? null : both.join('');
}

export function lowered(source: Octets): Octets {
  return { bytes: lower(source.bytes), at: source.at };
}

/** A to Z only, as the engines do; the length stays. */
export function lower(bytes: string): string {
  return bytes.replace(/[A-Z]+/g, (letters) => letters.toLowerCase());
}

/** Without NULs, and with every run of white space as one space, as the engines' transformations. */
export function squeezed(source: Octets): Octets {
  return replaced(replaced(source, /\0+/g, () => ''), /[\t\n\v\f\r \xa0]+/g, () => ' ');
}

export interface Placed {
  text: string;
  /** For each UTF-16 unit where its source begins; one more for the end. */
  at: Int32Array;
}

/** As text again. Bytes that are not UTF-8 become U+FFFD. */
export function placedText({ bytes, at }: Octets): Placed {
  const out: string[] = [];
  const places: number[] = [];
  let index = 0;
  while (index < bytes.length) {
    const size = sizeAt(bytes, index);
    const shown = size === 0 ? '\ufffd' : size === 1 ? (bytes[index] ?? '') : textOf(bytes.slice(index, index + size));
    out.push(shown);
    for (let unit = 0; unit < shown.length; unit += 1) places.push(at[index] ?? 0);
    index += Math.max(1, size);
  }
  places.push(at[bytes.length] ?? 0);
  return { text: out.join(''), at: Int32Array.from(places) };
}

/** How many bytes the well-formed character at `index` has; 0 if there is none. */
function sizeAt(bytes: string, index: number): number {
  const first = bytes.charCodeAt(index);
  if (first < 0x80) return 1;
  const size = first >= 0xc2 && first < 0xe0 ? 2 : first >= 0xe0 && first < 0xf0 ? 3 : first >= 0xf0 && first < 0xf5 ? 4 : 0;
  if (size === 0 || index + size > bytes.length) return 0;
  return textOf(bytes.slice(index, index + size)).includes('\ufffd') ? 0 : size;
}
