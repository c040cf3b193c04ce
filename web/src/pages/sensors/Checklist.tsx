/** Lights that go green while a sensor comes to life; asked for every second until it has. */
import { useEffect, useState } from 'preact/hooks';
import { get } from '../../api/client';
import type { Checklist as Found, ChecklistStep } from '../../api/types';
import { reasonInWords } from '../../logic/sensors';
import { noFilters, pageOf, withValue } from '../../logic/filters';
import { Icon } from '../../ui/icons';
import { Problem } from '../../ui/parts';
import { Safe } from '../../ui/Safe';
import { Ago } from '../../ui/Ago';
import { StrangerLines } from './Parts';

const EVERY_MS = 1000;
const DONE_EVERY_MS = 10_000;

const STEPS: Record<ChecklistStep['step'], [title: string, waiting: string]> = {
  connected: ['Connected', 'Nothing has come from it yet. Is the address right, and the port open between the two?'],
  authenticated: ['Authenticated', 'Name and secret are checked when it connects.'],
  accepted: ['First entry', 'Waiting for an entry. Web servers log attacks only: send one, below.'],
  decoded: ['Decoded', 'The entry is read within a moment of its arrival.'],
  stored: ['Stored', 'Then it is on the map and in the search.'],
};

const ADVICE: Record<string, string> = {
  'wrong-secret': 'Paste the secret again, or give the sensor a new one.',
  disabled: 'Enable the sensor.',
  'address-not-allowed': 'Add this address to the allowed ones, if it is the web server’s.',
};

export function useChecklist(name: string): { value: Found | null; error: unknown } {
  const [state, setState] = useState<{ value: Found | null; error: unknown }>({ value: null, error: null });
  useEffect(() => {
    let timer = 0;
    const controller = new AbortController();
    const look = async (): Promise<void> => {
      let wait = EVERY_MS;
      if (!document.hidden) {
        try {
          const value = await get<Found>(`sensors/${name}/checklist`, controller.signal);
          setState({ value, error: null });
          if (value.steps.every((step) => step.state === 'done')) wait = DONE_EVERY_MS;
        } catch (error) {
          if (controller.signal.aborted) return;
          setState((present) => ({ ...present, error }));
        }
      }
      timer = window.setTimeout(() => void look(), wait);
    };
    void look();
    return () => {
      controller.abort();
      window.clearTimeout(timer);
    };
  }, [name]);
  return state;
}

function Step({ step: { step, state, at, peer, reason }, isNext }: { step: ChecklistStep; isNext: boolean }) {
  const [title, waiting] = STEPS[step];
  return (
    <li class={`check check-${state}${isNext ? ' check-next' : ''}`}>
      <span class="check-light">
        <Icon name={state === 'done' ? 'check' : state === 'failed' ? 'close' : 'clock'} />
      </span>
      <div>
        <strong>{title}</strong>
        <span class="hidden">: {state}</span>
        {state === 'done' && (
          <span class="quiet small">
            {' '}
            <Ago at={at} />
            {peer !== null && (
              <>
                {' '}
                from <Safe text={peer} length={60} class="mono" />
              </>
            )}
          </span>
        )}
        {state === 'failed' && (
          <p class="check-reason">
            Refused: {reasonInWords(reason ?? '')}
            {peer !== null && (
              <>
                {' '}
                (from <Safe text={peer} length={60} class="mono" />, <Ago at={at} />)
              </>
            )}
            . {ADVICE[reason ?? '']}
          </p>
        )}
        {state === 'waiting' && isNext && <p class="quiet small">{waiting}</p>}
      </div>
    </li>
  );
}

export function Checklist({ name }: { name: string }) {
  const { value, error } = useChecklist(name);
  const next = value?.steps.find(({ state }) => state !== 'done');
  return (
    <>
      {error !== null && <Problem error={error} />}
      <ol class="checklist" aria-label="From the web server to the screen" aria-live="polite">
        {value?.steps.map((step) => (
          <Step key={step.step} step={step} isNext={step === next} />
        ))}
      </ol>
      {value && !value.is_collector_seen && (
        <p class="quiet small">This console runs without a collector beside it: connections and refusals are not seen here, stored entries are.</p>
      )}
      {value && next === undefined && (
        <p class="row-of-buttons">
          <a class="button button-strong" href={pageOf(withValue(noFilters(), 'sensor', name))}>
            See its transactions
          </a>
          <a class="button" href="/">
            Watch the map
          </a>
        </p>
      )}
      {value && next !== undefined && <StrangerLines strangers={value.strangers} />}
    </>
  );
}
