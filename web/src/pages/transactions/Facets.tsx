/** Counted values on the left. A facet ignores its own selection, so the other values stay in sight. */
import { useState } from 'preact/hooks';
import type { FacetCounts, FacetValue, TriageState } from '../../api/types';
import { categoryKey, categoryLook } from '../../logic/category';
import { severityName } from '../../logic/matches';
import { STATE_LABELS } from '../../logic/triage';
import { FIELD_LABELS, type Field, type Filters, toSearch, without, withoutValue, withValue } from '../../logic/filters';
import { stamp } from '../../logic/zone';
import { useLoad } from '../../ui/load';
import { Bar, Mark, Problem } from '../../ui/parts';
import { plain, Safe } from '../../ui/Safe';
import { zone } from '../../ui/zone';

interface Props {
  filters: Filters;
  /** Changes when the counts should be asked for again. */
  turn: number;
  onChange: (filters: Filters) => void;
}

const ORDER: Field[] = [
  'category', 'country', 'sensor', 'rule', 'client', 'network', 'host', 'path', 'status', 'method', 'severity', 'score', 'state', 'label', 'format', 'ruleset',
];
const OPEN: ReadonlySet<Field> = new Set<Field>(['category', 'country', 'sensor', 'rule']);
const SHOWN = 6;
/** As many as the API counts unless more are asked for. */
const COUNTED = 20;
const MORE = 100;

function nameOf(field: Field, { value, name }: FacetValue): string {
  if (field === 'category') return categoryLook(value).label;
  if (field === 'severity') return severityName(Number(value))?.toLowerCase() ?? value;
  if (field === 'state') return STATE_LABELS[value as TriageState] ?? value;
  return name ?? value;
}

function Entry({ field, entry, most, filters, onChange }: Props & { field: Field; entry: FacetValue; most: number }) {
  const isChosen = filters.values[field].includes(entry.value);
  const next = isChosen ? withoutValue(filters, field, entry.value) : withValue(filters, field, entry.value);
  const name = nameOf(field, entry);
  return (
    <li>
      <button
        type="button"
        aria-pressed={isChosen}
        data-subject={field}
        data-value={entry.value}
        title={plain(name, 200)}
        onClick={() => onChange(next)}
      >
        {field === 'category' && <Mark category={entry.value} />}
        <span class="name">
          {field === 'rule' && entry.name !== null && entry.name !== entry.value && <span class="code">{entry.value} </span>}
          <Safe text={name} length={60} />
        </span>
        <span class="number">{entry.transactions.toLocaleString('en')}</span>
        <Bar part={entry.transactions / most} {...(field === 'category' ? { class: `cat-${categoryKey(entry.value)}` } : {})} />
      </button>
    </li>
  );
}

function Values({ field, filters, turn, onChange }: Props & { field: Field }) {
  const [isLong, setLong] = useState(false);
  const [wanted, setWanted] = useState('');
  const query = new URLSearchParams(toSearch(without(filters, field)));
  if (isLong) query.set('limit', String(MORE));
  query.set('sampled', 'true');
  const { value, error, isLoading, reload } = useLoad<FacetCounts>(`facets/${field}?${query}#${turn}`);
  if (error && !value) return <Problem error={error} retry={reload} />;
  if (!value) return <p class="quiet small">…</p>;
  const chosen = filters.values[field];
  const absent = chosen.filter((one) => !value.values.some((entry) => entry.value === one));
  const all = [...absent.map((one): FacetValue => ({ value: one, name: one, transactions: 0, intercepted: 0 })), ...value.values];
  const most = Math.max(1, ...all.map(({ transactions }) => transactions));
  const fitting = wanted === '' ? all : all.filter((entry) => `${entry.value} ${nameOf(field, entry)}`.toLowerCase().includes(wanted.toLowerCase()));
  const shown = isLong ? fitting : all.slice(0, Math.max(SHOWN, absent.length));
  if (all.length === 0) return <p class="quiet small">none</p>;
  return (
    <>
      {isLong && all.length > 12 && (
        <input
          class="facet-search"
          value={wanted}
          placeholder="among these"
          aria-label={`Look for a value of ${FIELD_LABELS[field]}`}
          onInput={(event) => setWanted(event.currentTarget.value)}
        />
      )}
      <ul class={isLoading ? 'facet-old' : ''}>
        {shown.map((entry) => (
          <Entry key={entry.value} field={field} entry={entry} most={most} filters={filters} turn={turn} onChange={onChange} />
        ))}
      </ul>
      {value.sampled_since !== null && (
        <p class="quiet small" title="Counting all that match would take long">
          of the newest, since {stamp(new Date(value.sampled_since), zone.value)}
        </p>
      )}
      {all.length > SHOWN && (
        <button type="button" class="link small" onClick={() => setLong(!isLong)}>
          {isLong ? 'fewer' : value.values.length < COUNTED ? `${all.length - SHOWN} more` : 'show more'}
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

export function Facets(props: Props & { isOpen: boolean; onOpen: (isOpen: boolean) => void }) {
  const { isOpen, onOpen } = props;
  return (
    <aside class="facets" aria-label="Counts by field">
      <button type="button" class="button facets-toggle" aria-expanded={isOpen} onClick={() => onOpen(!isOpen)}>
        {isOpen ? 'Hide counts' : 'Show counts by field'}
      </button>
      {isOpen && ORDER.map((field) => <FacetBox key={field} field={field} filters={props.filters} turn={props.turn} onChange={props.onChange} />)}
    </aside>
  );
}
