/** Counted values on the left. A facet ignores its own selection, so the other values stay in sight. */
import { useState } from 'preact/hooks';
import type { FacetCounts } from '../../api/types';
import { categoryLook } from '../../logic/category';
import { FIELD_LABELS, type Field, type Filters, toSearch, without, withoutValue, withValue } from '../../logic/filters';
import { useLoad } from '../../ui/load';
import { Bar, Mark, Problem } from '../../ui/parts';
import { plain, Safe } from '../../ui/Safe';

interface Props {
  filters: Filters;
  onChange: (filters: Filters) => void;
}

const ORDER: Field[] = ['category', 'country', 'sensor', 'rule', 'client', 'host', 'path', 'status'];
const OPEN: ReadonlySet<Field> = new Set<Field>(['category', 'country', 'sensor', 'rule']);
const SHOWN = 6;

function Values({ field, filters, onChange }: Props & { field: Field }) {
  const [isLong, setLong] = useState(false);
  const { value, error, reload } = useLoad<FacetCounts>(`facets/${field}?${toSearch(without(filters, field))}`);
  if (error && !value) return <Problem error={error} retry={reload} />;
  if (!value) return <p class="quiet small">…</p>;
  const chosen = filters.values[field];
  const most = Math.max(1, ...value.values.map(({ transactions }) => transactions));
  const shown = isLong ? value.values : value.values.slice(0, SHOWN);
  if (value.values.length === 0) return <p class="quiet small">none</p>;
  return (
    <>
      <ul>
        {shown.map((entry) => {
          const isChosen = chosen.includes(entry.value);
          const next = isChosen ? withoutValue(filters, field, entry.value) : withValue(filters, field, entry.value);
          return (
            <li key={entry.value}>
              <button type="button" aria-pressed={isChosen} title={plain(entry.name ?? entry.value, 200)} onClick={() => onChange(next)}>
                {field === 'category' && <Mark category={entry.value} />}
                <span class="name">
                  {field === 'rule' && entry.name !== null && entry.name !== entry.value && <span class="code">{entry.value} </span>}
                  <Safe text={field === 'category' ? categoryLook(entry.value).label : (entry.name ?? entry.value)} length={60} />
                </span>
                <span class="number">{entry.transactions.toLocaleString('en')}</span>
                <Bar part={entry.transactions / most} {...(field === 'category' ? { class: `cat-${entry.value}` } : {})} />
              </button>
            </li>
          );
        })}
      </ul>
      {value.values.length > SHOWN && (
        <button type="button" class="link small" onClick={() => setLong(!isLong)}>
          {isLong ? 'fewer' : `${value.values.length - SHOWN} more`}
        </button>
      )}
    </>
  );
}

function FacetBox(props: Props & { field: Field }) {
  const { field, filters } = props;
  const [isOpen, setOpen] = useState(OPEN.has(field) || filters.values[field].length > 0);
  return (
    <details open={isOpen} onToggle={(event) => setOpen(event.currentTarget.open)}>
      <summary>{FIELD_LABELS[field]}</summary>
      {isOpen && <Values {...props} />}
    </details>
  );
}

export function Facets(props: Props) {
  const isNarrow = window.matchMedia('(max-width: 900px)').matches;
  const [isOpen, setOpen] = useState(!isNarrow);
  return (
    <aside class="facets" aria-label="Counts by field">
      <button type="button" class="button facets-toggle" aria-expanded={isOpen} onClick={() => setOpen(!isOpen)}>
        {isOpen ? 'Hide counts' : 'Show counts by field'}
      </button>
      {isOpen && ORDER.map((field) => <FacetBox key={field} field={field} {...props} />)}
    </aside>
  );
}
