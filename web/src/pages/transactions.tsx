/** The search: filters in the address bar, counts on the left, the newest transactions first. */
import { useEffect, useMemo, useRef, useState } from 'preact/hooks';
import type { CheckedSearch } from '../api/types';
import { onJudged } from '../live/judged';
import { now_ms } from '../live/stream';
import { excluding, including } from '../logic/conditions';
import { filterName, type Filters, parseFilters, toSearch, without } from '../logic/filters';
import type { ColumnName, ListView } from '../logic/list-view';
import { openedFrom, transactionAddress } from '../logic/origin';
import { beside, pinned, widened } from '../logic/period';
import { address, navigate } from '../router';
import { Empty } from '../ui/Empty';
import { Icon } from '../ui/icons';
import { focusState } from '../ui/judging';
import { useKeys } from '../ui/keys';
import { useLoad } from '../ui/load';
import { Problem, Progress } from '../ui/parts';
import { Export } from './transactions/Export';
import { Facets } from './transactions/Facets';
import { FilterBar } from './transactions/FilterBar';
import { Histogram } from './transactions/Histogram';
import { type Item, MOST_ROWS, openList } from './transactions/list';
import { Panel } from './transactions/Panel';
import { pageAt, rememberLayout, useListView } from './transactions/place';
import { Selection } from './transactions/Selection';
import { Summary } from './transactions/Summary';
import { Table } from './transactions/Table';
import { TriageMany } from './transactions/Triage';
import { type Asked, askedOf, useValueMenu, ValueMenuBox } from './transactions/Value';
import { ViewMenu } from './transactions/ViewMenu';

const HOUR_MS = 3_600_000;
/** While rows arrive the bars are asked for again, but not with each of them. */
const BARS_AGAIN_MS = 10_000;

const isWide = (): boolean => window.matchMedia('(min-width: 1100px)').matches;

/** Whether somebody reads: then nothing that arrives may move what they look at. */
function isReading(pointerIsOverRows: boolean, view: ListView, selected: number): boolean {
  const hasScrolled = window.scrollY > 240;
  return pointerIsOverRows || hasScrolled || view.open !== null || selected > 0 || document.querySelector('dialog[open]') !== null;
}

