/** The access trail: who did what, when, from where. */
import { useState } from 'preact/hooks';
import type { Deed, TrailPage as Page } from '../../api/types';
import { actionsOf, deedInWords, detailInWords, isFailure, KINDS, transactionOf } from '../../logic/deeds';
import { local, RANGES, relative } from '../../logic/when';
import { isAdmin } from '../../session';
import { Icon } from '../../ui/icons';
import { usePages } from '../../ui/pages';
import { Problem, Progress } from '../../ui/parts';
import { Safe } from '../../ui/Safe';
import { second } from '../../ui/tick';
import { Frame } from './Parts';

interface Filter {
  kind: string;
  person: string;
  since: string;
}

function queryOf({ kind, person, since }: Filter): string {
  const parameters = new URLSearchParams();
  if (kind !== '') for (const action of actionsOf(kind)) parameters.append('action', action);
  if (person !== '') parameters.set('person', person);
  if (since !== '') parameters.set('since', since);
  return parameters.toString();
}

const MEANS: Record<Deed['means'], string> = { session: '', token: 'by a token', header: 'by the proxy', command: 'on the command line', none: '' };

function DeedLine({ deed }: { deed: Deed }) {
  const at = new Date(deed.at);
  const transaction = transactionOf(deed);
  const means = MEANS[deed.means];
  return (
    <tr class={isFailure(deed) ? 'is-failure' : undefined}>
      <td data-label="When">
        <time dateTime={deed.at} title={local(at)}>
          {relative(at.getTime(), second.value)}
        </time>
        <span class="second-line">{local(at)}</span>
      </td>
      <th scope="row">
        {deed.person === '' ? <span class="quiet">somebody unknown</span> : <Safe text={deed.person} length={100} />}
        {means && <span class="second-line">{means}</span>}
      </th>
      <td data-label="Did">
        {deedInWords(deed)}{' '}
        {transaction ? <a href={`/transactions/${transaction}`}>of transaction {transaction}</a> : <strong>{deed.subject !== '' && <Safe text={deed.subject} length={160} />}</strong>}
        {deed.detail !== '' && (
          <span class="second-line">
            <Safe text={detailInWords(deed)} length={300} more />
          </span>
        )}
      </td>
      <td data-label="From" class="mono">
        <Safe text={deed.peer_address} length={60} />
      </td>
    </tr>
  );
}

function Trail() {
  const [filter, setFilter] = useState<Filter>({ kind: '', person: '', since: '' });
  const [typed, setTyped] = useState('');
  const query = queryOf(filter);
  const { pages, error, isLoading, hasOlder, older, reload } = usePages<Page>(`trail?${query}`);
  const deeds = pages?.flatMap(({ entries }) => entries) ?? null;
  const download = (
    <a class="button" href={`/api/v1/trail.csv?${query}`} download>
      <Icon name="download" />
      Download CSV
    </a>
  );
  return (
    <Frame here="/trail" says="Who did what, when, and from where. It cannot be changed, and says also who opened payloads." button={download}>
      <form
        class="trail-filter"
        onSubmit={(event) => {
          event.preventDefault();
          setFilter({ ...filter, person: typed.trim() });
        }}
      >
        <label class="field">
          What
          <select value={filter.kind} onChange={(event) => setFilter({ ...filter, kind: event.currentTarget.value })}>
            {KINDS.map(([value, label]) => (
              <option key={value} value={value}>
                {label}
              </option>
            ))}
          </select>
        </label>
        <label class="field">
          Since
          <select value={filter.since} onChange={(event) => setFilter({ ...filter, since: event.currentTarget.value })}>
            <option value="">the beginning</option>
            {RANGES.map(([value, label]) => (
              <option key={value} value={value}>
                {label}
              </option>
            ))}
          </select>
        </label>
        <label class="field">
          Person
          <input value={typed} spellcheck={false} autocomplete="off" placeholder="anybody" onInput={(event) => setTyped(event.currentTarget.value)} onBlur={() => setFilter({ ...filter, person: typed.trim() })} />
        </label>
      </form>
      <Progress isOn={isLoading} />
      {error !== null && <Problem error={error} retry={reload} />}
      {deeds?.length === 0 && <p class="quiet">Nothing of this kind was done{filter.since === '' ? '' : ' in this time'}.</p>}
      {deeds !== null && deeds.length > 0 && (
        <table class="lines trail">
          <thead>
            <tr>
              <th scope="col">When</th>
              <th scope="col">Who</th>
              <th scope="col">What</th>
              <th scope="col">From</th>
            </tr>
          </thead>
          <tbody>
            {deeds.map((deed) => (
              <DeedLine key={deed.id} deed={deed} />
            ))}
          </tbody>
        </table>
      )}
      {hasOlder && (
        <button type="button" class="button older" disabled={isLoading} onClick={older}>
          Older
        </button>
      )}
    </Frame>
  );
}

export function TrailPage() {
  return isAdmin.value ? <Trail /> : <Frame here="/trail" says="" />;
}
