/** Small drawings of the boards. All are elements whose sizes are set through the CSSOM, or SVG. */
import { useLayoutEffect, useRef } from 'preact/hooks';
import { areaPath, linePath } from '../../logic/boards';

/** A bar of two parts: the dark one was blocked. Lengths are of 1. */
export function Parts({ whole, part }: { whole: number; part: number }) {
  const all = useRef<HTMLSpanElement>(null);
  const dark = useRef<HTMLSpanElement>(null);
  useLayoutEffect(() => {
    all.current?.style.setProperty('width', `${Math.min(1, whole) * 100}%`);
    dark.current?.style.setProperty('width', `${Math.min(1, part) * 100}%`);
  }, [whole, part]);
  return (
    <span class="parts" aria-hidden="true">
      <span ref={all} class="parts-all" />
      <span ref={dark} class="parts-blocked" />
    </span>
  );
}

const WIDTH = 240;
const HEIGHT = 44;

/** A span as a line over its area, and the span before as a dashed line behind it. */
export function TrendLine({ now, before }: { now: number[]; before: number[] }) {
  const most = Math.max(1, ...now, ...before);
  return (
    <svg class="trend-line" viewBox={`0 -2 ${WIDTH} ${HEIGHT + 3}`} preserveAspectRatio="none" aria-hidden="true">
      <path class="trend-area" d={areaPath(now, WIDTH, HEIGHT, most)} />
      <path class="trend-before" d={linePath(before, WIDTH, HEIGHT, most)} />
      <path class="trend-now" d={linePath(now, WIDTH, HEIGHT, most)} />
    </svg>
  );
}

/** The same small, in a cell of a table. */
export function Trend({ counts }: { counts: number[] }) {
  if (counts.length === 0) return <span class="quiet">–</span>;
  const most = Math.max(1, ...counts);
  return (
    <svg class="trend-small" viewBox="0 -1 120 26" preserveAspectRatio="none" aria-hidden="true">
      <path class="trend-area" d={areaPath(counts, 120, 24, most)} />
      <path class="trend-now" d={linePath(counts, 120, 24, most)} />
    </svg>
  );
}

/** For paper: bars in black for what was blocked, outlined for the rest. */
export function PaperBars({ bars, blocked }: { bars: number[]; blocked: number[] }) {
  const most = Math.max(1, ...bars);
  const step = 1000 / Math.max(1, bars.length);
  const bar = (count: number, at: number): string =>
    count === 0 ? '' : `M${(at * step + 1).toFixed(1)} 160v${(-(count / most) * 156).toFixed(1)}h${(step - 2).toFixed(1)}v${((count / most) * 156).toFixed(1)}z`;
  return (
    <svg class="paper-bars" viewBox="0 0 1000 161" preserveAspectRatio="none" aria-hidden="true">
      <path class="paper-all" d={bars.map(bar).join('')} />
      <path class="paper-blocked" d={blocked.map(bar).join('')} />
      <path class="paper-base" d="M0 160.5H1000" />
    </svg>
  );
}
