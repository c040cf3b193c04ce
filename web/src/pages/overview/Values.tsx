/** The most frequent values of a field. A click on one makes it a filter of the whole page. */
import type { ComponentChildren } from 'preact';
import type { FacetCounts, FacetValue } from '../../api/types';
import { share } from '../../logic/boards';
import { type Field, type Filters, toSearch, without, withoutValue, withValue } from '../../logic/filters';
import { useLoad } from '../../ui/load';
import { plain } from '../../ui/Safe';
import { Card } from './Card';
import { Parts } from './Parts';

export interface BoardProps {
  filters: Filters;
  onChange: (filters: Filters) => void;
  /** Changes when the counts should be asked for again. */
  turn: number;
}

interface LineProps {
  name: ComponentChildren;
  /** The whole of it, as a tip. */
  label: string;
  counts: { transactions: number; intercepted: number };
  most: number;
  isChosen: boolean;
  onToggle: () => void;
}

export function Line({ name, label, counts: { transactions, intercepted }, most, isChosen, onToggle }: LineProps) {
  const blocked = `${share(intercepted, transactions)} blocked`;
  return (
    <li>
      <button type="button" class="line" aria-pressed={isChosen} title={`${label}: ${blocked}`} onClick={onToggle}>
        <span class="line-name">{name}</span>{' '}
        <span class="number">
          {transactions.toLocaleString('en')}
          <span class="hidden"> transactions, {blocked}</span>
        </span>
        <Parts whole={transactions / most} part={intercepted / most} />
      </button>
    </li>
  );
}

interface Props extends BoardProps {
  title: string;
  field: Field;
  /** Why there may be none, for this field. */
  none: string;
  show: (value: FacetValue) => ComponentChildren;
  words?: (value: FacetValue) => string;
  limit?: number;
  sort?: (one: FacetValue, other: FacetValue) => number;
  class?: string;
}

export function toggled(filters: Filters, field: Field, value: string): Filters {
  return filters.values[field].includes(value) ? withoutValue(filters, field, value) : withValue(filters, field, value);
}

/** The counts of a field do not heed its own filter, so the chosen stay beside the others. */
export function facetPath(filters: Filters, field: Field, limit: number, turn: number): string {
  const query = new URLSearchParams(toSearch(without(filters, field)));
  query.set('limit', String(limit));
  return `facets/${field}?${query}#${turn}`;
}

export function Values({ title, field, none, show, words, limit = 8, sort, filters, onChange, turn, class: name }: Props) {
  const loaded = useLoad<FacetCounts>(facetPath(filters, field, limit, turn));
  return (
    <Card title={title} loaded={loaded} lines={limit} {...(name && { class: name })} empty={({ values }) => (values.length === 0 ? none : null)}>
      {({ values }) => {
        const most = Math.max(1, ...values.map(({ transactions }) => transactions));
        return (
          <ul class="lines-of-values">
            {(sort ? [...values].sort(sort) : values).map((value) => (
              <Line
                key={value.value}
                name={show(value)}
                label={plain(words ? words(value) : (value.name ?? value.value), 200)}
                counts={value}
                most={most}
                isChosen={filters.values[field].includes(value.value)}
                onToggle={() => onChange(toggled(filters, field, value.value))}
              />
            ))}
          </ul>
        );
      }}
    </Card>
  );
}
