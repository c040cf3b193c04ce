/**
 * When the transactions of the list happened: bars stacked by category or by action. What is drawn
 * over with the pointer, or with Shift and the arrow keys, becomes the range of time.
 */
import { useLayoutEffect, useRef, useState } from 'preact/hooks';
import type { Bar, HistogramData } from '../../api/types';
import { CATEGORIES, categoryKey, categoryLook } from '../../logic/category';
import { type Filters, toSearch } from '../../logic/filters';
import type { Split } from '../../logic/list-view';
import { beside, ends } from '../../logic/period';
import { duration } from '../../logic/when';
import { stamp } from '../../logic/zone';
import { now_ms } from '../../live/stream';
import { useLoad } from '../../ui/load';
import { Mark, Problem, Progress } from '../../ui/parts';
import { zone } from '../../ui/zone';

const HEIGHT = 72;
const WIDTH = 1000;
const UNSTATED = 'none';

interface Layer {
  key: string;
  label: string;
  class: string;
  counts: number[];
}

function partsOf(bar: Bar, split: Split): Record<string, number> {
  const parts: Record<string, number> = {};
  for (const { value, transactions } of bar.parts) {
    const key = value === null ? UNSTATED : split === 'category' ? categoryKey(value) : value;
    parts[key] = (parts[key] ?? 0) + transactions;
  }
  return parts;
}

const ACTIONS: [key: string, label: string][] = [['blocked', 'blocked'], ['detected', 'not blocked']];

/** From the bottom up, the most frequent first; each has its counts of all bars. */
function layersOf(bars: Bar[], split: Split): Layer[] {
  const parts = bars.map((bar) => partsOf(bar, split));
  const known: [string, string, string][] =
    split === 'action'
      ? ACTIONS.map(([key, label]) => [key, label, `act-${key}`])
      : [...Object.keys(CATEGORIES).map((key): [string, string, string] => [key, categoryLook(key).label, `cat-${key}`]), [UNSTATED, 'no category', 'cat-none']];
  const layers = known.map(([key, label, name]) => ({ key, label, class: name, counts: parts.map((part) => part[key] ?? 0) }));
  const sum = ({ counts }: Layer): number => counts.reduce((one, other) => one + other, 0);
  const present = layers.filter((layer) => sum(layer) > 0);
  return split === 'action' ? present : present.sort((one, other) => sum(other) - sum(one));
}

/** One path for all bars of a layer. */
function pathOf(layer: Layer, under: number[], most: number, step: number): string {
  const gap = Math.min(1.5, step * 0.15);
  return layer.counts
    .map((count, at) => {
      if (count === 0) return '';
      const height = (count / most) * HEIGHT;
      const bottom = HEIGHT - ((under[at] ?? 0) / most) * HEIGHT;
      return `M${(at * step).toFixed(2)} ${bottom.toFixed(2)}v${(-height).toFixed(2)}h${(step - gap).toFixed(2)}v${height.toFixed(2)}z`;
    })
    .join('');
}

function lineOf(bars: Bar[], most: number, step: number): string {
  const steps = bars.map(({ transactions }, at) => `${at === 0 ? 'M' : 'L'}${(at * step).toFixed(2)} ${(HEIGHT - (transactions / most) * HEIGHT).toFixed(2)}h${step.toFixed(2)}`);
  return steps.join('');
}

function Told({ bar, width_s, layers, at, before }: { bar: Bar; width_s: number; layers: Layer[]; at: number; before: Bar | undefined }) {
  const end = new Date(Date.parse(bar.at) + width_s * 1000);
  const rows = layers.map(({ key, label, class: name, counts }) => ({ key, label, name, count: counts[at] ?? 0 })).filter(({ count }) => count > 0);
  return (
    <div class="told">
      <p class="quiet small">
        {stamp(new Date(bar.at), zone.value)} – {stamp(end, zone.value).slice(11)}
      </p>
      <p>
        <strong>{bar.transactions.toLocaleString('en')}</strong> transactions, {bar.intercepted.toLocaleString('en')} blocked
      </p>
      <ul>
        {rows.slice(0, 8).map(({ key, label, name, count }) => (
          <li key={key}>
            {name.startsWith('cat-') && key !== UNSTATED ? <Mark category={key} /> : <span class={`swatch ${name}`} />}
            {label}
            <span class="number">{count.toLocaleString('en')}</span>
          </li>
        ))}
      </ul>
      {before && <p class="quiet small">period before: {before.transactions.toLocaleString('en')}</p>}
    </div>
  );
}

