/** What people make of this transaction: its state, its labels, and what they wrote to it.
 *
 * A change shows at once. If the server refuses it, it is taken back, and what was typed is still there.
 */
import { useRef, useState } from 'preact/hooks';
import { post, put, remove } from '../../api/client';
import type { Triage as Judged, TriageChange, TriageState } from '../../api/types';
import { now_ms } from '../../live/stream';
import { changeInWords, inDays, type Moment, STATE_LABELS, timeline } from '../../logic/triage';
import { local, relative, utc } from '../../logic/when';
import { Icon, type IconName } from '../../ui/icons';
import { mayJudge, ReasonField, StateChoice, UntilField } from '../../ui/judging';
import { LabelInput } from '../../ui/LabelInput';
import { useLoad } from '../../ui/load';
import { Problem } from '../../ui/parts';
import { plain, Safe } from '../../ui/Safe';
import { STATE_ICONS } from '../../ui/StateBadge';
import { second } from '../../ui/tick';
import { Alikes } from './Alikes';

/** More than these fold away, the oldest first. */
const SHOWN = 6;

function When({ at }: { at: string }) {
  return (
    <time dateTime={at} title={utc(at)}>
      {relative(Date.parse(at), second.value)}
    </time>
  );
}

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
      by <Safe text={state_by} length={80} />, <When at={state_at} />
      {reason !== '' && (
        <span class="judgement-reason">
          <Safe text={reason} length={300} more />
        </span>
      )}
    </p>
  );
}

function iconOf({ kind, value }: TriageChange): IconName {
  if (kind === 'state') return STATE_ICONS[value as TriageState] ?? 'eye';
  return kind === 'label-added' || kind === 'note-added' ? 'plus' : 'close';
}

function Entry({ moment, onRemove }: { moment: Moment; onRemove: (id: string) => void }) {
  const who = (
    <>
      <strong>
        <Safe text={moment.by} length={60} />
      </strong>{' '}
    </>
  );
  if ('note' in moment) {
    const { note } = moment;
    return (
      <li class="note">
        <header>
          <span>
            {who}
            <When at={note.at} />
          </span>
          {note.may_remove && mayJudge() && (
            <button type="button" class="note-remove" onClick={() => onRemove(note.id)} aria-label={`Remove the note of ${plain(note.by, 60)}`} title="Remove">
              <Icon name="close" />
            </button>
          )}
        </header>
        <p>
          <Safe text={note.text} length={1200} lines more />
        </p>
      </li>
    );
  }
  const { change } = moment;
  const isLabel = change.kind === 'label-added' || change.kind === 'label-removed';
  return (
    <li class="note-change">
      <Icon name={iconOf(change)} />
      <span>
        {who}
        {changeInWords(change)}
        {isLabel && <span class="label-chip">{plain(change.value, 40)}</span>}
        {change.until !== null && ` until ${local(new Date(change.until))}`}
        {change.reason !== '' && (
          <>
            : <Safe text={change.reason} length={160} />
          </>
        )}{' '}
        · <When at={change.at} />
      </span>
    </li>
  );
}

function Timeline({ judged, onRemove }: { judged: Judged; onRemove: (id: string) => void }) {
  const [isLong, setLong] = useState(false);
  const moments = timeline(judged);
  const shown = isLong ? moments : moments.slice(-SHOWN);
  if (moments.length === 0) return null;
  return (
    <>
      {shown.length < moments.length && (
        <button type="button" class="link small" onClick={() => setLong(true)}>
          {moments.length - shown.length} earlier
        </button>
      )}
      <ol class="timeline">
        {shown.map((moment) => (
          <Entry key={'note' in moment ? moment.note.id : `${moment.at} ${moment.change.kind} ${moment.change.value}`} moment={moment} onRemove={onRemove} />
        ))}
      </ol>
    </>
  );
}

