/**
 * The table. However many rows there are, only those in sight are elements: all rows are equally
 * high, and the space of the others is one empty row above and one below.
 */
import { Component } from 'preact';
import { useCallback, useEffect, useLayoutEffect, useMemo, useRef, useState } from 'preact/hooks';
import { type ColumnName, fittingWidth, type ListView, type ShownColumn } from '../../logic/list-view';
import { counted } from '../../logic/sensors';
import { duration } from '../../logic/when';
import { COLUMNS } from './columns';
import type { Item, Sight } from './list';

interface RowProps {
  item: Item;
  index: number;
  columns: ShownColumn[];
  isChosen: boolean;
  isSelected: boolean;
  onSelect: (item: Item, isSelected: boolean) => void;
  onToggle: (item: Item) => void;
}

function Fold({ item, onToggle }: { item: Item; onToggle: (item: Item) => void }) {
  const { group } = item;
  if (!group || group.transactions < 2) return null;
  const span = duration((Date.parse(group.until) - Date.parse(group.since)) / 1000);
  const many = `${group.transactions.toLocaleString('en')} similar, from ${counted(group.clients, 'client')}, within ${span}`;
  return (
    <button type="button" class="fold" aria-expanded={item.isOpen} title={many} aria-label={many} onClick={() => onToggle(item)}>
      × {group.transactions.toLocaleString('en')}
    </button>
  );
}

/** Drawn again only when something about it changed. */
class ItemRow extends Component<RowProps> {
  override shouldComponentUpdate(next: RowProps): boolean {
    return (Object.keys(next) as (keyof RowProps)[]).some((name) => next[name] !== this.props[name]);
  }

  render({ item, index, columns, isChosen, isSelected, onSelect, onToggle }: RowProps) {
    const { row, isMember } = item;
    return (
      <tr
        class={`${isChosen ? 'chosen' : ''}${isMember ? ' member' : ''}`}
        data-id={row.id}
        data-index={index}
        aria-rowindex={index + 2}
        aria-current={isChosen ? 'true' : undefined}
      >
        <td class="col-select">
          <input
            type="checkbox"
            checked={isSelected}
            aria-label={`Select the transaction ${row.id}`}
            onChange={(event) => onSelect(item, event.currentTarget.checked)}
          />
          <Fold item={item} onToggle={onToggle} />
        </td>
        {columns.map(({ name }) => (
          <td key={name} class={`col-${name}`}>
            <div class="cell">{COLUMNS[name].cell(row)}</div>
          </td>
        ))}
      </tr>
    );
  }
}

function Space({ height, columns }: { height: number; columns: number }) {
  const row = useRef<HTMLTableRowElement>(null);
  useLayoutEffect(() => {
    row.current?.style.setProperty('height', `${height}px`);
  }, [height]);
  return height > 0 ? (
    <tr class="space" ref={row} aria-hidden="true">
      <td colSpan={columns} />
    </tr>
  ) : null;
}

const NARROWEST_SHARE = 150;
const READABLE_SHARE = 200;
const SELECT = 38;
const SELECT_FOLDS = 96;

/** What is in these is worth nothing if it is cut: where there is too little room, others give way. */
const WHOLE: ReadonlySet<ColumnName> = new Set<ColumnName>(['time', 'method', 'status', 'action', 'score', 'severity']);

const sumOf = (widths: number[]): number => widths.reduce((one, other) => one + other, 0);

/** Widths in percent, so that the table always is as wide as its place, and never wider. */
function shares(columns: ShownColumn[], place: number, select: number): number[] {
  const stated = columns.map(({ name, width }) => width ?? COLUMNS[name].width);
  const open = stated.filter((width) => width === null).length;
  const share = Math.max(NARROWEST_SHARE, (place - select - sumOf(stated.map((width) => width ?? 0))) / Math.max(1, open));
  const wanted = stated.map((width) => width ?? share);
  const whole = sumOf(wanted.filter((_, at) => WHOLE.has(columns[at]?.name ?? 'time')));
  const excess = select + sumOf(wanted) - place;
  const left = excess > 0 ? Math.max(0.3, 1 - excess / Math.max(1, sumOf(wanted) - whole)) : 1;
  const widths = [select, ...wanted.map((width, at) => (WHOLE.has(columns[at]?.name ?? 'time') ? width : width * left))];
  const sum = sumOf(widths);
  return widths.map((width) => (100 * width) / sum);
}

