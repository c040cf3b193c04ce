/** What people wrote to a transaction, among what they changed of it. */
import { useState } from 'preact/hooks';
import type { Triage as Judged, TriageChange, TriageState } from '../../api/types';
import { changeInWords, type Moment, timeline } from '../../logic/triage';
import { local } from '../../logic/when';
import { Ago } from '../../ui/Ago';
import { Icon, type IconName } from '../../ui/icons';
import { mayJudge } from '../../ui/judging';
import { plain, Safe } from '../../ui/Safe';
import { STATE_ICONS } from '../../ui/StateBadge';
import type { Judgement } from './judgement';

/** More than these fold away, the oldest first. */
const SHOWN = 6;

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
            <Ago at={note.at} />
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
        · <Ago at={change.at} />
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

export function Notes({ judgement: { judged, note, removeNote } }: { judgement: Judgement }) {
  const may = mayJudge();
  return (
    <>
      <Timeline judged={judged} onRemove={(id) => void removeNote(id)} />
      {!judged.shows_texts && <p class="quiet small">Notes and reasons are for people who may see payloads.</p>}
      {judged.shows_texts && !may && judged.notes.length === 0 && <p class="quiet small">No notes.</p>}
      {may && judged.shows_texts && <NewNote onAdd={note} />}
    </>
  );
}