function NewNote({ onAdd }: { onAdd: (text: string) => Promise<boolean> }) {
  const [text, setText] = useState('');
  const [isSending, setSending] = useState(false);
  const send = (event?: Event): void => {
    event?.preventDefault();
    if (text.trim() === '' || isSending) return;
    setSending(true);
    void onAdd(text).then((isDone) => {
      setSending(false);
      if (isDone) setText('');
    });
  };
  return (
    <form class="new-note" onSubmit={send}>
      <textarea
        value={text}
        rows={text.includes('\n') || text.length > 90 ? 4 : 2}
        maxLength={4000}
        placeholder="Write a note for your colleagues"
        aria-label="New note"
        onInput={(event) => setText(event.currentTarget.value)}
        onKeyDown={(event) => {
          if (event.key === 'Enter' && (event.ctrlKey || event.metaKey)) send(event);
        }}
      />
      {text.trim() !== '' && (
        <div class="row-of-buttons">
          <span class="quiet small">
            <kbd>Ctrl</kbd> <kbd>Enter</kbd>
          </span>
          <button type="submit" class="button button-strong" disabled={isSending}>
            Add note
          </button>
        </div>
      )}
    </form>
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
        if (event.key === 'Escape') onCancel();
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

export function Triage({ id, onChange }: { id: string; onChange?: (judged: Judged) => void }) {
  const { value, error: notLoaded, reload } = useLoad<Judged>(`transactions/${id}/triage`);
  const [changed, setChanged] = useState<Judged | null>(null);
  const [asked, setAsked] = useState<'false-positive' | 'ignored' | null>(null);
  const [error, setError] = useState<unknown>(null);
  const [isFresh, setFresh] = useState(false);
  const sent = useRef(0);
  const last = useRef<Promise<unknown>>(Promise.resolve());
  const known = useRef<Judged | null>(null);
  const judged = changed ?? value;
  if (judged === null) return notLoaded ? <Problem error={notLoaded} retry={reload} /> : <section class="card triage triage-wait" aria-busy="true" aria-label="Judgement" />;
  const may = mayJudge();

  /** Shows `guess` until the server has answered; takes it back if it refuses. One after the other is
   * sent, and only the answer to the last one is shown: an earlier one knows nothing of the later. */
  const change = (send: () => Promise<Judged>, guess: Partial<Judged> = {}): Promise<boolean> => {
    setError(null);
    setChanged({ ...judged, ...guess });
    sent.current += 1;
    const mine = sent.current;
    const done = last.current.then(send).then(
      (next) => {
        known.current = next;
        if (mine === sent.current) setChanged(next);
        onChange?.(next);
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
  const judge = (state: TriageState, reason = '', until: string | null = null): void => {
    setAsked(null);
    const send = (): Promise<Judged> => put<Judged>(`transactions/${id}/state`, { state, reason, ...(until === null ? {} : { until }) });
    void change(send, { state, reason, ignored_until: until }).then((isDone) => setFresh(isDone && state === 'false-positive'));
  };
  const choose = (state: TriageState): void => {
    setFresh(false);
    if (state === 'false-positive' || state === 'ignored') setAsked(state);
    else if (state !== judged.state) judge(state);
    else setAsked(null);
  };
  const label = (add: string[], gone: string[]): void => {
    const labels = [...judged.labels.filter((one) => !gone.includes(one)), ...add].sort();
    void change(() => post<Judged>(`transactions/${id}/labels`, { add, remove: gone }), { labels });
  };
  return (
    <section class="card triage" aria-labelledby="triage-title">
      <div class="triage-state">
        <h2 id="triage-title">Judgement</h2>
        {may && <StateChoice value={asked ?? judged.state} onChoose={choose} />}
        {asked === null ? <Verdict judged={judged} /> : <Ask key={asked} state={asked} onCancel={() => setAsked(null)} onDone={(reason, until) => judge(asked, reason, until)} />}
        {error !== null && <Problem error={error} />}
        {isFresh && may && <Alikes id={id} reason={judged.reason} onDone={() => setFresh(false)} />}
        {(may || judged.labels.length > 0) && <LabelInput labels={judged.labels} isOff={!may} onAdd={(one) => label([one], [])} onRemove={(one) => label([], [one])} />}
      </div>
      <div class="triage-notes">
        <h3>Notes and history</h3>
        <Timeline judged={judged} onRemove={(note) => void change(() => remove<Judged>(`transactions/${id}/notes/${note}`), { notes: judged.notes.filter((one) => one.id !== note) })} />
        {!judged.shows_texts && <p class="quiet small">Notes and reasons are for people who may see payloads.</p>}
        {judged.shows_texts && !may && judged.notes.length === 0 && <p class="quiet small">No notes.</p>}
        {may && judged.shows_texts && <NewNote onAdd={(text) => change(() => post<Judged>(`transactions/${id}/notes`, { text }))} />}
      </div>
    </section>
  );
}
