/** How long this transaction is kept, and the switch that keeps it for good. */
import { useState } from 'preact/hooks';
import { put, remove } from '../../api/client';
import type { Fate } from '../../api/types';
import { day, local } from '../../logic/when';
import { Icon } from '../../ui/icons';
import { maySeeLetters as mayProtect } from '../../ui/letters';
import { useLoad } from '../../ui/load';
import { Dialog, Problem } from '../../ui/parts';
import { Safe } from '../../ui/Safe';

const on = (at: string): string => day(new Date(at));

function Until({ fate }: { fate: Fate }) {
  const { payload_goes_at: payload, transaction_goes_at: all, payload_removed_at: removed, preserved, held_by } = fate;
  if (preserved) {
    return (
      <>
        Preserved by <Safe text={preserved.by} length={80} /> on {local(new Date(preserved.at))}
        {preserved.reason !== '' && (
          <>
            : <Safe text={preserved.reason} length={300} more />
          </>
        )}
      </>
    );
  }
  if (held_by.length > 0) {
    return (
      <>
        Kept by the hold{held_by.length > 1 && 's'} <Safe text={held_by.join(', ')} length={200} /> until {held_by.length > 1 ? 'they are' : 'it is'} released
      </>
    );
  }
  if (all === null && payload === null) return <>Kept for good{removed !== null && ', without its entry'}</>;
  return (
    <>
      {payload !== null && payload !== all && <>The entry goes on {on(payload)}; </>}
      {all === null ? 'the transaction is kept for good' : `${payload === all || payload === null ? 'K' : 'k'}ept until ${on(all)}`}
    </>
  );
}

export function Keeping({ id }: { id: string }) {
  const { value, reload } = useLoad<Fate>(`transactions/${id}/retention`);
  const [changed, setChanged] = useState<Fate | null>(null);
  const [isAsking, setAsking] = useState(false);
  const [reason, setReason] = useState('');
  const [error, setError] = useState<unknown>(null);
  const fate = changed ?? value;
  if (fate === null) return null;
  const isPreserved = fate.preserved !== null;
  const preserve = (event: Event): void => {
    event.preventDefault();
    setError(null);
    put<Fate>(`transactions/${id}/preserved`, { reason }).then((next) => {
      setChanged(next);
      setAsking(false);
    }, setError);
  };
  const stop = (): void => {
    setError(null);
    remove<Fate>(`transactions/${id}/preserved`).then(setChanged, setError);
  };
  return (
    <section class={`keeping${isPreserved ? ' keeping-on' : ''}`} aria-label="Retention">
      <Icon name={isPreserved || fate.held_by.length > 0 ? 'shield' : 'clock'} />
      <p>
        <Until fate={fate} /> · <a href="/retention">Retention</a>
      </p>
      {mayProtect.value && (
        <button type="button" role="switch" class="switch" aria-checked={isPreserved} onClick={() => (isPreserved ? stop() : setAsking(true))}>
          <span class="switch-track" aria-hidden="true" />
          Preserve
        </button>
      )}
      {error !== null && !isAsking && <Problem error={error} retry={reload} />}
      {isAsking && (
        <Dialog title="Preserve this transaction?" onClose={() => setAsking(false)}>
          <form class="hold-form" onSubmit={preserve}>
            <p>It stays with its entry and its rules, whatever the settings say, until somebody takes this back.</p>
            <label class="field">
              Why (shown here)
              <input value={reason} maxLength={2000} autofocus autocomplete="off" onInput={(event) => setReason(event.currentTarget.value)} placeholder="incident 17" />
            </label>
            {error !== null && <Problem error={error} />}
            <footer class="row-of-buttons">
              <button type="button" class="button" onClick={() => setAsking(false)}>
                Cancel
              </button>
              <button type="submit" class="button button-strong">
                Preserve
              </button>
            </footer>
          </form>
        </Dialog>
      )}
    </section>
  );
}

/** In the place of the exchange and the parts. */
export function WithoutEntry({ removed_at }: { removed_at: string | null }) {
  return (
    <section class="card without-entry" aria-labelledby="without-entry-title">
      <h2 id="without-entry-title">The entry was removed by retention{removed_at !== null && ` on ${day(new Date(removed_at))}`}</h2>
      <p class="quiet">
        Headers, bodies and the raw entry went because they had passed the age set for entries. What was decoded from them before is on this page. <a href="/retention">What is kept how long</a>
      </p>
    </section>
  );
}