interface Props {
  filters: Filters;
  split: Split;
  isCompared: boolean;
  /** Changes when the counts should be asked for again. */
  turn: number;
  onRange: (since: string, until: string) => void;
  onWiden: () => void;
  /** Left out, nobody can choose another one. */
  onSplit?: (split: Split) => void;
  onCompare?: (isCompared: boolean) => void;
}

/** Where most of all time has nothing yet, the bars begin with the first that has something. */
function beginning(filters: Filters, found: HistogramData | null): string | null {
  if (filters.since !== null || !found) return filters.since;
  const first = found.bars.findIndex(({ transactions }) => transactions > 0);
  return first > found.bars.length / 2 ? (found.bars[first]?.at ?? null) : null;
}

function query(filters: Filters, split: Split, turn: number): string {
  const asked = new URLSearchParams(toSearch(filters));
  asked.set('split', split);
  asked.set('bars', window.matchMedia('(max-width: 760px)').matches ? '40' : '100');
  // A fragment is not sent, but makes another address of it: the same question is asked anew.
  return `histogram?${asked}#${turn}`;
}

export function Histogram({ filters, split, isCompared, turn, onRange, onWiden, onSplit, onCompare }: Props) {
  const whole = useLoad<HistogramData>(query(filters, split, turn));
  const begin = beginning(filters, whole.value);
  const part = useLoad<HistogramData>(begin === filters.since ? null : query({ ...filters, since: begin }, split, turn));
  const { error, reload } = whole;
  const value = begin === filters.since ? whole.value : part.value;
  const isLoading = whole.isLoading || part.isLoading;
  const earlier = isCompared ? beside(filters, -1, now_ms()) : null;
  // Relative ranges move on with every second: the period before is asked for with new bars only.
  const asked = useRef({ until: '', path: '' });
  if (earlier && value && asked.current.until !== value.until) {
    asked.current = { until: value.until, path: query({ ...filters, ...earlier }, 'action', 0) };
  }
  const past = useLoad<HistogramData>(earlier ? asked.current.path || null : null);
  const plot = useRef<HTMLDivElement>(null);
  const [at, setAt] = useState<number | null>(null);
  const [from, setFrom] = useState<number | null>(null);
  const tip = useRef<HTMLDivElement>(null);
  const bars = value?.bars ?? [];
  const step = WIDTH / Math.max(1, bars.length);
  useLayoutEffect(() => {
    if (at === null || !tip.current || !plot.current) return;
    const width = plot.current.clientWidth;
    const left = ((at + 0.5) / bars.length) * width - tip.current.offsetWidth / 2;
    tip.current.style.setProperty('left', `${Math.max(0, Math.min(width - tip.current.offsetWidth, left))}px`);
  }, [at, bars.length]);
  if (error && !value) return <Problem error={error} retry={reload} />;
  if (!value) return <div class="histogram" aria-busy="true" />;

  const layers = layersOf(bars, split);
  const before = earlier ? (past.value?.bars ?? []).slice(0, bars.length) : [];
  const most = Math.max(1, ...bars.map(({ transactions }) => transactions), ...before.map(({ transactions }) => transactions));
  const under = bars.map(() => 0);
  const drawn = layers.map((layer) => {
    const path = pathOf(layer, under, most, step);
    layer.counts.forEach((count, place) => {
      under[place] = (under[place] ?? 0) + count;
    });
    return { ...layer, path };
  });
  const zoom = (one: number, other: number): void => {
    const [first, last] = [bars[Math.min(one, other)], bars[Math.max(one, other)]];
    setFrom(null);
    if (!first || !last) return;
    onRange(new Date(first.at).toISOString(), new Date(Date.parse(last.at) + value.width_s * 1000).toISOString());
  };
  const barUnder = (event: PointerEvent): number => {
    const { left, width } = (event.currentTarget as HTMLElement).getBoundingClientRect();
    return Math.max(0, Math.min(bars.length - 1, Math.floor(((event.clientX - left) / width) * bars.length)));
  };
  const onKeyDown = (event: KeyboardEvent): void => {
    const steps = { ArrowLeft: -1, ArrowRight: 1, PageUp: -10, PageDown: 10, Home: -bars.length, End: bars.length }[event.key];
    if (steps) {
      const next = Math.max(0, Math.min(bars.length - 1, (at ?? (steps > 0 ? -1 : bars.length)) + steps));
      if (event.shiftKey && from === null) setFrom(at ?? next);
      else if (!event.shiftKey) setFrom(null);
      setAt(next);
    } else if (event.key === 'Enter' && at !== null) zoom(from ?? at, at);
    else if (event.key === 'Escape') {
      setFrom(null);
      setAt(null);
    } else if (event.key === '-') onWiden();
    else return;
    event.preventDefault();
    event.stopPropagation();
  };
  const bar = at === null ? undefined : bars[at];
  const [low, high] = from === null || at === null ? [0, -1] : [Math.min(from, at), Math.max(from, at)];
  const spoken = bar ? `${stamp(new Date(bar.at), zone.value)}: ${bar.transactions} transactions, ${bar.intercepted} blocked` : '';
  const range = ends(filters, now_ms());
  return (
    <div class={`histogram${isLoading ? ' histogram-old' : ''}`}>
      <Progress isOn={isLoading} />
      <div
        ref={plot}
        class="plot"
        tabIndex={0}
        role="slider"
        aria-label="Transactions over time. Arrow keys move, with Shift they mark a range, Enter zooms in, minus zooms out"
        aria-valuemin={0}
        aria-valuemax={Math.max(0, bars.length - 1)}
        aria-valuenow={at ?? 0}
        aria-valuetext={spoken || `${bars.length} bars of ${duration(value.width_s)}`}
        onKeyDown={onKeyDown}
        onBlur={() => from === null && setAt(null)}
        onPointerDown={(event) => {
          if (event.button !== 0) return;
          event.currentTarget.setPointerCapture(event.pointerId);
          setFrom(barUnder(event));
        }}
        onPointerMove={(event) => setAt(barUnder(event))}
        onPointerUp={(event) => from !== null && zoom(from, barUnder(event))}
        onPointerCancel={() => setFrom(null)}
        onPointerLeave={() => from === null && setAt(null)}
        onDblClick={onWiden}
      >
        <svg viewBox={`0 0 ${WIDTH} ${HEIGHT}`} preserveAspectRatio="none" aria-hidden="true">
          {at !== null && <rect class="under" x={(from === null ? at : low) * step} y={0} width={(from === null ? 1 : high - low + 1) * step} height={HEIGHT} />}
          {drawn.map(({ key: name, class: look, path }) => (
            <path key={name} class={look} d={path} />
          ))}
          {before.length > 0 && <path class="earlier" d={lineOf(before, most, step)} />}
        </svg>
        {bar && at !== null && (
          <div ref={tip} class="tip">
            <Told bar={bar} width_s={value.width_s} layers={layers} at={at} before={before[at]} />
          </div>
        )}
      </div>
      <p class="histogram-foot quiet small">
        <span>{stamp(new Date(range ? range[0] : Date.parse(value.since)), zone.value)}</span>
        <span class="histogram-choices">
          <span>
            {duration(value.width_s)} a bar, highest {most.toLocaleString('en')}
          </span>
          {onSplit && (
            <button type="button" class="link" onClick={() => onSplit(split === 'action' ? 'category' : 'action')}>
              by {split === 'action' ? 'category' : 'action'} instead
            </button>
          )}
          {onCompare && beside(filters, -1, now_ms()) && (
            <button type="button" class="link" aria-pressed={isCompared} onClick={() => onCompare(!isCompared)}>
              {isCompared ? 'without' : 'with'} the period before
            </button>
          )}
        </span>
        <span>{stamp(new Date(range ? range[1] : Date.parse(value.until)), zone.value)}</span>
      </p>
    </div>
  );
}
