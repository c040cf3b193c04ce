/**
 * A span of time at a glance. Each card loads by itself, and each value in it narrows all of them;
 * what is asked for is in the address, in the same words as that of the list.
 */
import { useEffect, useMemo, useState } from 'preact/hooks';
import type { OverviewSummary } from '../api/boards';
import { ApiError } from '../api/client';
import type { CheckedSearch, FacetValue } from '../api/types';
import { severityName, statusKind } from '../logic/boards';
import { categoryLook } from '../logic/category';
import { filterName, type Filters, pageOf, parseFilters, toSearch, without } from '../logic/filters';
import { address, navigate } from '../router';
import { Empty } from '../ui/Empty';
import { Icon } from '../ui/icons';
import { useLoad } from '../ui/load';
import { Mark, Problem } from '../ui/parts';
import { Safe } from '../ui/Safe';
import { Course } from './overview/Course';
import { FirstSeen } from './overview/FirstSeen';
import { PrintHead } from './overview/PrintHead';
import { Rules } from './overview/Rules';
import { Scores } from './overview/Scores';
import { Totals } from './overview/Totals';
import { Values } from './overview/Values';
import { FilterBar } from './transactions/FilterBar';

const RENEW_MS = 60_000;
const USUAL_SINCE = 'now-24h';
const HOUR_MS = 3_600_000;
/** In the address in place of a start: the usual one is not meant. */
const ALL_TIME = 'range=all';

const named = ({ value, name }: FacetValue) => <Safe text={name ?? value} length={60} />;
const coded = ({ value }: FacetValue) => <Safe text={value} length={90} class="mono" />;
const labelled = (value: FacetValue) => (
  <>
    <Mark category={value.value} /> {categoryLook(value.value).label}
  </>
);
const withKind = ({ value }: FacetValue) => (
  <>
    <span class="mono">{value}</span> <span class="quiet">{statusKind(value)}</span>
  </>
);

/** The filters of the address; one without any time means the last day. */
function read(search: string): Filters {
  const filters = parseFilters(search);
  const isOpen = filters.since === null && filters.until === null;
  return isOpen && !search.includes(ALL_TIME) ? { ...filters, since: USUAL_SINCE } : filters;
}

function overviewOf(filters: Filters): string {
  const search = toSearch(filters);
  if (filters.since !== null || filters.until !== null) return `/overview?${search}`;
  return `/overview?${search ? `${search}&` : ''}${ALL_TIME}`;
}

/** Whether what is asked for cannot be asked by this person, or at all: no card could answer it. */
function isRefused(error: unknown): boolean {
  return error instanceof ApiError && (error.status === 400 || error.status === 403);
}

/** Grows by one a minute while a range that ends now is looked at. */
function useTurn(filters: Filters): number {
  const [turn, setTurn] = useState(0);
  const isMoving = filters.until === null;
  useEffect(() => {
    if (!isMoving) return undefined;
    const timer = window.setInterval(() => !document.hidden && setTurn((count) => count + 1), RENEW_MS);
    return () => window.clearInterval(timer);
  }, [isMoving]);
  return turn;
}

export function OverviewPage() {
  const { search } = address.value;
  const filters = useMemo(() => read(search), [search]);
  const turn = useTurn(filters);
  const [isTimeOpen, setTimeOpen] = useState(false);
  const checked = useLoad<CheckedSearch>(filters.text === null ? null : `search/check?${new URLSearchParams({ q: filters.text })}`);
  // A text that somebody wrote into the address is checked before anything is asked with it.
  const isUnread = filters.text !== null && (checked.value ? checked.value.error !== null : checked.error === null);
  const summary = useLoad<OverviewSummary>(isUnread ? null : `overview?${toSearch(filters)}#${turn}`);
  const change = (next: Filters): void => navigate(overviewOf(next));
  const card = { filters, onChange: change, turn };
  const why = summary.value?.empty;
  return (
    <main class="page boards-page" id="content">
      <PrintHead filters={filters} title="Overview" />
      <header class="boards-head">
        <h1>Overview</h1>
        <p class="parts-legend small" aria-hidden="true">
          <span>
            <i class="parts-blocked" /> blocked
          </span>
          <span>
            <i class="parts-all" /> the rest
          </span>
        </p>
        <span class="spacer" />
        <a class="button" href={`/hosts?${toSearch({ ...filters, values: { ...filters.values, host: [] } })}`}>
          <Icon name="table" />
          Hosts
        </a>
        <button type="button" class="button wide-only" onClick={() => window.print()}>
          <Icon name="print" />
          Print
        </button>
        <a class="button button-strong" href={pageOf(filters)}>
          <Icon name="list" />
          Open in transactions
        </a>
      </header>
      <FilterBar filters={filters} onChange={change} checked={checked.value} isTimeOpen={isTimeOpen} onTimeOpen={setTimeOpen} />
      {isUnread || isRefused(summary.error) ? (
        isRefused(summary.error) && <Problem error={summary.error} />
      ) : why ? (
        <Empty
          why={why}
          filterName={filterName}
          onRemove={(name) => change(without(filters, name))}
          onNewest={(newest_at) => change({ ...filters, since: new Date(Date.parse(newest_at) - HOUR_MS).toISOString(), until: null })}
        />
      ) : (
        <div class="boards">
          <Totals loaded={summary} />
          <Course {...card} loaded={summary} />
          <Rules {...card} />
          <Values {...card} title="Categories" field="category" limit={10} show={labelled} words={({ value }) => categoryLook(value).label} none="No transaction here has a category: no rule found anything." />
          <Values {...card} title="Clients" field="client" show={coded} none="No entry here states the client’s address." />
          <Values {...card} title="Networks" field="network" show={coded} none="No entry here states an address that is in a network." />
          <Values {...card} title="Countries" field="country" show={named} none="The country of none of these clients is known." />
          <Values {...card} title="Hosts" field="host" show={coded} none="No request here has a Host header." />
          <Values {...card} title="Paths" field="path" show={coded} none="No request here has a path." />
          <Values {...card} title="Sensors" field="sensor" show={named} none="None." />
          <Scores {...card} />
          <Values {...card} title="Severity" class="board-small" field="severity" sort={(one, other) => Number(one.value) - Number(other.value)} show={({ value }) => severityName(value)} words={({ value }) => severityName(value)} none="No rule here states a severity." />
          <Values {...card} title="Status" class="board-small" field="status" show={withKind} none="No entry here states a status." />
          <FirstSeen {...card} of="rule" />
          <FirstSeen {...card} of="path" />
        </div>
      )}
    </main>
  );
}
