/** Relative and absolute time ranges. Absolute times are entered in the browser's zone. */
import { useLayoutEffect, useRef, useState } from 'preact/hooks';
import { now_ms } from '../../live/stream';
import type { Filters } from '../../logic/filters';
import { offset, RANGES, rangeLabel, toLocalInput } from '../../logic/when';
import { Icon } from '../../ui/icons';

interface Props {
  filters: Filters;
  onChange: (filters: Filters) => void;
}

function toIso(local: string): string | null {
  const at = new Date(local);
  return local === '' || Number.isNaN(at.getTime()) ? null : at.toISOString();
}

export function TimePicker({ filters, onChange }: Props) {
  const [isOpen, setOpen] = useState(false);
  const [since, setSince] = useState('');
  const [until, setUntil] = useState('');
  const box = useRef<HTMLDivElement>(null);
  const opener = useRef<HTMLButtonElement>(null);
  // Before it is painted: a key that is pressed as soon as it shows is heard.
  useLayoutEffect(() => {
    if (!isOpen) return undefined;
    setSince(toLocalInput(filters.since, now_ms()));
    setUntil(toLocalInput(filters.until, now_ms()));
    const onOutside = (event: Event): void => {
      if (event.target instanceof Node && !box.current?.contains(event.target)) setOpen(false);
    };
    const onEscape = (event: KeyboardEvent): void => {
      if (event.key !== 'Escape') return;
      setOpen(false);
      opener.current?.focus();
    };
    document.addEventListener('pointerdown', onOutside);
    document.addEventListener('keydown', onEscape);
    return () => {
      document.removeEventListener('pointerdown', onOutside);
      document.removeEventListener('keydown', onEscape);
    };
  }, [isOpen]);
  const choose = (from: string | null, to: string | null): void => {
    setOpen(false);
    onChange({ ...filters, since: from, until: to });
  };
  return (
    <div class="time-picker" ref={box}>
      <button ref={opener} type="button" class="button" aria-expanded={isOpen} aria-haspopup="dialog" onClick={() => setOpen(!isOpen)}>
        <Icon name="clock" />
        {rangeLabel(filters.since, filters.until)}
        <Icon name="down" />
      </button>
      {isOpen && (
        <div class="popover" role="dialog" aria-label="Time range">
          <ul class="choices">
            {([[null, 'All time'], ...RANGES] as [string | null, string][]).map(([value, label]) => (
              <li key={label}>
                <button type="button" aria-pressed={filters.since === value && filters.until === null} onClick={() => choose(value, null)}>
                  {label}
                </button>
              </li>
            ))}
          </ul>
          <form
            onSubmit={(event) => {
              event.preventDefault();
              choose(toIso(since), toIso(until));
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
            <p class="quiet small">Times of this browser, UTC{offset(new Date())}</p>
            <button type="submit" class="button button-strong">
              Apply
            </button>
          </form>
        </div>
      )}
    </div>
  );
}
