/** Ranges of time, relative or absolute, in a zone that is always said; and the periods beside. */
import { useEffect, useState } from 'preact/hooks';
import type { SensorSettings } from '../../api/types';
import { now_ms } from '../../live/stream';
import type { Filters } from '../../logic/filters';
import { beside, type Period } from '../../logic/period';
import { moment, offsetText, RANGES, rangeLabel } from '../../logic/when';
import { aheadOf, LOCAL, momentIn, stamp, type Zone, zoneName } from '../../logic/zone';
import { Icon } from '../../ui/icons';
import { useLoad } from '../../ui/load';
import { Popover } from '../../ui/Popover';
import { chooseZone, zone } from '../../ui/zone';

interface Props {
  filters: Filters;
  isOpen: boolean;
  onOpen: (isOpen: boolean) => void;
  onChange: (filters: Filters) => void;
}

function shownMoment(value: string | null): string {
  const at_ms = value === null ? null : moment(value, now_ms());
  return at_ms === null ? '' : stamp(new Date(at_ms), zone.value).replace(' ', 'T');
}

function labelOf({ since, until }: Period): string {
  const isKnown = since === null ? until === null : moment(since, 0) !== null && /^now/.test(since) && until === null;
  if (isKnown) return rangeLabel(since, until);
  const name = (value: string): string => {
    const at_ms = moment(value, now_ms());
    return /^now/.test(value) || at_ms === null ? value : stamp(new Date(at_ms), zone.value);
  };
  if (since === null) return `until ${name(until ?? '')}`;
  if (until === null) return `since ${name(since)}`;
  const [from, to] = [name(since), name(until)];
  return from.slice(0, 10) === to.slice(0, 10) ? `${from} – ${to.slice(11)}` : `${from} – ${to}`;
}

/** The zone of a sensor is offered where all rows are that sensor's. */
function useZones(sensors: string[]): [zone: Zone, label: string][] {
  const only = sensors.length === 1 ? sensors[0] : undefined;
  const settings = useLoad<{ settings: SensorSettings }>(only === undefined ? null : `sensors/${encodeURIComponent(only)}`);
  const theirs = settings.value?.settings.zone;
  const zones: [Zone, string][] = [[LOCAL, `This browser’s: ${zoneName(LOCAL)}`], ['UTC', 'UTC']];
  if (theirs && theirs !== 'UTC') zones.push([theirs, `The sensor’s: ${theirs}`]);
  if (!zones.some(([known]) => known === zone.value)) zones.push([zone.value, zone.value]);
  return zones;
}

function Range({ filters, onChoose }: { filters: Filters; onChoose: (period: Period) => void }) {
  const [since, setSince] = useState('');
  const [until, setUntil] = useState('');
  const zones = useZones(filters.values.sensor);
  useEffect(() => {
    setSince(shownMoment(filters.since));
    setUntil(shownMoment(filters.until));
  }, [filters.since, filters.until, zone.value]);
  const told = (text: string): string | null => momentIn(text, zone.value)?.toISOString() ?? null;
  const ahead = aheadOf(new Date(now_ms()), zone.value);
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        onChoose({ since: told(since), until: told(until) });
      }}
    >
      <label>
        From
        <input type="datetime-local" step="1" value={since} onInput={(event) => setSince(event.currentTarget.value)} />
      </label>
      <label>
        To
        <input type="datetime-local" step="1" value={until} onInput={(event) => setUntil(event.currentTarget.value)} />
      </label>
      <label>
        Times are told in
        <select value={zone.value} onChange={(event) => chooseZone(event.currentTarget.value)}>
          {zones.map(([value, label]) => (
            <option key={value} value={value}>
              {label}
            </option>
          ))}
        </select>
      </label>
      <p class="quiet small">
        {zoneName(zone.value)}, now UTC{offsetText(ahead)}
      </p>
      <button type="submit" class="button button-strong">
        Apply
      </button>
    </form>
  );
}

function Step({ filters, step, onChange }: { filters: Filters; step: -1 | 1; onChange: Props['onChange'] }) {
  const period = beside(filters, step, now_ms());
  const label = step < 0 ? 'The period before ([)' : 'The period after (])';
  return (
    <button type="button" class="ghost framed" disabled={period === null} aria-label={label} title={label} onClick={() => period && onChange({ ...filters, ...period })}>
      <Icon name={step < 0 ? 'left' : 'right'} />
    </button>
  );
}

export function TimePicker({ filters, isOpen, onOpen, onChange }: Props) {
  const choose = ({ since, until }: Period): void => {
    onOpen(false);
    onChange({ ...filters, since, until });
  };
  return (
    <div class="time-picker">
      <Step filters={filters} step={-1} onChange={onChange} />
      <Popover
        isOpen={isOpen}
        onOpen={onOpen}
        label="Time range"
        button={
          <>
            <Icon name="clock" />
            {labelOf(filters)}
            <span class="quiet small wide-only">{zone.value === LOCAL ? '' : zoneName(zone.value)}</span>
            <Icon name="down" />
          </>
        }
      >
        <div class="ranges">
          <ul class="choices">
            {([[null, 'All time'], ...RANGES] as [string | null, string][]).map(([value, label]) => (
              <li key={label}>
                <button type="button" aria-pressed={filters.since === value && filters.until === null} onClick={() => choose({ since: value, until: null })}>
                  {label}
                </button>
              </li>
            ))}
          </ul>
          <Range filters={filters} onChoose={choose} />
        </div>
      </Popover>
      <Step filters={filters} step={1} onChange={onChange} />
    </div>
  );
}
