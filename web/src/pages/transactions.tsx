/** The search: filters in the address bar, counts on the left, the newest transactions first. */
import { useEffect, useMemo, useRef, useState } from 'preact/hooks';
import type { CheckedSearch } from '../api/types';
import { FIELD_LABELS, type Field, type Filters, pageOf, parseFilters, without, withValue } from '../logic/filters';
import { address, navigate } from '../router';
import { Empty } from '../ui/Empty';
import { useKeys } from '../ui/keys';
import { useLoad } from '../ui/load';
import { Problem, Progress } from '../ui/parts';
import { Facets } from './transactions/Facets';
import { FilterBar } from './transactions/FilterBar';
import { List, type Listed } from './transactions/list';
import { ListedRow } from './transactions/Rows';

const COLUMNS = ['Time', 'Client', 'Category', 'Request', 'Status', 'Action', 'Rules'];
const HOUR_MS = 3_600_000;

const FILTER_NAMES: Record<string, string> = {
  ...Object.fromEntries(Object.entries(FIELD_LABELS).map(([field, label]) => [field, label.toLowerCase()])),
  blocked: 'action',
  unique_id: 'unique id',
  q: 'the search text',
  since: 'start of the time range',
  until: 'end of the time range',
};

/** Calls `onReached` when the end of the list comes into sight. */
function End({ onReached }: { onReached: () => void }) {
  const end = useRef<HTMLButtonElement>(null);
  const latest = useRef(onReached);
  latest.current = onReached;
  useEffect(() => {
    const observer = new IntersectionObserver(
      (entries) => {
        if (entries.some(({ isIntersecting }) => isIntersecting)) latest.current();
      },
      { rootMargin: '400px' },
    );
    if (end.current) observer.observe(end.current);
    return () => observer.disconnect();
  }, []);
  return (
    <button ref={end} type="button" class="button older" onClick={onReached}>
      Older
    </button>
  );
}

function Summary({ page }: { page: Listed }) {
  const { transactions, intercepted } = page.total;
  return (
    <p class="summary" role="status">
      <strong>{transactions.toLocaleString('en')}</strong> {transactions === 1 ? 'transaction' : 'transactions'}
      {transactions > 0 && (
        <>
          {' · '}
          <strong>{intercepted.toLocaleString('en')}</strong> blocked ({Math.round((100 * intercepted) / transactions)}%)
        </>
      )}
    </p>
  );
}

export function TransactionsPage() {
  const { search } = address.value;
  const filters = useMemo(() => parseFilters(search), [search]);
  const list = useMemo(() => new List(filters), []);
  const { text } = filters;
  const checked = useLoad<CheckedSearch>(text === null ? null : `search/check?${new URLSearchParams({ q: text })}`);
  // A text that somebody wrote into the address is checked before anything is asked with it.
  const [atFirst] = useState(text);
  const mistake = checked.value?.error ?? null;
  const isUnread = text !== null && text === atFirst && (mistake !== null || (!checked.value && !checked.error));
  const [chosen, setChosen] = useState<number>(-1);
  useEffect(() => {
    list.start();
    return () => list.stop();
  }, []);
  useEffect(() => {
    setChosen(-1);
    if (!isUnread) list.show(filters);
  }, [filters, isUnread]);

  const page = list.page.value;
  const error = list.error.value;
  const isLoading = list.isLoading.value;
  const newCount = list.newCount.value;
  const rows = page?.rows ?? [];

  const change = (next: Filters): void => navigate(pageOf(next));
  const add = (field: Field, value: string): void => change(withValue(filters, field, value));
  const move = (step: number): void => {
    const next = Math.max(0, Math.min(rows.length - 1, chosen + step));
    const row = rows[next];
    if (!row) return;
    setChosen(next);
    const line = document.querySelector<HTMLElement>(`tr[data-id="${row.id}"]`);
    line?.scrollIntoView({ block: 'nearest' });
    line?.querySelector<HTMLElement>('.row-open')?.focus({ preventScroll: true });
  };
  const open = (): void => {
    const row = rows[chosen];
    if (row) navigate(`/transactions/${row.id}`);
  };
  useKeys({ j: () => move(1), k: () => move(-1), Enter: open, o: open });

  const jump = (newest_at: string): void => {
    const since = new Date(Date.parse(newest_at) - HOUR_MS).toISOString();
    change({ ...filters, since, until: null });
  };

  return (
    <main class="page list-page" id="content">
      <h1 class="hidden">Transactions</h1>
      <FilterBar filters={filters} onChange={change} checked={checked.value} />
      <div class="list-columns">
        {isUnread ? <aside class="facets" /> : <Facets filters={filters} onChange={change} />}
        <section class="list" aria-label="Transactions" aria-busy={isLoading}>
          <Progress isOn={isLoading && !mistake} />
          <div class="list-head">
            {page && <Summary page={page} />}
            {newCount > 0 && (
              <button type="button" class="new-bar" onClick={() => list.showNew()}>
                {newCount.toLocaleString('en')} new
              </button>
            )}
          </div>
          {error !== null && <Problem error={error} retry={() => list.reload()} />}
          {page && rows.length > 0 && (
            <table class={`rows${isLoading ? ' rows-old' : ''}`}>
              <thead>
                <tr>
                  {COLUMNS.map((name) => (
                    <th key={name} scope="col" class={`col-${name.toLowerCase()}`}>
                      {name}
                    </th>
                  ))}
                </tr>
              </thead>
              <tbody>
                {rows.map((row, index) => (
                  <ListedRow key={row.id} row={row} isChosen={index === chosen} onAdd={add} onChoose={() => setChosen(index)} />
                ))}
              </tbody>
            </table>
          )}
          {page?.empty && !isLoading && (
            <Empty
              why={page.empty}
              filterName={(name) => FILTER_NAMES[name] ?? name}
              onRemove={(name) => change(without(filters, name))}
              onNewest={jump}
            />
          )}
          {page?.next && <End key={rows.length} onReached={() => list.older()} />}
          {page && rows.length > 0 && !page.next && <p class="quiet end">That is all.</p>}
        </section>
      </div>
    </main>
  );
}
