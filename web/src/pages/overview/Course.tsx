/** When it happened: bars on the screen, the same as a table, and in black and white on paper. */
import { useState } from 'preact/hooks';
import type { OverviewSummary } from '../../api/boards';
import type { Filters } from '../../logic/filters';
import type { Split } from '../../logic/list-view';
import { widened } from '../../logic/period';
import { stamp } from '../../logic/zone';
import { now_ms } from '../../live/stream';
import type { Loaded } from '../../ui/load';
import { zone } from '../../ui/zone';
import { Histogram } from '../transactions/Histogram';
import { Legend } from './Legend';
import { PaperBars } from './Parts';

interface Props {
  filters: Filters;
  onChange: (filters: Filters) => void;
  turn: number;
  loaded: Loaded<OverviewSummary>;
}

function Table({ summary: { current, slice_s } }: { summary: OverviewSummary }) {
  if (!current || slice_s === null) return <p class="card-note quiet">The table needs a time range that has a beginning.</p>;
  const first = Math.floor(Date.parse(current.since) / 1000 / slice_s) * slice_s;
  return (
    <table class="plain-table over-time-table">
      <caption class="hidden">Transactions over time</caption>
      <thead>
        <tr>
          <th scope="col">From</th>
          <th scope="col" class="number">
            Transactions
          </th>
          <th scope="col" class="number">
            Blocked
          </th>
        </tr>
      </thead>
      <tbody>
        {current.bars.map((count, at) => (
          <tr key={at}>
            <th scope="row">{stamp(new Date((first + at * slice_s) * 1000), zone.value)}</th>
            <td class="number">{count.toLocaleString('en')}</td>
            <td class="number">{(current.intercepted_bars[at] ?? 0).toLocaleString('en')}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

export function Course({ filters, onChange, turn, loaded }: Props) {
  const [isTable, setTable] = useState(false);
  const [split, setSplit] = useState<Split>('category');
  const [isCompared, setCompared] = useState(false);
  const summary = loaded.value;
  return (
    <section class="card board board-full over-time" aria-label="Over time">
      <header>
        <h2>Over time</h2>
        {!isTable && split === 'category' && <Legend filters={filters} turn={turn} />}
        <button type="button" class="link small no-print" aria-pressed={isTable} onClick={() => setTable(!isTable)}>
          {isTable ? 'as bars' : 'as a table'}
        </button>
      </header>
      {isTable && summary ? (
        <Table summary={summary} />
      ) : (
        <div class="screen-only">
          <Histogram
            filters={filters}
            split={split}
            isCompared={isCompared}
            onSplit={setSplit}
            onCompare={setCompared}
            turn={turn}
            onRange={(since, until) => onChange({ ...filters, since, until })}
            onWiden={() => {
              const wider = widened(filters, now_ms());
              if (wider) onChange({ ...filters, ...wider });
            }}
          />
        </div>
      )}
      {summary?.current && (
        <div class="print-only">
          <PaperBars bars={summary.current.bars} blocked={summary.current.intercepted_bars} />
          <p class="small">
            {stamp(new Date(summary.current.since), zone.value)} to {stamp(new Date(summary.current.until), zone.value)}. Black: blocked. White: the rest. The highest bar is{' '}
            {Math.max(...summary.current.bars).toLocaleString('en')}.
          </p>
        </div>
      )}
    </section>
  );
}
