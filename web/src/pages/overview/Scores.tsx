/** How the anomaly scores are spread: one column for each band. A click on it filters. */
import type { FacetCounts } from '../../api/types';
import { bandStart, bandWords, share } from '../../logic/boards';
import { useLoad } from '../../ui/load';
import { Card } from './Card';
import { Column } from './Column';
import { type BoardProps, facetPath, toggled } from './Values';

export function Scores({ filters, onChange, turn }: BoardProps) {
  const loaded = useLoad<FacetCounts>(facetPath(filters, 'score', 20, turn));
  return (
    <Card title="Anomaly scores" class="board-half" loaded={loaded} empty={({ values }) => (values.length === 0 ? 'No entry states an anomaly score.' : null)}>
      {({ values }) => {
        const most = Math.max(1, ...values.map(({ transactions }) => transactions));
        const bands = [...values].sort((one, other) => bandStart(one.value) - bandStart(other.value));
        return (
          <ul class="columns">
            {bands.map(({ value, transactions, intercepted }) => {
              const told = `Score ${bandWords(value)}: ${transactions.toLocaleString('en')} transactions, ${share(intercepted, transactions)} blocked`;
              return (
                <li key={value}>
                  <button type="button" aria-pressed={filters.values.score.includes(value)} title={told} onClick={() => onChange(toggled(filters, 'score', value))}>
                    <span class="column-count">
                      {transactions.toLocaleString('en', { notation: 'compact' })}
                      <span class="hidden"> transactions, {share(intercepted, transactions)} blocked, score </span>
                    </span>
                    <Column whole={transactions / most} part={intercepted / most} />
                    <span class="column-name">{value.replace('..', '–').replace(/^–/, '≤ ').replace(/–$/, '+')}</span>
                  </button>
                </li>
              );
            })}
          </ul>
        );
      }}
    </Card>
  );
}
