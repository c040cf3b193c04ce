/** The controls with which somebody says what transactions are: of one on its page, of many in the list. */
import { useEffect, useRef } from 'preact/hooks';
import type { TriageState } from '../api/types';
import { now_ms } from '../live/stream';
import { inDays, PERIODS, REASONS, STATE_LABELS, STATE_MEANINGS, STATES } from '../logic/triage';
import { toLocalInput } from '../logic/when';
import { session } from '../session';
import { Icon } from './icons';
import { STATE_ICONS } from './StateBadge';

export function mayJudge(): boolean {
  const role = session.value?.person?.role;
  return role === 'analyst' || role === 'admin';
}

/** To the states of the transaction that is open: from there the arrow keys go on. */
export function focusState(): void {
  document.querySelector<HTMLElement>('.state-choice [tabindex="0"]')?.focus();
}

interface StateProps {
  value: TriageState | null;
  isOff?: boolean;
  onChoose: (state: TriageState) => void;
}

/** One of the four; arrow keys move, as in every group of radio buttons. */
export function StateChoice({ value, isOff = false, onChoose }: StateProps) {
  const group = useRef<HTMLDivElement>(null);
  const onKey = (event: KeyboardEvent): void => {
    const step = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[event.key];
    if (step === undefined) return;
    event.preventDefault();
    const buttons = [...(group.current?.querySelectorAll('button') ?? [])];
    const at = buttons.indexOf(document.activeElement as HTMLButtonElement);
    buttons[(at + step + buttons.length) % buttons.length]?.focus();
  };
  return (
    <div ref={group} class="state-choice" role="radiogroup" aria-label="State" onKeyDown={onKey}>
      {STATES.map((state) => (
        <button
          key={state}
          type="button"
          role="radio"
          aria-checked={state === value}
          tabIndex={state === (value ?? 'open') ? 0 : -1}
          class={`state-${state}`}
          title={STATE_MEANINGS[state]}
          disabled={isOff}
          onClick={() => onChoose(state)}
        >
          <Icon name={STATE_ICONS[state]} />
          {STATE_LABELS[state]}
        </button>
      ))}
    </div>
  );
}

export function ReasonField({ value, isNeeded, onChange }: { value: string; isNeeded: boolean; onChange: (reason: string) => void }) {
  const input = useRef<HTMLInputElement>(null);
  useEffect(() => input.current?.focus(), []);
  return (
    <div class="reason-field">
      <label class="field">
        {isNeeded ? 'Why is it harmless?' : 'Why? (may stay empty)'}
        <input ref={input} value={value} maxLength={1000} required={isNeeded} autocomplete="off" onInput={(event) => onChange(event.currentTarget.value)} />
      </label>
      {isNeeded && (
        <div class="presets" role="group" aria-label="Usual reasons">
          {REASONS.map((reason) => (
            <button key={reason} type="button" class="preset" aria-pressed={reason === value} onClick={() => onChange(reason)}>
              {reason}
            </button>
          ))}
        </div>
      )}
    </div>
  );
}

export function UntilField({ value, onChange }: { value: string; onChange: (until: string) => void }) {
  const now = now_ms();
  return (
    <div class="reason-field">
      <div class="presets" role="group" aria-label="Ignore for">
        {PERIODS.map(([days, label]) => {
          const until = inDays(days, now);
          return (
            <button key={days} type="button" class="preset" aria-pressed={toLocalInput(value, now).slice(0, 10) === toLocalInput(until, now).slice(0, 10)} onClick={() => onChange(until)}>
              {label}
            </button>
          );
        })}
      </div>
      <label class="field">
        Until
        <input
          type="datetime-local"
          required
          value={toLocalInput(value, now).slice(0, 16)}
          onChange={(event) => {
            const at = new Date(event.currentTarget.value);
            if (!Number.isNaN(at.getTime())) onChange(at.toISOString());
          }}
        />
      </label>
    </div>
  );
}
