/** The bytes of an entry, fetched in windows of 64 KiB as they are wanted. */
import { useEffect, useRef, useState } from 'preact/hooks';
import { get, isAbort } from '../../api/client';
import type { EntryWindow } from '../../api/types';
import { fromBase64 } from '../../logic/bytes';

const WINDOW = 64 * 1024;
const AT_ONCE = 2;

export interface Windows {
  error: unknown;
  /** How long the entry is; as told before the first window is there. */
  size: number;
  /** Asks for the window that holds this byte, unless it failed. */
  want: (offset: number) => void;
  /** What failed may be asked for again. */
  retry: () => void;
  /** The bytes from `from` to `to`; those not there yet are missing at the end. */
  bytes: (from: number, to: number) => Uint8Array;
  /** How many are there from the beginning without a gap. */
  until: () => number;
}

export function useWindows(id: string, told: number): Windows {
  const [size, setSize] = useState(told);
  const [, redraw] = useState(0);
  const [error, setError] = useState<unknown>(null);
  const there = useRef(new Map<number, Uint8Array>());
  const asked = useRef(new Set<number>());
  const failed = useRef(new Set<number>());
  const controller = useRef(new AbortController());
  useEffect(() => () => controller.current.abort(), []);

  const want = (offset: number): void => {
    const number = Math.floor(offset / WINDOW);
    if (offset >= size || offset < 0 || there.current.has(number) || asked.current.has(number) || failed.current.has(number) || asked.current.size >= AT_ONCE) return;
    asked.current.add(number);
    get<EntryWindow>(`transactions/${id}/entry?offset=${number * WINDOW}`, controller.current.signal)
      .then(
        (found) => {
          there.current.set(number, fromBase64(found.content));
          setSize(found.size_bytes);
          setError(null);
        },
        (cause: unknown) => {
          failed.current.add(number);
          if (!isAbort(cause)) setError(cause);
        },
      )
      .finally(() => {
        asked.current.delete(number);
        redraw((count) => count + 1);
      });
  };
  const retry = (): void => {
    failed.current.clear();
    setError(null);
    redraw((count) => count + 1);
  };
  const bytes = (from: number, to: number): Uint8Array => {
    const found = new Uint8Array(Math.max(0, to - from));
    let length = 0;
    while (from + length < to) {
      const at = from + length;
      const piece = there.current.get(Math.floor(at / WINDOW))?.subarray(at % WINDOW, (at % WINDOW) + to - at);
      if (!piece || piece.length === 0) break;
      found.set(piece, length);
      length += piece.length;
    }
    return found.subarray(0, length);
  };
  const until = (): number => {
    let number = 0;
    while (there.current.has(number)) number += 1;
    return Math.min(size, number * WINDOW);
  };
  return { error, size, want, retry, bytes, until };
}
