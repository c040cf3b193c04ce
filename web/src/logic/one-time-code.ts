/** The code of a one-time link. It stands behind "#", where it is sent to nobody. */
export function codeFromAddress(): string {
  return new URLSearchParams(location.hash.slice(1)).get('code') ?? '';
}
