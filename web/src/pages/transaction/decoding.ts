/** What is being decoded by hand; null while nobody decodes. */
import { signal } from '@preact/signals';

export const decoding = signal<string | null>(null);

/** What was written where this range is, marks given back as the characters they stand for. */
export function sourceOf(range: Range): string {
  const copy = range.cloneContents();
  for (const reference of copy.querySelectorAll('.hit-refs, button')) reference.remove();
  for (const mark of copy.querySelectorAll<HTMLElement>('.chip-mark')) {
    mark.replaceWith(document.createTextNode(mark.dataset['source'] === undefined ? '' : fromCodes(mark.dataset['source'])));
  }
  return copy.textContent ?? '';
}

function fromCodes(codes: string): string {
  return codes.replace(/[0-9a-f]{4}/g, (code) => String.fromCharCode(parseInt(code, 16)));
}
