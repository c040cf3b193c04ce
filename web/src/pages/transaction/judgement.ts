/** The judgement of a transaction, and how it is changed: shown at once, taken back if the server refuses. */
import { useEffect, useRef, useState } from 'preact/hooks';
import { post, put, remove } from '../../api/client';
import type { Triage, TriageState } from '../../api/types';
import { onJudged, tellJudged } from '../../live/judged';
import { useLoad } from '../../ui/load';

export interface Judgement {
  id: string;
  judged: Triage;
  /** Why the last change was refused. */
  error: unknown;
  /** Each is true once the server has it. */
  judge: (state: TriageState, reason?: string, until?: string | null) => Promise<boolean>;
  label: (add: string[], gone: string[]) => Promise<boolean>;
  note: (text: string) => Promise<boolean>;
  removeNote: (note: string) => Promise<boolean>;
}

interface Loading {
  judgement: Judgement | null;
  notLoaded: unknown;
  reload: () => void;
}

export function useJudgement(id: string): Loading {
  const { value, error: notLoaded, reload } = useLoad<Triage>(`transactions/${id}/triage`);
  const [changed, setChanged] = useState<Triage | null>(null);
  const [error, setError] = useState<unknown>(null);
  const sent = useRef(0);
  const last = useRef<Promise<unknown>>(Promise.resolve());
  const known = useRef<Triage | null>(null);
  useEffect(
    () =>
      onJudged((told) => {
        if (told !== null) return;
        known.current = null;
        setChanged(null);
        reload();
      }),
    [],
  );
  const judged = changed ?? value;
  if (judged === null) return { judgement: null, notLoaded, reload };

  /** One after the other is sent, and only the answer to the last one is shown: an earlier one knows
   * nothing of the later. */
  const change = (send: () => Promise<Triage>, guess: Partial<Triage> = {}): Promise<boolean> => {
    setError(null);
    setChanged({ ...judged, ...guess });
    sent.current += 1;
    const mine = sent.current;
    const done = last.current.then(send).then(
      (next) => {
        known.current = next;
        if (mine === sent.current) setChanged(next);
        tellJudged({ id, state: next.state, labels: next.labels });
        return true;
      },
      (failure: unknown) => {
        if (mine === sent.current) setChanged(known.current ?? value);
        setError(failure);
        return false;
      },
    );
    last.current = done;
    return done;
  };
  const judgement: Judgement = {
    id,
    judged,
    error,
    judge: (state, reason = '', until = null) =>
      change(() => put<Triage>(`transactions/${id}/state`, { state, reason, ...(until === null ? {} : { until }) }), { state, reason, ignored_until: until }),
    label: (add, gone) =>
      change(() => post<Triage>(`transactions/${id}/labels`, { add, remove: gone }), {
        labels: [...judged.labels.filter((one) => !gone.includes(one)), ...add].sort(),
      }),
    note: (text) => change(() => post<Triage>(`transactions/${id}/notes`, { text })),
    removeNote: (note) => change(() => remove<Triage>(`transactions/${id}/notes/${note}`), { notes: judged.notes.filter((one) => one.id !== note) }),
  };
  return { judgement, notLoaded: null, reload };
}
