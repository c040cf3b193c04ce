/** How much there was, how much of it was blocked, and how that compares with the span before. */
import type { OverviewSummary, PeriodCounts } from '../../api/boards';
import { changeOf, share, wholeSlices } from '../../logic/boards';
import { duration } from '../../logic/when';
import type { Loaded } from '../../ui/load';
import { Card } from './Card';
import { TrendLine } from './Parts';

interface Tile {
  title: string;
  count: number;
  /** In the span and in the one before it, with what retention removed; null without a beginning. */
  compared: [now: number, before: number] | null;
  note: string;
  bars: (period: PeriodCounts) => number[];
}

type Counted = (counts: { transactions: number; intercepted: number }) => number;

function tilesOf({ total, current, previous }: OverviewSummary): Tile[] {
  const { transactions, intercepted } = total;
  const rest = transactions - intercepted;
  const unstated = rest - total.passed;
  const compared = (of: Counted): Tile['compared'] => (current && previous ? [of(current.total), of(previous.total)] : null);
  return [
    { title: 'Transactions', count: transactions, compared: compared((one) => one.transactions), note: '', bars: ({ bars }) => bars },
    {
      title: 'Blocked',
      count: intercepted,
      compared: compared((one) => one.intercepted),
      note: share(intercepted, transactions),
      bars: ({ intercepted_bars }) => intercepted_bars,
    },
    {
      title: 'Not blocked',
      count: rest,
      compared: compared((one) => one.transactions - one.intercepted),
      note: unstated > 0 ? `${share(rest, transactions)}, of ${unstated.toLocaleString('en')} not stated` : share(rest, transactions),
      bars: ({ bars, intercepted_bars }) => bars.map((count, at) => count - (intercepted_bars[at] ?? 0)),
    },
  ];
}

function Total({ tile, summary: { current, previous, slice_s } }: { tile: Tile; summary: OverviewSummary }) {
  const [now, before] = tile.compared ?? [0, 0];
  const change = changeOf(now, before);
  const drawn = (period: PeriodCounts): number[] => {
    const bars = tile.bars(period);
    return slice_s === null ? bars : wholeSlices(bars, Date.parse(period.since), Date.parse(period.until), slice_s);
  };
  const length_s = current ? (Date.parse(current.until) - Date.parse(current.since)) / 1000 : 0;
  return (
    <div class="total">
      <p class="total-title">{tile.title}</p>
      <p class="total-figure">
        <strong>{tile.count.toLocaleString('en')}</strong>
        {tile.note !== '' && <span class="quiet">{tile.note}</span>}
      </p>
      {tile.compared && previous && (
        <p class="total-change small">
          {before === 0 && !previous.is_whole ? (
            <span class="quiet">nothing is stored of the {duration(length_s)} before</span>
          ) : (
            <>
              <b class={`change change-${change?.direction ?? 'same'}`}>{change?.text ?? 'no change'}</b>
              <span class="quiet">
                {' '}
                from {before.toLocaleString('en')} in the {duration(length_s)} before
                {!previous.is_whole && ', of which not all may be known'}
                {now > tile.count && `; ${(now - tile.count).toLocaleString('en')} more are removed by now`}
              </span>
            </>
          )}
        </p>
      )}
      {current && <TrendLine now={drawn(current)} before={previous && before > 0 ? drawn(previous) : []} />}
    </div>
  );
}

export function Totals({ loaded }: { loaded: Loaded<OverviewSummary> }) {
  return (
    <Card title="Totals" class="board-totals" loaded={loaded} lines={3} empty={() => null}>
      {(summary) => tilesOf(summary).map((tile) => <Total key={tile.title} tile={tile} summary={summary} />)}
    </Card>
  );
}
