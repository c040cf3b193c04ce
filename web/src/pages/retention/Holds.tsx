/** Holds: searches of which everything is kept until somebody releases them. */
import { useState } from 'preact/hooks';
import { get, post } from '../../api/client';
import type { Hold, Total, TransactionPage } from '../../api/types';
import { local } from '../../logic/when';
import { isAdmin } from '../../session';
import { Icon } from '../../ui/icons';
import { maySeeLetters as mayProtect } from '../../ui/letters';
import { Dialog, Problem } from '../../ui/parts';
import { Safe } from '../../ui/Safe';

const FIELDS: [name: string, label: string, placeholder: string][] = [
  ['client', 'Client address or network', '192.0.2.0/24'],
  ['sensor', 'Sensor', 'web-1'],
  ['host', 'Host', 'shop.example'],
  ['unique_id', 'Unique id', ''],
  ['since', 'Since', '2026-11-01 or now-7d'],
  ['until', 'Until', 'open: what comes later is kept too'],
];

type Filters = Record<string, string[]>;

function asFilters(values: Record<string, string>): Filters {
  return Object.fromEntries(
    Object.entries(values)
      .map(([name, value]) => [name, value.trim()] as const)
      .filter(([, value]) => value !== '')
      .map(([name, value]) => [name, [value]]),
  );
}

function linkTo(filters: Hold['filters']): string {
  return `/transactions?${new URLSearchParams(filters)}`;
}

function Release({ hold, onDone }: { hold: Hold; onDone: () => void }) {
  const [isAsking, setAsking] = useState(false);
  const [error, setError] = useState<unknown>(null);
  if (!isAdmin.value) return null;
  const release = (): void => {
    post(`retention/holds/${hold.id}/release`).then(() => {
      setAsking(false);
      onDone();
    }, setError);
  };
  return (
    <>
      <button type="button" class="button" onClick={() => setAsking(true)} aria-label={`Release ${hold.name}`}>
        Release
      </button>
      {isAsking && (
        <Dialog title={`Release ${hold.name}?`} onClose={() => setAsking(false)}>
          <p>What it kept beyond its time goes with the next run, for good. That it was there, and who released it, is remembered.</p>
          {error !== null && <Problem error={error} />}
          <footer class="row-of-buttons">
            <button type="button" class="button" autofocus onClick={() => setAsking(false)}>
              Keep holding
            </button>
            <button type="button" class="button button-danger" onClick={release}>
              Release
            </button>
          </footer>
        </Dialog>
      )}
    </>
  );
}

const shown = (name: string, value: string): string => (name === 'since' || name === 'until' ? local(new Date(value)) : value);

function Filters({ filters }: { filters: Hold['filters'] }) {
  if (filters.length === 0) return <strong>Everything</strong>;
  return (
    <span class="hold-filters">
      {filters.map(([name, value], index) => (
        <span key={index} class="tag">
          {name}{' '}
          <b>
            <Safe text={shown(name, value)} length={120} />
          </b>
        </span>
      ))}
      <a href={linkTo(filters)}>Show them</a>
    </span>
  );
}

function One({ hold, onDone }: { hold: Hold; onDone: () => void }) {
  return (
    <li class="hold">
      <div class="hold-what">
        <h3>
          <Icon name="shield" />
          <Safe text={hold.name} length={120} />
        </h3>
        <p>
          <Filters filters={hold.filters} />
        </p>
        {hold.reason !== '' && (
          <p>
            <Safe text={hold.reason} length={400} more />
          </p>
        )}
        <p class="quiet small">
          Since {local(new Date(hold.added_at))} by <Safe text={hold.added_by} length={80} />
          {hold.released_at !== null && (
            <>
              , released {local(new Date(hold.released_at))} by <Safe text={hold.released_by} length={80} />
            </>
          )}
        </p>
      </div>
      {hold.released_at === null && <Release hold={hold} onDone={onDone} />}
    </li>
  );
}

