/** Decoding by hand, one step after the other; every step is shown, and none can grow without end. */
import { asText, fromBase64 } from './bytes';
import { escapesDecoded, htmlDecoded, type Octets, urlDecoded } from './octets';

export const KINDS = ['url', 'base64', 'html', 'hex', 'unicode'] as const;
export type Kind = (typeof KINDS)[number];

export const KIND_NAMES: Record<Kind, string> = { url: 'URL', base64: 'Base64', html: 'HTML', hex: 'Hex', unicode: 'Escapes' };
export const KIND_MEANS: Record<Kind, string> = {
  url: '%41, %u0041, + for a space',
  base64: 'Base64, also the kind for URLs, with or without padding',
  html: '&lt; &#60; &#x3c;',
  hex: '41 42, 4142, 0x4142, \\x41\\x42, 41:42',
  unicode: '\\u0041 \\x41 \\101 \\n',
};
export const MOST_STEPS = 12;
export const MOST_BYTES = 64 * 1024;

export interface Step {
  kind: Kind;
  /** null where this is not what the step decodes. */
  bytes: Uint8Array | null;
  isSame: boolean;
}

/** The input of a chain: at most 64 KiB. */
export function input(text: string): Uint8Array {
  return new TextEncoder().encode(text).slice(0, MOST_BYTES);
}

const asOctets = (bytes: Uint8Array): Octets => ({
  bytes: Array.from(bytes, (byte) => String.fromCharCode(byte)).join(''),
  at: new Int32Array(bytes.length + 1),
});
const asBytes = ({ bytes }: Octets): Uint8Array => Uint8Array.from(bytes, (byte) => byte.charCodeAt(0));

function base64(bytes: Uint8Array): Uint8Array | null {
  const plain = asOctets(bytes).bytes.replace(/[\s"']+/g, '').replace(/-/g, '+').replace(/_/g, '/').replace(/=+$/, '');
  if (plain.length < 2 || plain.length % 4 === 1 || /[^A-Za-z0-9+/]/.test(plain)) return null;
  return fromBase64(plain.padEnd(Math.ceil(plain.length / 4) * 4, '='));
}

function hex(bytes: Uint8Array): Uint8Array | null {
  const digits = asOctets(bytes).bytes.replace(/\\x|0x|%/gi, '').replace(/[\s:,;-]+/g, '');
  if (digits.length < 2 || digits.length % 2 === 1 || /[^0-9a-f]/i.test(digits)) return null;
  return Uint8Array.from(digits.match(/../g) ?? [], (pair) => parseInt(pair, 16));
}

const DECODERS: Record<Kind, (bytes: Uint8Array) => Uint8Array | null> = {
  url: (bytes) => asBytes(urlDecoded(asOctets(bytes))),
  base64,
  html: (bytes) => asBytes(htmlDecoded(asOctets(bytes))),
  hex,
  unicode: (bytes) => asBytes(escapesDecoded(asOctets(bytes))),
};

const equal = (one: Uint8Array, other: Uint8Array): boolean => one.length === other.length && one.every((byte, index) => byte === other[index]);

/** Each step on what the one before made; the chain ends where a step finds nothing to decode. */
export function chain(text: string, kinds: readonly Kind[]): Step[] {
  const steps: Step[] = [];
  let present = input(text);
  for (const kind of kinds.slice(0, MOST_STEPS)) {
    const bytes = DECODERS[kind](present);
    steps.push({ kind, bytes, isSame: bytes !== null && equal(bytes, present) });
    if (bytes === null) break;
    present = bytes;
  }
  return steps;
}

/** Whether they are text that somebody could have written. */
function readsWell(bytes: Uint8Array): boolean {
  try {
    return !/[\u0000-\u0008\u000e-\u001f\u007f-\u009f]/.test(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch {
    return false;
  }
}

/** What would make other text of these bytes, the likeliest first. */
export function proposed(bytes: Uint8Array): Kind[] {
  const text = asText(bytes);
  return KINDS.filter((kind) => {
    if (kind === 'url' && !/%[0-9a-f]{2}|%u[0-9a-f]{4}/i.test(text)) return false;
    if (kind === 'unicode' && !/\\(?:u\{?[0-9a-f]|x[0-9a-f]{2}|[0-7]{3})/i.test(text)) return false;
    const made = DECODERS[kind](bytes);
    if (made === null || made.length === 0 || equal(made, bytes)) return false;
    if (kind === 'base64') return text.length >= 8 && readsWell(made);
    if (kind === 'hex') return text.length >= 8 && readsWell(made);
    return true;
  });
}
