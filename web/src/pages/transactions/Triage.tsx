/** What people make of many transactions: of those that are marked in the list, or of all that match. */
import { useState } from 'preact/hooks';
import { post } from '../../api/client';
import type { ManyTriaged, TriageState } from '../../api/types';
import { tellJudged } from '../../live/judged';
import { now_ms } from '../../live/stream';
import { filtersOf, inDays } from '../../logic/triage';
import { Icon } from '../../ui/icons';
import { mayJudge, ReasonField, StateChoice, UntilField } from '../../ui/judging';
import { LabelInput } from '../../ui/LabelInput';
import { Dialog, Problem } from '../../ui/parts';

/** As the server has it: docs/triage.md. */
const MOST_IDS = 1000;
const MOST_FOUND = 10_000;

interface Props {
  /** The rows that are marked; none of them: only all that match. */
  ids: string[];
  /** The present filters as a query string, and how many transactions match them. */
  search: string;
  total: number;
}

function Form({ ids, search, total, onClose }: Props & { onClose: () => void }) {
  const [isAll, setAll] = useState(ids.length === 0);
  const [state, setState] = useState<TriageState | null>(null);
  const [reason, setReason] = useState('');
  const [until, setUntil] = useState(() => inDays(7, now_ms()));
  const [labels, setLabels] = useState<string[]>([]);
  const [preserve, setPreserve] = useState(false);
  const [isSending, setSending] = useState(false);
  const [error, setError] = useState<unknown>(null);
  const mayAll = search !== '' && total <= MOST_FOUND;
  const count = isAll ? total : ids.length;
  const isReady = (state !== null || labels.length > 0 || preserve) && (state !== 'false-positive' || reason.trim() !== '') && count > 0;
  const send = (event: Event): void => {
    event.preventDefault();
    if (!isReady || isSending) return;
    setError(null);
    setSending(true);
    const body = {
      ...(isAll ? { filters: filtersOf(search) } : { ids }),
      ...(state === null ? {} : { state: { state, reason: reason.trim(), ...(state === 'ignored' ? { until } : {}) } }),
      add_labels: labels,
      preserve,
    };
    post<ManyTriaged>('triage', body)
      .then(() => {
        tellJudged(null);
        onClose();
      }, setError)
      .finally(() => setSending(false));
  };
  return (
    <form class="triage-many" onSubmit={send}>
      {ids.length > 0 && (
        <fieldset>
          <legend class="hidden">Which</legend>
          <label class="choice">
            <input type="radio" name="which" checked={!isAll} onChange={() => setAll(false)} />
            The {ids.length.toLocaleString('en')} that are marked
          </label>
          <label class="choice">
            <input type="radio" name="which" checked={isAll} disabled={!mayAll} onChange={() => setAll(true)} />
            All {total.toLocaleString('en')} that match
            {!mayAll && <span class="quiet small">{search === '' ? ' (set a filter first)' : ` (at most ${MOST_FOUND.toLocaleString('en')} at once)`}</span>}
          </label>
        </fieldset>
      )}
      <StateChoice value={state} onChoose={(chosen) => setState(chosen === state ? null : chosen)} />
      {state === 'ignored' && <UntilField value={until} onChange={setUntil} />}
      {state !== null && state !== 'open' && <ReasonField key={state} value={reason} isNeeded={state === 'false-positive'} onChange={setReason} />}
      <div class="field">
        Labels to add
        <LabelInput labels={labels} onAdd={(one) => setLabels([...labels, one])} onRemove={(gone) => setLabels(labels.filter((one) => one !== gone))} />
      </div>
      <label class="choice">
        <input type="checkbox" checked={preserve} onChange={(event) => setPreserve(event.currentTarget.checked)} />
        Preserve them: keep them whatever their age
      </label>
      {error !== null && <Problem error={error} />}
      <footer class="row-of-buttons">
        <button type="button" class="button" onClick={onClose}>
          Cancel
        </button>
        <button type="submit" class="button button-strong" disabled={!isReady || isSending}>
          {isSending ? 'Changing…' : `Change ${count.toLocaleString('en')}`}
        </button>
      </footer>
    </form>
  );
}

/** A button for the bar of actions on marked rows. Nothing for those who may not judge. */
export function TriageMany(props: Props) {
  const [isOpen, setOpen] = useState(false);
  if (!mayJudge()) return null;
  const isNothing = props.ids.length === 0 && (props.search === '' || props.total === 0 || props.total > MOST_FOUND);
  return (
    <>
      <button type="button" class="button" disabled={isNothing || props.ids.length > MOST_IDS} onClick={() => setOpen(true)}>
        <Icon name="check" />
        Judge…
      </button>
      {isOpen && (
        <Dialog title={props.ids.length === 0 ? `Judge all ${props.total.toLocaleString('en')} that match` : `Judge ${props.ids.length.toLocaleString('en')} transactions`} onClose={() => setOpen(false)}>
          <Form {...props} onClose={() => setOpen(false)} />
        </Dialog>
      )}
    </>
  );
}