function Matching({ filters }: { filters: Filters }) {
  const [total, setTotal] = useState<Total | null>(null);
  const [error, setError] = useState<unknown>(null);
  const look = (): void => {
    const query = new URLSearchParams({ limit: '1' });
    for (const [name, values] of Object.entries(filters)) for (const value of values) query.append(name, value);
    setError(null);
    get<TransactionPage>(`transactions?${query}`).then((page) => setTotal(page.total), setError);
  };
  return (
    <>
      <p class="row-of-buttons hold-count" role="status">
        <button type="button" class="button" onClick={look}>
          Count what matches now
        </button>
        {total !== null && (
          <span>
            {total.is_at_least && 'at least '}
            <strong>{total.transactions.toLocaleString('en')}</strong> {total.transactions === 1 ? 'transaction' : 'transactions'}
          </span>
        )}
      </p>
      {error !== null && <Problem error={error} />}
    </>
  );
}

function Add({ onDone }: { onDone: () => void }) {
  const [isOpen, setOpen] = useState(false);
  const [name, setName] = useState('');
  const [reason, setReason] = useState('');
  const [values, setValues] = useState<Record<string, string>>({});
  const [error, setError] = useState<unknown>(null);
  const filters = asFilters(values);
  const isEverything = Object.keys(filters).length === 0;
  const send = (event: Event): void => {
    event.preventDefault();
    setError(null);
    post('retention/holds', { name, reason, filters, everything: isEverything }).then(() => {
      setOpen(false);
      setName('');
      setReason('');
      setValues({});
      onDone();
    }, setError);
  };
  return (
    <>
      <button type="button" class="button" onClick={() => setOpen(true)}>
        <Icon name="plus" />
        Add a hold
      </button>
      {isOpen && (
        <Dialog title="Add a hold" onClose={() => setOpen(false)}>
          <form class="hold-form" onSubmit={send}>
            <p class="quiet">Everything that fits all of these is kept, also what arrives later, until the hold is released.</p>
            <div class="hold-fields">
              <label class="field">
                Name
                <input value={name} required maxLength={255} autofocus autocomplete="off" placeholder="case 17" onInput={(event) => setName(event.currentTarget.value)} />
              </label>
              <label class="field">
                Reason
                <input value={reason} maxLength={2000} autocomplete="off" onInput={(event) => setReason(event.currentTarget.value)} />
              </label>
              {FIELDS.map(([field, label, placeholder]) => (
                <label key={field} class="field">
                  {label}
                  <input value={values[field] ?? ''} placeholder={placeholder} autocomplete="off" spellcheck={false} onInput={(event) => setValues({ ...values, [field]: event.currentTarget.value })} />
                </label>
              ))}
            </div>
            <Matching filters={filters} />
            {isEverything && <p class="hold-everything small">Without any of them everything is held: nothing is removed at all.</p>}
            {error !== null && <Problem error={error} />}
            <footer class="row-of-buttons">
              <button type="button" class="button" onClick={() => setOpen(false)}>
                Cancel
              </button>
              <button type="submit" class="button button-strong">
                {isEverything ? 'Hold everything' : 'Hold'}
              </button>
            </footer>
          </form>
        </Dialog>
      )}
    </>
  );
}

interface Props {
  holds: Hold[];
  released: Hold[];
  preserved: number;
  onChange: () => void;
}

export function Holds({ holds, released, preserved, onChange }: Props) {
  return (
    <section class="card" aria-labelledby="holds-title">
      <header class="card-head">
        <h2 id="holds-title">What never goes</h2>
        {mayProtect.value && <Add onDone={onChange} />}
      </header>
      <p>
        <a href="/transactions?q=preserved%3Atrue">
          <strong>{preserved.toLocaleString('en')}</strong> {preserved === 1 ? 'transaction is' : 'transactions are'} preserved
        </a>{' '}
        <span class="quiet">by somebody, on the page of the transaction.</span>
      </p>
      {holds.length === 0 ? (
        <p class="quiet">No holds. A hold keeps everything that a search finds, now and later: for a court, an investigation, a customer’s complaint.</p>
      ) : (
        <ul class="holds">
          {holds.map((hold) => (
            <One key={hold.id} hold={hold} onDone={onChange} />
          ))}
        </ul>
      )}
      {released.length > 0 && (
        <details class="released">
          <summary>Released before: {released.length}</summary>
          <ul class="holds">
            {released.map((hold) => (
              <One key={hold.id} hold={hold} onDone={onChange} />
            ))}
          </ul>
        </details>
      )}
    </section>
  );
}