/** What is still told of a row where there is room for little. */
const LAST_TO_GO: ReadonlySet<ColumnName> = new Set<ColumnName>(['time', 'request', 'path', 'verdict', 'action', 'state']);

/** Beside an opened transaction columns give way, the last first, so that the request can still be read. */
function fitting(columns: ShownColumn[], place: number, select: number): ShownColumn[] {
  const wanted = (some: ShownColumn[]): number =>
    some.reduce((sum, { name, width }) => sum + (width ?? COLUMNS[name].width ?? READABLE_SHARE), select);
  let some = columns;
  while (some.length > 3 && place > 0 && wanted(some) > place) {
    const gone = some.findLast(({ name }) => !LAST_TO_GO.has(name)) ?? some[some.length - 1];
    some = some.filter((column) => column !== gone);
  }
  return some;
}

/** So many rows are all there: nothing is gained by leaving some out. */
const FEW = 60;

/** Where the window is over rows of equal height. Moves in steps, so that scrolling draws little. */
function useWindow(body: { current: HTMLTableSectionElement | null }, count: number, key: string, start: Sight | null, onSight: (sight: Sight) => void) {
  const [seen, setSeen] = useState({ first: start?.first ?? 0, last: start?.last ?? 24, height: start?.height ?? 0 });
  // Back where somebody was, before it is looked what is in sight there.
  useLayoutEffect(() => {
    if (start && body.current) window.scrollBy(0, body.current.getBoundingClientRect().top + start.above * start.height);
  }, []);
  useLayoutEffect(() => {
    const look = (): void => {
      const rows = body.current;
      if (!rows) return;
      const one = rows.querySelector('tr[data-id]')?.getBoundingClientRect().height ?? 0;
      if (one === 0) return;
      const above = -rows.getBoundingClientRect().top / one;
      const first = Math.max(0, Math.floor(above / 8) * 8 - 8);
      const last = Math.ceil((above + window.innerHeight / one) / 8) * 8 + 8;
      onSight({ above, height: one, first, last });
      setSeen((before) => (before.first === first && before.last === last && before.height === one ? before : { first, last, height: one }));
    };
    look();
    window.addEventListener('scroll', look, { passive: true });
    window.addEventListener('resize', look);
    return () => {
      window.removeEventListener('scroll', look);
      window.removeEventListener('resize', look);
    };
  }, [count, key]);
  if (count <= FEW) return { first: 0, last: count, seenLast: seen.last, height: seen.height };
  const first = Math.min(seen.first, Math.max(0, count - 1));
  return { first, last: Math.min(count, Math.max(seen.last, first + 1)), seenLast: seen.last, height: seen.height };
}

interface Props {
  items: Item[];
  view: ListView;
  total: number;
  isOld: boolean;
  chosen: number;
  selected: { has: (id: string) => boolean };
  onSelect: (items: Item[], isSelected: boolean) => void;
  onToggle: (item: Item) => void;
  onOpen: (index: number) => void;
  onWidth: (name: ColumnName, width: number) => void;
  /** The last rows come into sight. */
  onEnd: () => void;
  onReading: (isReading: boolean) => void;
  /** Where to begin: null for the top. */
  start: Sight | null;
  onSight: (sight: Sight) => void;
}

/** Clicks on these mean what they say, and not the row. */
const OWN = 'a, button, input, label, .value';

