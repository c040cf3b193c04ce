/** IP addresses and CIDR blocks as numbers, for matching live rows against a client filter. */

interface Parsed {
  bits: 32 | 128;
  value: bigint;
}

function parse4(text: string): bigint | null {
  const parts = text.split('.');
  if (parts.length !== 4 || !parts.every((part) => /^\d{1,3}$/.test(part) && Number(part) < 256)) return null;
  return parts.reduce((sum, part) => sum * 256n + BigInt(part), 0n);
}

function groups(text: string): bigint[] | null {
  if (text === '') return [];
  const found: bigint[] = [];
  for (const [index, part] of text.split(':').entries()) {
    if (part.includes('.')) {
      const value = index === text.split(':').length - 1 ? parse4(part) : null;
      if (value === null) return null;
      found.push(value >> 16n, value & 0xffffn);
    } else if (/^[0-9a-f]{1,4}$/i.test(part)) found.push(BigInt(`0x${part}`));
    else return null;
  }
  return found;
}

function parse6(text: string): bigint | null {
  const halves = text.split('::');
  if (halves.length > 2) return null;
  const head = groups(halves[0] ?? '');
  const tail = halves.length === 2 ? groups(halves[1] ?? '') : [];
  if (head === null || tail === null) return null;
  const missing = 8 - head.length - tail.length;
  if (halves.length === 2 ? missing < 1 : missing !== 0) return null;
  const all = [...head, ...Array<bigint>(missing).fill(0n), ...tail];
  return all.reduce((sum, group) => (sum << 16n) + group, 0n);
}

export function parseAddress(text: string): Parsed | null {
  const value = text.includes(':') ? parse6(text) : parse4(text);
  return value === null ? null : { bits: text.includes(':') ? 128 : 32, value };
}

/** Whether `block` (an address or a CIDR block) contains `address`. */
export function contains(block: string, address: string): boolean {
  const [network = '', length] = block.split('/');
  const outer = parseAddress(network);
  const inner = parseAddress(address);
  if (!outer || !inner) return block === address;
  if (outer.bits !== inner.bits) return false;
  const prefix = length === undefined ? outer.bits : Number(length);
  if (!Number.isInteger(prefix) || prefix < 0 || prefix > outer.bits) return false;
  const shift = BigInt(outer.bits - prefix);
  return outer.value >> shift === inner.value >> shift;
}
