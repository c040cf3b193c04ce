/** The filters as chips, a box to add one, the time range. */
import { useEffect, useRef, useState } from 'preact/hooks';
import { categoryLook } from '../../logic/category';
import {
  FIELD_LABELS, FIELDS, type Field, type Filters, isFiltered, onlyRange, without, withoutValue, withValue,
} from '../../logic/filters';
import { Icon } from '../../ui/icons';
import { Safe } from '../../ui/Safe';
import { TimePicker } from './TimePicker';

interface Props {
  filters: Filters;
  onChange: (filters: Filters) => void;
}

const HINTS: Record<Field | 'unique_id', string> = {
  sensor: 'name of a sensor',
  client: '203.0.113.7 or 203.0.113.0/24',
  country: 'two letters, such as DE',
  rule: 'rule id, such as 942100',
  category: 'sqli, xss, rce, lfi ...',
  host: 'shop.example',
  path: '/admin/*  (* is any text)',
  status: '403',
  unique_id: 'the id a visitor was shown',
};

function valueLabel(field: Field, value: string): string {
  return field === 'category' ? categoryLook(value).label : value;
}

/** What people type tells which field they mean; the select can say otherwise. */
export function guessField(text: string): Field | null {
  if (/^[\d.]+\.[\d.]+(\/\d+)?$/.test(text) || (text.includes(':') && /^[0-9a-f:.]+(\/\d+)?$/i.test(text))) return 'client';
  if (text.startsWith('/') || text.startsWith('*')) return 'path';
  if (/^[1-5]\d\d$/.test(text)) return 'status';
  if (/^\d{4,9}$/.test(text)) return 'rule';
  if (/^[A-Z]{2}$/.test(text)) return 'country';
  return null;
}

function AddFilter({ filters, onChange }: Props) {
  const [field, setField] = useState<Field | 'unique_id' | 'guess'>('guess');
  const [text, setText] = useState('');
  const box = useRef<HTMLInputElement>(null);
  useEffect(() => {
    const onKey = (event: KeyboardEvent): void => {
      const isFree = !(event.target instanceof Element && event.target.closest('input, select, textarea, dialog'));
      if (event.key !== '/' || !isFree || event.ctrlKey || event.metaKey || event.altKey) return;
      event.preventDefault();
      box.current?.focus();
    };
    document.addEventListener('keydown', onKey);
    return () => document.removeEventListener('keydown', onKey);
  }, []);
  const add = (event: Event): void => {
    event.preventDefault();
    const value = text.trim();
    if (!value) return;
    setText('');
    if (field === 'unique_id') onChange({ ...filters, uniqueId: value });
    else onChange(withValue(filters, field === 'guess' ? (guessField(value) ?? 'host') : field, value));
  };
  return (
    <form class="add-filter" onSubmit={add} role="search">
      <Icon name="filter" />
      <select aria-label="Field" value={field} onChange={(event) => setField(event.currentTarget.value as Field | 'guess')}>
        <option value="guess">Filter by …</option>
        {FIELDS.map((name) => (
          <option key={name} value={name}>
            {FIELD_LABELS[name]}
          </option>
        ))}
        <option value="unique_id">Unique id</option>
      </select>
      <input ref={box} value={text} onInput={(event) => setText(event.currentTarget.value)} aria-label="Filter value" spellcheck={false} autocomplete="off"
        placeholder={field === 'guess' ? 'address, /path, status, rule id, country, host' : HINTS[field]} />
      <kbd class="wide-only">/</kbd>
    </form>
  );
}

function Chip({ label, value, onRemove }: { label: string; value: string; onRemove: () => void }) {
  return (
    <span class="chip">
      <span class="chip-label">{label}</span>
      <Safe text={value} length={48} />
      <button type="button" onClick={onRemove} aria-label={`Remove the filter ${label} ${value}`}>
        <Icon name="close" />
      </button>
    </span>
  );
}

export function FilterBar({ filters, onChange }: Props) {
  const chips = FIELDS.flatMap((field) => filters.values[field].map((value) => ({ field, value })));
  return (
    <div class="filter-bar">
      <AddFilter filters={filters} onChange={onChange} />
      <div class="segments" role="group" aria-label="Action">
        {([[null, 'All'], [true, 'Blocked'], [false, 'Detected']] as const).map(([value, label]) => (
          <button key={label} type="button" aria-pressed={filters.blocked === value} onClick={() => onChange({ ...filters, blocked: value })}>
            {label}
          </button>
        ))}
      </div>
      <TimePicker filters={filters} onChange={onChange} />
      {isFiltered(filters) && (
        <div class="chips">
          {chips.map(({ field, value }) => (
            <Chip key={`${field}=${value}`} label={FIELD_LABELS[field]} value={valueLabel(field, value)} onRemove={() => onChange(withoutValue(filters, field, value))} />
          ))}
          {filters.uniqueId !== null && <Chip label="Unique id" value={filters.uniqueId} onRemove={() => onChange(without(filters, 'unique_id'))} />}
          {filters.blocked !== null && <Chip label="Action" value={filters.blocked ? 'blocked' : 'detected'} onRemove={() => onChange(without(filters, 'blocked'))} />}
          <button type="button" class="link" onClick={() => onChange(onlyRange(filters))}>
            clear filters
          </button>
        </div>
      )}
    </div>
  );
}
