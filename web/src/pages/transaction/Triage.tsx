/** What people make of this transaction: its state, its labels, and what they wrote to it. */
import { useState } from 'preact/hooks';
import type { Triage as Judged, TriageState } from '../../api/types';
import { now_ms } from '../../live/stream';
import { counted } from '../../logic/sensors';
import { inDays, STATE_LABELS } from '../../logic/triage';
import { local } from '../../logic/when';
import { Ago } from '../../ui/Ago';
import { mayJudge, ReasonField, StateChoice, UntilField } from '../../ui/judging';
import { LabelInput } from '../../ui/LabelInput';
import { Problem } from '../../ui/parts';
import { Safe } from '../../ui/Safe';
import { Alikes } from './Alikes';
import { type Judgement, useJudgement } from './judgement';
import { Notes } from './Notes';

/** The state in a sentence: what, by whom, when, why. */
function Verdict({ judged }: { judged: Judged }) {
  const { state, state_at, state_by, reason, ignored_until } = judged;
  if (state_at === null) return <p class="quiet">Nobody has judged it yet.</p>;
  const isOver = state === 'open' && ignored_until !== null;
  return (
    <p class="judgement">
      {isOver ? (
        <>Open again since {local(new Date(ignored_until))}; ignored</>
      ) : (
        <strong>
          {STATE_LABELS[state]}
          {state === 'ignored' && ignored_until !== null && ` until ${local(new Date(ignored_until))}`}
        </strong>
      )}{' '}
      by <Safe text={state_by} length={80} />, <Ago at={state_at} />
      {reason !== '' && (
        <span class="judgement-reason">
          <Safe text={reason} length={300} more />
        </span>
      )}
    </p>
  );
}

interface AskProps {
  state: 'false-positive' | 'ignored';
  onCancel: () => void;
  onDone: (reason: string, until: string | null) => void;
}

/** What a state needs to be told beside itself. */
function Ask({ state, onCancel, onDone }: AskProps) {
  const [reason, setReason] = useState('');
  const [until, setUntil] = useState(() => inDays(7, now_ms()));
  const isFalse = state === 'false-positive';
  const isReady = isFalse ? reason.trim() !== '' : Date.parse(until) > now_ms();
  return (
    <form
      class="ask-state"
      aria-label={STATE_LABELS[state]}
      onSubmit={(event) => {
        event.preventDefault();
        if (isReady) onDone(reason.trim(), isFalse ? null : until);
      }}
      onKeyDown={(event) => {
        if (event.key !== 'Escape') return;
        event.preventDefault();
        onCancel();
      }}
    >
      {!isFalse && <UntilField value={until} onChange={setUntil} />}
      <ReasonField value={reason} isNeeded={isFalse} onChange={setReason} />
      <div class="row-of-buttons">
        <button type="submit" class="button button-strong" disabled={!isReady}>
          {isFalse ? 'Mark as false positive' : 'Ignore'}
        </button>
        <button type="button" class="button" onClick={onCancel}>
          Cancel
        </button>
      </div>
    </form>
  );
}

function State({ judgement }: { judgement: Judgement }) {
  const { id, judged, error, judge, label } = judgement;
  const [asked, setAsked] = useState<'false-positive' | 'ignored' | null>(null);
  const [isFresh, setFresh] = useState(false);
  const may = mayJudge();
  const decide = (state: TriageState, reason = '', until: string | null = null): void => {
    setAsked(null);
    void judge(state, reason, until).then((isDone) => setFresh(isDone && state === 'false-positive'));
  };
  const choose = (state: TriageState): void => {
    setFresh(false);
    if (state === 'false-positive' || state === 'ignored') setAsked(state);
    else if (state !== judged.state) decide(state);
    else setAsked(null);
  };
  return (
    <>
      {may && <StateChoice value={asked ?? judged.state} onChoose={choose} />}
      {asked === null ? <Verdict judged={judged} /> : <Ask key={asked} state={asked} onCancel={() => setAsked(null)} onDone={(reason, until) => decide(asked, reason, until)} />}
      {error !== null && <Problem error={error} />}
      {isFresh && may && <Alikes id={id} reason={judged.reason} onDone={() => setFresh(false)} />}
      {(may || judged.labels.length > 0) && <LabelInput labels={judged.labels} isOff={!may} onAdd={(one) => void label([one], [])} onRemove={(one) => void label([], [one])} />}
    </>
  );
}

/** On the page of the transaction. */
export function Triage({ id }: { id: string }) {
  const { judgement, notLoaded, reload } = useJudgement(id);
  if (judgement === null) return notLoaded ? <Problem error={notLoaded} retry={reload} /> : <section class="card triage triage-wait" aria-busy="true" aria-label="Judgement" />;
  return (
    <section class="card triage" aria-labelledby="triage-title">
      <div class="triage-state">
        <h2 id="triage-title">Judgement</h2>
        <State judgement={judgement} />
      </div>
      <div class="triage-notes">
        <h3>Notes and history</h3>
        <Notes judgement={judgement} />
      </div>
    </section>
  );
}

/** Beside the list: the same, with the notes folded away. Who may not judge sees the state alone. */
export function TriageBeside({ id }: { id: string }) {
  const { judgement, notLoaded, reload } = useJudgement(id);
  if (judgement === null) return notLoaded ? <Problem error={notLoaded} retry={reload} /> : <section class="triage-beside triage-wait" aria-busy="true" aria-label="Judgement" />;
  const { notes } = judgement.judged;
  return (
    <section class="triage-beside" aria-label="Judgement">
      <State judgement={judgement} />
      {mayJudge() && (
        <details>
          <summary>Notes and history{notes.length > 0 && ` · ${counted(notes.length, 'note')}`}</summary>
          <div class="triage-notes">
            <Notes judgement={judgement} />
          </div>
        </details>
      )}
    </section>
  );
}
