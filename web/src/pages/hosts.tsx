/** The hosts that were asked most: how their firewalls are set, and how much each of them stopped. */
import { useEffect, useMemo, useState } from 'preact/hooks';
import { get, isAbort } from '../api/client';
import type { HostDetail, HostDetails, HostList } from '../api/boards';
import type { CheckedSearch } from '../api/types';
import { type HostRow, inGroups } from '../logic/boards';
import { filterName, type Filters, parseFilters, toSearch, without } from '../logic/filters';
import { address, navigate } from '../router';
import { Icon } from '../ui/icons';
import { useLoad } from '../ui/load';
import { Problem, Progress } from '../ui/parts';
import { HostTable } from './hosts/Table';
import { PrintHead } from './overview/PrintHead';
import { FilterBar } from './transactions/FilterBar';

const USUAL_SINCE = 'now-24h';
const ALL_TIME = 'range=all';
/** As many as the API tells of at once, less: the first ones should come soon. */
const AT_ONCE = 25;

function read(search: string): Filters {
  const filters = parseFilters(search);
  const isOpen = filters.since === null && filters.until === null;
  return isOpen && !search.includes(ALL_TIME) ? { ...filters, since: USUAL_SINCE } : filters;
}

function hostsOf(filters: Filters): string {
  const search = toSearch(filters);
  if (filters.since !== null || filters.until !== null) return `/hosts?${search}`;
  return `/hosts?${search ? `${search}&` : ''}${ALL_TIME}`;
}

interface Details {
  known: Map<string, HostDetail>;
  isLoading: boolean;
  error: unknown;
}

const NOTHING: Details = { known: new Map(), isLoading: false, error: null };

/** Asked for in groups, one after the other: a table that is left early costs little. */
function useDetails(list: HostList | null, filters: Filters): Details {
  const [details, setDetails] = useState<Details>(NOTHING);
  useEffect(() => {
    const hosts = list?.hosts ?? [];
    if (hosts.length === 0) {
      setDetails(NOTHING);
      return undefined;
    }
    const controller = new AbortController();
    const known = new Map<string, HostDetail>();
    setDetails({ known, isLoading: true, error: null });
    const ask = async (): Promise<void> => {
      for (const group of inGroups(hosts, AT_ONCE)) {
        const query = new URLSearchParams(toSearch(without(filters, 'host')));
        for (const { host } of group) query.append('host', host);
        const found = await get<HostDetails>(`hosts/details?${query}`, controller.signal);
        for (const detail of found.hosts) known.set(detail.host, detail);
        setDetails({ known: new Map(known), isLoading: true, error: null });
      }
      setDetails({ known: new Map(known), isLoading: false, error: null });
    };
    ask().catch((error: unknown) => {
      if (!isAbort(error)) setDetails({ known: new Map(known), isLoading: false, error });
    });
    return () => controller.abort();
  }, [list]);
  return details;
}

export function HostsPage() {
  const { search } = address.value;
  const filters = useMemo(() => read(search), [search]);
  const [isTimeOpen, setTimeOpen] = useState(false);
  const checked = useLoad<CheckedSearch>(filters.text === null ? null : `search/check?${new URLSearchParams({ q: filters.text })}`);
  const isUnread = filters.text !== null && (checked.value ? checked.value.error !== null : checked.error === null);
  const { value, error, isLoading, reload } = useLoad<HostList>(isUnread ? null : `hosts?${toSearch(filters)}`);
  const details = useDetails(value, filters);
  const rows: HostRow[] = useMemo(
    () => (value?.hosts ?? []).map((one) => ({ ...one, detail: details.known.get(one.host) ?? null })),
    [value, details.known],
  );
  const given = new URLSearchParams(toSearch(filters));
  return (
    <main class="page boards-page" id="content">
      <PrintHead filters={filters} title="Hosts" />
      <header class="boards-head">
        <h1>Hosts</h1>
        <span class="spacer" />
        <button type="button" class="button wide-only" onClick={() => window.print()}>
          <Icon name="print" />
          Print
        </button>
        <a class="button" href={`/overview?${given}`}>
          <Icon name="board" />
          Overview
        </a>
      </header>
      <FilterBar filters={filters} onChange={(next) => navigate(hostsOf(next))} checked={checked.value} isTimeOpen={isTimeOpen} onTimeOpen={setTimeOpen} />
      <section class="hosts" aria-label="Hosts" aria-busy={isLoading || details.isLoading}>
        <Progress isOn={isLoading || details.isLoading} />
        {error !== null && <Problem error={error} retry={reload} />}
        {details.error !== null && <Problem error={details.error} retry={reload} />}
        {value && rows.length > 0 && <HostTable rows={rows} list={value} filters={filters} isOld={isLoading} areDetailsMissing={!details.isLoading} />}
        {value && rows.length === 0 && (
          <div class="empty">
            <h2>No host</h2>
            <p>
              {value.transactions > 0
                ? `None of the ${value.transactions.toLocaleString('en')} transactions here has a Host header.`
                : 'There is no transaction here. Choose another time range, or fewer filters.'}
            </p>
            <p class="row-of-buttons">
              {[...new Set(given.keys())].map((name) => (
                <button key={name} type="button" class="button" onClick={() => navigate(name === 'since' ? `/hosts?${ALL_TIME}` : hostsOf(without(filters, name)))}>
                  Remove {filterName(name)}
                </button>
              ))}
            </p>
          </div>
        )}
      </section>
    </main>
  );
}
