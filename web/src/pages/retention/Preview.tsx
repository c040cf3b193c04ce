/** What would go if a run began now: asked on purpose, since it counts for some seconds. */
import { useState } from 'preact/hooks';
import { get } from '../../api/client';
import type { Doomed, RetentionPreview } from '../../api/types';
import { local } from '../../logic/when';
import { plain } from '../../ui/Safe';
import { Icon } from '../../ui/icons';
import { Problem } from '../../ui/parts';
import { bytes } from '../transaction/Exchange';

const NAMES = { payloads: 'entries', transactions: 'transactions', statistics: 'counts' };

function Row({ doomed }: { doomed: Doomed }) {
  const { rule, of, count, staying, raw_bytes, stored_before, is_complete } = doomed;
  return (
    <tr>
      <th scope="row">
        <code>{plain(rule, 120)}</code>
      </th>
      <td class="number">
        {!is_complete && 'at least '}
        <strong>{count.toLocaleString('en')}</strong> {NAMES[of]}
      </td>
      <td class="number">{bytes(raw_bytes)}</td>
      <td>{local(new Date(stored_before))}</td>
      <td class="number">{staying ? staying.toLocaleString('en') : '–'}</td>
    </tr>
  );
}

function Found({ found }: { found: RetentionPreview }) {
  const some = found.doomed.filter(({ count, staying }) => count > 0 || (staying ?? 0) > 0);
  const isNothing = found.doomed.every(({ count }) => count === 0);
  return (
    <div role="status">
      {found.doomed.length === 0 && <p>Nothing has an age or a size at which it goes: everything is kept for good.</p>}
      {found.doomed.length > 0 && isNothing && <p>Nothing is too old or too much now.</p>}
      {some.length > 0 && (
        <div class="scroll-sideways">
          <table class="plain-table">
            <thead>
              <tr>
                <th scope="col">Setting</th>
                <th scope="col" class="number">
                  Would go
                </th>
                <th scope="col" class="number">
                  As received
                </th>
                <th scope="col">Stored before</th>
                <th scope="col" class="number">
                  As old, and stays
                </th>
              </tr>
            </thead>
            <tbody>
              {some.map((doomed) => (
                <Row key={`${doomed.rule} ${doomed.of}`} doomed={doomed} />
              ))}
            </tbody>
          </table>
        </div>
      )}
      {found.statistics_before !== null && <p class="quiet small preview-note">Counts of times before {local(new Date(found.statistics_before))} would go too.</p>}
    </div>
  );
}

export function Preview() {
  const [found, setFound] = useState<RetentionPreview | null>(null);
  const [error, setError] = useState<unknown>(null);
  const [isBusy, setBusy] = useState(false);
  const ask = (): void => {
    setBusy(true);
    setError(null);
    get<RetentionPreview>('retention/preview')
      .then(setFound, setError)
      .finally(() => setBusy(false));
  };
  return (
    <section class="card" aria-labelledby="preview-title">
      <header class="card-head">
        <h2 id="preview-title">What would go now</h2>
        <button type="button" class="button" onClick={ask} disabled={isBusy}>
          <Icon name="eye" />
          {isBusy ? 'Counting…' : found ? 'Count again' : 'Show what would go'}
        </button>
      </header>
      {error !== null && <Problem error={error} retry={ask} />}
      {found ? <Found found={found} /> : <p class="quiet">Counts what the next run would remove, and removes nothing.</p>}
    </section>
  );
}
