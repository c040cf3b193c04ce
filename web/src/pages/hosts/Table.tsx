/** The table itself: every column sorts; what is typed finds by name. */
import { useMemo, useState } from 'preact/hooks';
import type { HostList } from '../../api/boards';
import { HOST_COLUMNS, type HostColumn, type HostRow, rise, share, sortedHosts } from '../../logic/boards';
import { type Filters, pageOf, toSearch } from '../../logic/filters';
import { relative } from '../../logic/when';
import { stamp } from '../../logic/zone';
import { plain, Safe } from '../../ui/Safe';
import { SortedHead, useSorting } from '../../ui/sorting';
import { second } from '../../ui/tick';
import { zone } from '../../ui/zone';
import { Parts, Trend } from '../overview/Parts';

const NUMBERS: readonly HostColumn[] = ['Transactions', 'Blocked'];

function Mode({ mode }: { mode: string | null }) {
  if (mode === null) return <span class="quiet">not stated</span>;
  const look = /^(on|enabled)$/i.test(mode) ? 'tag tag-good' : 'tag tag-warn';
  return (
    <span class={look}>
      <Safe text={mode} length={30} />
    </span>
  );
}

function trendWords(bars: number[]): string {
  if (bars.length === 0) return 'no trend: the time range has no beginning';
  const by = rise(bars);
  return by > 0.1 ? 'rising' : by < -0.1 ? 'falling' : 'steady';
}

interface LineProps {
  row: HostRow;
  filters: Filters;
  areDetailsMissing: boolean;
}

function Line({ row, filters, areDetailsMissing }: LineProps) {
  const { host, transactions, intercepted, detail } = row;
  const only = { ...filters, values: { ...filters.values, host: [host] } };
  const missing = <span class="quiet">{areDetailsMissing ? '–' : '…'}</span>;
  return (
    <tr>
      <th scope="row">
        <a class="host-link" href={`/overview?${toSearch(only)}`} title={`Overview of ${plain(host, 200)}`}>
          <Safe text={host} length={80} />
        </a>
      </th>
      <td data-label="Engine">{detail ? <Mode mode={detail.engine_mode} /> : missing}</td>
      <td data-label="Ruleset">{detail ? <Safe text={detail.ruleset} length={40} /> : missing}</td>
      <td data-label="Transactions" class="number">
        <a href={pageOf(only)} aria-label={`${transactions.toLocaleString('en')} transactions of ${plain(host, 200)}`}>
          {transactions.toLocaleString('en')}
        </a>
      </td>
      <td data-label="Blocked" class="number">
        {intercepted.toLocaleString('en')}
      </td>
      <td data-label="Share" class="host-share">
        <span>{share(intercepted, transactions)}</span>
        <Parts whole={1} part={intercepted / transactions} />
      </td>
      <td data-label="Trend" class="host-trend">
        {detail ? (
          <>
            <Trend counts={detail.bars} />
            <span class="hidden">{trendWords(detail.bars)}</span>
          </>
        ) : (
          missing
        )}
      </td>
      <td data-label="Last" class="host-last">
        {detail ? (
          <a href={`/transactions/${detail.transaction_id}`} title={stamp(new Date(detail.at), zone.value)}>
            {relative(Date.parse(detail.at), second.value)}
          </a>
        ) : (
          missing
        )}
      </td>
    </tr>
  );
}

interface Props {
  rows: HostRow[];
  list: HostList;
  filters: Filters;
  isOld: boolean;
  /** Whether those that are not there will not come any more. */
  areDetailsMissing: boolean;
}

export function HostTable({ rows, list, filters, isOld, areDetailsMissing }: Props) {
  const sorting = useSorting<HostColumn>('Transactions');
  const { by, isReversed } = sorting;
  const [typed, setTyped] = useState('');
  const wanted = typed.trim().toLowerCase();
  const shown = useMemo(
    () => sortedHosts(rows.filter(({ host }) => host.includes(wanted)), by, isReversed),
    [rows, wanted, by, isReversed],
  );
  return (
    <>
      <div class="hosts-bar">
        <p class="quiet" role="status">
          {list.is_complete ? `${rows.length.toLocaleString('en')} host${rows.length === 1 ? '' : 's'}` : `The ${rows.length.toLocaleString('en')} hosts with the most transactions; there are more`}
          {wanted !== '' && `, ${shown.length.toLocaleString('en')} of them with “${plain(typed.trim(), 40)}”`}
        </p>
        <input class="sensor-find" type="search" value={typed} onInput={(event) => setTyped(event.currentTarget.value)} aria-label="Find a host" placeholder="Find by name" spellcheck={false} />
      </div>
      <table class={`hosts-table${isOld ? ' board-old' : ''}`} aria-label="Hosts">
        <SortedHead columns={HOST_COLUMNS} numbers={NUMBERS} sorting={sorting} />
        <tbody>
          {shown.map((row) => (
            <Line key={row.host} row={row} filters={filters} areDetailsMissing={areDetailsMissing} />
          ))}
        </tbody>
      </table>
      {shown.length === 0 && <p class="quiet">None of these hosts has that in its name.</p>}
    </>
  );
}
