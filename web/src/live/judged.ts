/**
 * Whoever judges tells it here, so that what shows it elsewhere follows: the list beside, and the
 * pages in other tabs of this browser. Nothing is kept: who was not there asks the server.
 */
import type { TriageState } from '../api/types';

/** A transaction as it is judged from now on; null for several, of which only the server knows which. */
export type Judged = { id: string; state: TriageState; labels: string[] } | null;

type Listener = (judged: Judged) => void;

const listeners = new Set<Listener>();
const otherTabs = new BroadcastChannel('bartizan.judged');

function spread(judged: Judged): void {
  for (const listener of listeners) listener(judged);
}

otherTabs.onmessage = ({ data }: MessageEvent<Judged>) => spread(data);

export function onJudged(listener: Listener): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

export function tellJudged(judged: Judged): void {
  spread(judged);
  otherTabs.postMessage(judged);
}
