/** The search text, all filters as chips, the time range. */
import type { CheckedSearch, SearchChip } from '../../api/types';
import { categoryLook } from '../../logic/category';
import {
  FIELD_LABELS, FIELDS, type Field, type Filters, isFiltered, onlyRange, without, withoutValue,
} from '../../logic/filters';
import { severityName } from '../../logic/matches';
import { address } from '../../router';
import { Icon } from '../../ui/icons';
import { plain, Safe } from '../../ui/Safe';
import { Views } from '../../ui/Views';
import { SearchBox } from './SearchBox';
import { TimePicker } from './TimePicker';

interface Props {
  filters: Filters;
  onChange: (filters: Filters) => void;
  checked: CheckedSearch | null;
  isTimeOpen: boolean;
  onTimeOpen: (isOpen: boolean) => void;
}

function valueLabel(field: Field, value: string): string {
  if (field === 'severity') return severityName(Number(value))?.toLowerCase() ?? value;
  return field === 'category' ? categoryLook(value).label : value;
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

/** A condition of the search text: a click on what it is about turns it round. */
function TextChip({ chip, onText }: { chip: SearchChip; onText: (text: string) => void }) {
  const name = plain(chip.text, 60);
  const label = chip.field ?? 'text';
  return (
    <span class={`chip${chip.is_negated ? ' chip-not' : ''}`}>
      <button
        type="button"
        class="chip-turn"
        aria-pressed={chip.is_negated}
        aria-label={`Exclude instead: ${name}`}
        title={chip.is_negated ? 'Excluded. Press to ask for it instead' : 'Press to exclude it instead'}
        onClick={() => onText(chip.turned)}
      >
        {chip.is_negated ? `not ${label}` : label}
      </button>
      <Safe text={chip.value} length={48} />
      <button type="button" onClick={() => onText(chip.without)} aria-label={`Remove from the search: ${name}`}>
        <Icon name="close" />
      </button>
    </span>
  );
}

export function FilterBar({ filters, onChange, checked, isTimeOpen, onTimeOpen }: Props) {
  const path = address.value.path.replace(/\/$/, '');
  const onText = (next: string): void => onChange({ ...filters, text: next || null });
  const chips = FIELDS.flatMap((field) => filters.values[field].map((value) => ({ field, value })));
  return (
    <div class="filter-bar">
      <SearchBox filters={filters} onChange={onChange} mistake={checked?.error ?? null} />
      <div class="segments" role="group" aria-label="Action">
        {([[null, 'All'], [true, 'Blocked'], [false, 'Detected']] as const).map(([value, label]) => (
          <button key={label} type="button" aria-pressed={filters.blocked === value} onClick={() => onChange({ ...filters, blocked: value })}>
            {label}
          </button>
        ))}
      </div>
      <TimePicker filters={filters} isOpen={isTimeOpen} onOpen={onTimeOpen} onChange={onChange} />
      <Views page={path.slice(1)} path={path} />
      {isFiltered(filters) && (
        <div class="chips">
          {(checked?.chips ?? []).map((chip, index) => (
            <TextChip key={`${index} ${chip.text}`} chip={chip} onText={onText} />
          ))}
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