export function Table({ items, view, total, isOld, chosen, selected, onSelect, onToggle, onOpen, onWidth, onEnd, onReading, start, onSight }: Props) {
  const table = useRef<HTMLTableElement>(null);
  const body = useRef<HTMLTableSectionElement>(null);
  const [place, setPlace] = useState(0);
  const { density } = view;
  const selectWidth = view.grouping === null ? SELECT : SELECT_FOLDS;
  const columns = useMemo(
    () => (view.open === null ? view.columns : fitting(view.columns, place, selectWidth)),
    [view.columns, view.open === null, place, selectWidth],
  );
  const { first, last, seenLast, height } = useWindow(body, items.length, `${density} ${place} ${view.open === null}`, start, onSight);
  useLayoutEffect(() => {
    const parent = table.current?.parentElement;
    if (!parent) return undefined;
    const observer = new ResizeObserver(() => setPlace(parent.clientWidth));
    observer.observe(parent);
    setPlace(parent.clientWidth);
    return () => observer.disconnect();
  }, []);
  const widths = shares(columns, place, selectWidth);
  useLayoutEffect(() => {
    const elements = table.current?.querySelectorAll('col') ?? [];
    elements.forEach((element, at) => element.style.setProperty('width', `${widths[at] ?? 0}%`));
  });
  useEffect(() => {
    if (seenLast >= items.length - 10) onEnd();
  }, [seenLast, items.length]);

  // A row that was chosen by key comes into sight, below the heads that stand still.
  useLayoutEffect(() => {
    if (chosen < 0 || height === 0 || !body.current || !table.current) return;
    const top = body.current.getBoundingClientRect().top + chosen * height;
    const heads = (table.current.tHead?.getBoundingClientRect().height ?? 0) + 52;
    if (top < heads) window.scrollBy(0, top - heads);
    else if (top + height > window.innerHeight) window.scrollBy(0, top + height - window.innerHeight + 8);
  }, [chosen]);
  // Before it is painted: Enter must already meet the row that is marked.
  useLayoutEffect(() => {
    if (chosen < 0) return;
    const line = body.current?.querySelector<HTMLElement>(`tr[data-index="${chosen}"]`);
    const isInside = document.activeElement instanceof Element && document.activeElement.closest('.panel, dialog');
    if (!isInside && !line?.contains(document.activeElement)) line?.querySelector<HTMLElement>('a, button')?.focus({ preventScroll: true });
  }, [chosen, first, last]);

  const onClick = (event: MouseEvent): void => {
    const target = event.target instanceof Element ? event.target : null;
    const line = target?.closest<HTMLElement>('tr[data-index]');
    const link = target?.closest('a.row-open, a.row-verdict');
    if (!line || event.ctrlKey || event.metaKey || event.shiftKey) return;
    if (!link && (target?.closest(OWN) || !window.getSelection()?.isCollapsed)) return;
    event.preventDefault();
    onOpen(Number(line.dataset['index']));
  };
  const resize = (event: PointerEvent, name: ColumnName): void => {
    const handle = event.currentTarget as HTMLElement;
    const from = event.clientX;
    const before = handle.parentElement?.getBoundingClientRect().width ?? 0;
    handle.setPointerCapture(event.pointerId);
    const onMove = (move: PointerEvent): void => onWidth(name, fittingWidth(before + move.clientX - from));
    handle.addEventListener('pointermove', onMove);
    handle.addEventListener('pointerup', () => handle.removeEventListener('pointermove', onMove), { once: true });
  };
  // The same functions for as long as the table is there, or every row were drawn again.
  const latest = useRef({ onSelect, onToggle });
  latest.current = { onSelect, onToggle };
  const selectOne = useCallback((item: Item, isSelected: boolean) => latest.current.onSelect([item], isSelected), []);
  const toggle = useCallback((item: Item) => latest.current.onToggle(item), []);
  const shown = items.slice(first, last);
  const areAllSelected = items.length > 0 && items.every(({ row }) => selected.has(row.id));
  return (
    <table ref={table} class={`rows rows-${density}${isOld ? ' rows-old' : ''}${view.grouping === null ? '' : ' rows-folded'}`} aria-rowcount={total + 1}>
      <colgroup>
        <col />
        {columns.map(({ name }) => (
          <col key={name} />
        ))}
      </colgroup>
      <thead>
        <tr aria-rowindex={1}>
          <th scope="col" class="col-select">
            <input
              type="checkbox"
              aria-label="Select all that are loaded"
              checked={areAllSelected}
              onChange={(event) => onSelect(items, event.currentTarget.checked)}
            />
          </th>
          {columns.map(({ name }) => (
            <th key={name} scope="col" class={`col-${name}`}>
              {COLUMNS[name].label}
              <span class="resize" aria-hidden="true" onPointerDown={(event) => resize(event, name)} />
            </th>
          ))}
        </tr>
      </thead>
      <tbody ref={body} onClick={onClick} onPointerEnter={() => onReading(true)} onPointerLeave={() => onReading(false)}>
        <Space height={first * height} columns={columns.length + 1} />
        {shown.map((item, at) => (
          <ItemRow
            key={item.isMember ? `${item.row.id} member` : item.row.id}
            item={item}
            index={first + at}
            columns={columns}
            isChosen={first + at === chosen}
            isSelected={selected.has(item.row.id)}
            onSelect={selectOne}
            onToggle={toggle}
          />
        ))}
        <Space height={(items.length - last) * height} columns={columns.length + 1} />
      </tbody>
    </table>
  );
}
