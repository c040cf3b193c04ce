/** Bytes as people read them: base64 to bytes, bytes to text, bytes to lines of hexadecimal. */

export function fromBase64(text: string): Uint8Array {
  const plain = atob(text);
  const bytes = new Uint8Array(plain.length);
  for (let index = 0; index < plain.length; index += 1) bytes[index] = plain.charCodeAt(index);
  return bytes;
}

export function joined(first: Uint8Array, second: Uint8Array): Uint8Array {
  const both = new Uint8Array(first.length + second.length);
  both.set(first);
  both.set(second, first.length);
  return both;
}

/** UTF-8; what is not becomes U+FFFD. A byte order mark stays, so that it can be shown. */
export function asText(bytes: Uint8Array): string {
  return new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytes);
}

/** Whether somebody who reads it as text would see mostly marks. */
export function isBinary(bytes: Uint8Array): boolean {
  const some = bytes.subarray(0, 4096);
  let odd = 0;
  for (const byte of some) if (byte === 0 || (byte < 32 && byte !== 9 && byte !== 10 && byte !== 13)) odd += 1;
  const replaced = asText(some).split('\uFFFD').length - 1;
  return some.length > 0 && (odd + replaced) / some.length > 0.1;
}

const PRINTABLE_FROM = 0x20;
const PRINTABLE_TO = 0x7e;

/** "00000010  48 65 6c 6c 6f ...  Hello", `columns` bytes a line; only ASCII is shown beside it. */
export function hexLines(bytes: Uint8Array, columns: number, offset = 0): string[] {
  const lines: string[] = [];
  for (let start = 0; start < bytes.length; start += columns) {
    const row = [...bytes.subarray(start, start + columns)];
    const hex = row.map((byte) => byte.toString(16).padStart(2, '0')).join(' ');
    const plain = row.map((byte) => (byte >= PRINTABLE_FROM && byte <= PRINTABLE_TO ? String.fromCharCode(byte) : '·')).join('');
    lines.push(`${(offset + start).toString(16).padStart(8, '0')}  ${hex.padEnd(columns * 3 - 1)}  ${plain}`);
  }
  return lines;
}