export function TransactionsPage() {
  const { search, from } = address.value;
  const filters = useMemo(() => parseFilters(search), [search]);
  const asked = toSearch(filters);
  const view = useListView(search);
  const list = useMemo(() => openList(filters, openedFrom(from) !== null), []);
  // Back from a transaction, the list is as it was left.
  const [left] = useState(() => (list.page.value === null ? null : { id: openedFrom(from), sight: list.sight }));
  const isFirst = useRef(true);
  const { text } = filters;
  const checked = useLoad<CheckedSearch>(text === null ? null : `search/check?${new URLSearchParams({ q: text })}`);
  // A text that somebody wrote into the address is checked before anything is asked with it.
  const [atFirst] = useState(left === null ? text : null);
  const mistake = checked.value?.error ?? null;
  const isUnread = text !== null && text === atFirst && (mistake !== null || (!checked.value && !checked.error));
  const [chosen, setChosen] = useState<number>(() => list.page.value?.items.findIndex(({ row }) => row.id === left?.id) ?? -1);
  const [selected, setSelected] = useState<ReadonlyMap<string, Item>>(new Map());
  const [isExporting, setExporting] = useState(false);
  const [isTimeOpen, setTimeOpen] = useState(false);
  const [areFacetsOpen, setFacetsOpen] = useState(() => !window.matchMedia('(max-width: 900px)').matches);
  const [turn, setTurn] = useState(0);
  const [counted, setCounted] = useState(0);
  const [isPaused, setPaused] = useState(false);
  const [said, setSaid] = useState('');
  const isOverRows = useRef(false);
  const latest = useRef({ view, selected });
  latest.current = { view, selected };
  useEffect(() => {
    if (left === null) list.start();
    else void list.resume();
    return () => list.stop();
  }, []);
  useEffect(() => onJudged(() => setCounted((count) => count + 1)), []);
  useEffect(() => {
    const isAsLeft = isFirst.current && left !== null;
    isFirst.current = false;
    if (isAsLeft) return;
    setChosen(-1);
    setSelected(new Map());
    if (isUnread) return;
    list.show(filters, view.grouping);
    const top = document.querySelector('.list')?.getBoundingClientRect().top ?? 0;
    if (top < 0) window.scrollTo(0, 0);
  }, [asked, view.grouping, isUnread]);
  // Rows go in by themselves only while nobody reads; whoever stops reading gets what waited.
  useEffect(() => {
    if (!view.isLive) {
      list.follow(() => false);
      return undefined;
    }
    const reads = (): boolean => isReading(isOverRows.current, latest.current.view, latest.current.selected.size);
    const look = (): void => {
      setPaused(reads());
      list.follow(() => !reads());
    };
    look();
    const timer = window.setInterval(look, 500);
    const bars = window.setInterval(() => !document.hidden && !reads() && setTurn((count) => count + 1), BARS_AGAIN_MS);
    return () => {
      window.clearInterval(timer);
      window.clearInterval(bars);
    };
  }, [view.isLive]);

  const page = list.page.value;
  const error = list.error.value;
  const isLoading = list.isLoading.value;
  const newCount = list.newCount.value;
  const items = page?.items ?? [];
  const openAt = view.open === null ? -1 : items.findIndex(({ row }) => row.id === view.open);
  const current = chosen >= 0 ? chosen : openAt;

  const change = (next: Filters): void => navigate(pageAt(next, { ...view, open: null }));
  const show = (next: ListView, replace = false): void => {
    rememberLayout(next);
    navigate(pageAt(filters, next), { replace });
  };
  const include = ({ subject, value }: Asked): void => change(including(filters, subject, value));
  const exclude = ({ subject, value }: Asked): void => change(excluding(filters, subject, value));
  const menu = useValueMenu(include);

  const openRow = (index: number): void => {
    const item = items[index];
    if (!item) return;
    setChosen(index);
    if (!isWide() || view.open === item.row.id) navigate(transactionAddress(item.row.id, search));
    else show({ ...view, open: item.row.id }, view.open !== null);
  };
  const move = (step: number): void => {
    const next = Math.max(0, Math.min(items.length - 1, current + step));
    const item = items[next];
    if (!item) return;
    setChosen(next);
    if (view.open !== null) show({ ...view, open: item.row.id }, true);
  };
  const closePanel = (): void => {
    if (view.open !== null) show({ ...view, open: null });
  };
  const select = (some: Item[], isSelected: boolean): void => {
    const next = new Map(selected);
    for (const item of some) {
      if (isSelected) next.set(item.row.id, item);
      else next.delete(item.row.id);
    }
    setSelected(next);
  };
  const shift = (step: -1 | 1): void => {
    const period = beside(filters, step, now_ms());
    if (period) change({ ...filters, ...period });
    else setSaid(step < 0 ? 'All time has no period before it.' : 'There is nothing later yet.');
  };
  const copyLink = (): void => {
    const link = new URL(pageAt({ ...filters, ...(filters.since === null ? {} : pinned(filters, now_ms())) }, { ...view, isLive: false }), location.href);
    void navigator.clipboard?.writeText(link.href).then(() => setSaid('The link is copied; its time range is fixed.'));
  };
  useEffect(() => {
    if (said === '') return undefined;
    const timer = window.setTimeout(() => setSaid(''), 3000);
    return () => window.clearTimeout(timer);
  }, [said]);
  const excludeHere = (): void => {
    const found = askedOf(document.activeElement)?.asked ?? menu.shown?.asked;
    if (found) exclude(found);
    else setSaid('Put the focus or the pointer on a value to exclude it.');
  };
  const open = (): void => {
    if (current >= 0) openRow(current);
  };
  const openFacets = (): void => {
    setFacetsOpen(true);
    if (view.open !== null) closePanel();
    requestAnimationFrame(() => document.querySelector<HTMLElement>('.facets summary')?.focus());
  };
  useKeys({
    j: () => move(1),
    k: () => move(-1),
    Enter: open,
    o: open,
    x: excludeHere,
    e: () => setExporting(true),
    f: openFacets,
    t: () => setTimeOpen(true),
    m: focusState,
    l: () => show({ ...view, isLive: !view.isLive }, true),
    '[': () => shift(-1),
    ']': () => shift(1),
    y: copyLink,
    Escape: closePanel,
  });

  const jump = (newest_at: string): void => {
    const since = new Date(Date.parse(newest_at) - HOUR_MS).toISOString();
    change({ ...filters, since, until: null });
  };
  const showNew = (): void => {
    list.showNew();
    setTurn((count) => count + 1);
    setCounted((count) => count + 1);
  };
  const widen = (): void => {
    const period = widened(filters, now_ms());
    if (period) change({ ...filters, ...period });
  };
  const onWidth = (name: ColumnName, width: number): void =>
    show({ ...view, columns: view.columns.map((column) => (column.name === name ? { ...column, width } : column)) }, true);

  const layout = `list-columns${view.open === null ? '' : ' with-panel'}`;
  return (
    <main class="page list-page" id="content">
      <h1 class="hidden">Transactions</h1>
      <FilterBar filters={filters} onChange={change} checked={checked.value} isTimeOpen={isTimeOpen} onTimeOpen={setTimeOpen} />
      <div class={layout} {...menu.events}>
        {isUnread ? <aside class="facets" /> : <Facets filters={filters} turn={counted} onChange={change} isOpen={areFacetsOpen} onOpen={setFacetsOpen} />}
        <section class="list" aria-label="Transactions" aria-busy={isLoading}>
          <Progress isOn={isLoading && !mistake} />
          {!isUnread && !page?.empty && (
            <Histogram
              filters={filters}
              split={view.split}
              isCompared={view.isCompared}
              turn={turn}
              onRange={(since, until) => change({ ...filters, since, until })}
              onWiden={widen}
              onSplit={(split) => show({ ...view, split }, true)}
              onCompare={(isCompared) => show({ ...view, isCompared }, true)}
            />
          )}
          <div class="list-head">
            {page && <Summary total={page.total} scanned={page.scanned} groups={page.items.filter(({ group }) => group !== null).length} />}
            {newCount > 0 && (
              <button type="button" class="new-bar" onClick={showNew}>
                {newCount.toLocaleString('en')} new
              </button>
            )}
            <span class="said small" aria-live="polite">
              {said}
            </span>
            <span class="spacer" />
            <button type="button" class="button live-toggle" aria-pressed={view.isLive} title="New rows come in by themselves (l)" onClick={() => show({ ...view, isLive: !view.isLive }, true)}>
              <span class="live-dot" />
              {view.isLive && isPaused ? 'Live, paused' : 'Live'}
            </button>
            <ViewMenu view={view} onChange={(next) => show(next, true)} />
            <button type="button" class="button" onClick={() => setExporting(true)}>
              <Icon name="download" />
              <span class="wide-label">Export</span>
            </button>
          </div>
          {selected.size > 0 && (
            <Selection rows={[...selected.values()].map(({ row }) => row)} onClear={() => setSelected(new Map())}>
              <TriageMany ids={[...selected.keys()]} search={asked} total={page?.total.transactions ?? 0} />
            </Selection>
          )}
          {error !== null && <Problem error={error} retry={() => list.reload()} />}
          {page && items.length > 0 && (
            <Table
              items={items}
              view={view}
              total={page.total.transactions}
              isOld={isLoading && (page.next === null || !list.isExtending)}
              chosen={current}
              selected={selected}
              onSelect={select}
              onToggle={(item) => void list.toggle(item)}
              onOpen={openRow}
              onWidth={onWidth}
              onEnd={() => list.older()}
              onReading={(isOver) => {
                isOverRows.current = isOver;
              }}
              start={left?.sight ?? null}
              onSight={(sight) => list.see(sight)}
            />
          )}
          {page?.empty && !isLoading && (
            <Empty
              why={page.empty}
              filterName={filterName}
              onRemove={(name) => change(without(filters, name))}
              onNewest={jump}
            />
          )}
          {page?.next && items.length < MOST_ROWS && (
            <button type="button" class="button older" onClick={() => list.older()}>
              Older
            </button>
          )}
          {items.length >= MOST_ROWS && (
            <p class="quiet end">The list ends at {MOST_ROWS.toLocaleString('en')} rows. Narrow the search, or export all of it.</p>
          )}
          {page && items.length > 0 && !page.next && <p class="quiet end">That is all.</p>}
        </section>
        {view.open !== null && (
          <Panel id={view.open} position={openAt < 0 ? null : `${(openAt + 1).toLocaleString('en')} of ${items.length.toLocaleString('en')}${page?.next ? ' loaded' : ''}`} onStep={move} onClose={closePanel} />
        )}
      </div>
      <ValueMenuBox menu={menu} onInclude={include} onExclude={exclude} />
      {isExporting && <Export filters={filters} columns={view.columns} total={page?.total ?? null} onClose={() => setExporting(false)} />}
    </main>
  );
}
