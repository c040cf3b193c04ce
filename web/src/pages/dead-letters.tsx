/** Dead letters: what could not be decoded, why, and the two things that can be done about it. */
import { useEffect, useState } from 'preact/hooks';
import { isAbort } from '../api/client';
import type { DeadLetterSummary } from '../api/types';
import { address, navigate } from '../router';
import { Bar, Problem, Progress } from '../ui/parts';
import { maySeeLetters } from '../ui/letters';
import { Safe } from '../ui/Safe';
import { bytes } from './transaction/Exchange';
import { type Choice, isChanging, loadSummary, settled, start } from './dead-letters/change';
import { Course } from './dead-letters/Course';
import { addressOf, type Filter, Kinds } from './dead-letters/Kinds';
import { Letters } from './dead-letters/Letters';
import { Remove } from './dead-letters/Remove';

const RELOAD_EVERY_MS = 5000;

function filterOf(search: string): Filter {
  const given = new URLSearchParams(search);
  return { sensor: given.get('sensor'), code: given.get('code') };
}

function choiceOf({ sensor, code }: Filter): Choice {
  if (sensor === null && code === null) return { all: true };
  return { ...(sensor === null ? {} : { sensor }), ...(code === null ? {} : { code }) };
}

function Room({ found }: { found: DeadLetterSummary }) {
  const part = found.size_bytes / Math.max(1, found.room_bytes);
  const isShort = part > 0.8;
  return (
    <div class={`room${isShort ? ' room-short' : ''}`}>
      <Bar part={part} class={isShort ? 'bar-over' : ''} />
      <p class="small quiet">
        {bytes(found.size_bytes)} of {bytes(found.room_bytes)} used
      </p>
      {isShort && (
        <p class="small room-warning">
          {part > 1
            ? 'Their room is used up, and they take from the room of what is still to be decoded. When that is used up too, sensors are told to wait. Nothing is dropped: find out what sends them, or remove some.'
            : 'Their room is nearly used up. Nothing will be dropped, but find out what sends them.'}
        </p>
      )}
    </div>
  );
}

function Past({ found }: { found: DeadLetterSummary }) {
  const decoded = found.revived - found.waiting - found.again;
  if (found.revived === 0 && found.removed === 0) return null;
  return (
    <p class="quiet small">
      So far {decoded.toLocaleString('en')} could be decoded later, and {found.removed.toLocaleString('en')} were removed on purpose.
    </p>
  );
}

function Nothing({ found }: { found: DeadLetterSummary }) {
  return (
    <section class="empty">
      <h2>Everything that arrived here could be decoded</h2>
      <p>An entry comes to this page when it begins like no audit log that Bartizan knows, when it is cut off so that nothing in it can be believed, or when the database will not take it.</p>
      <p>It is kept byte for byte, the sensor is not held up by it, and it can be decoded again after a fix. After an upgrade that happens by itself.</p>
      <p class="quiet">Each machine that receives keeps its own; these are those of the machine that shows this page.</p>
      <Past found={found} />
    </section>
  );
}

function Chips({ filter }: { filter: Filter }) {
  const given = (['sensor', 'code'] as const).filter((field) => filter[field] !== null);
  if (given.length === 0) return null;
  return (
    <div class="chips">
      {given.map((field) => (
        <span key={field} class="chip">
          <span class="chip-label">{field === 'code' ? 'reason' : field}</span>
          <Safe text={filter[field]} length={60} />
          <button type="button" onClick={() => navigate(addressOf({ ...filter, [field]: null }))} aria-label={`Remove the filter ${field === 'code' ? 'reason' : field}`}>
            ✕
          </button>
        </span>
      ))}
      <a href="/dead-letters">Show all</a>
    </div>
  );
}

export function DeadLettersPage() {
  const filter = filterOf(address.value.search);
  const [error, setError] = useState<unknown>(null);
  const found = settled.value;
  const load = (abort?: AbortSignal): void => {
    loadSummary(abort).then(
      () => setError(null),
      (cause: unknown) => {
        if (!isAbort(cause)) setError(cause);
      },
    );
  };
  useEffect(() => {
    if (!maySeeLetters.value) return undefined;
    const controller = new AbortController();
    load(controller.signal);
    const timer = window.setInterval(() => {
      if (!document.hidden && !isChanging()) load(controller.signal);
    }, RELOAD_EVERY_MS);
    return () => {
      window.clearInterval(timer);
      controller.abort();
    };
  }, []);
  if (!maySeeLetters.value) {
    return (
      <main class="page" id="content">
        <section class="empty">
          <h1>Dead letters are for analysts and administrators</h1>
          <p>They show raw entries, with whatever visitors sent, passwords included. Ask an administrator for the role analyst.</p>
        </section>
      </main>
    );
  }
  const isFiltered = filter.sensor !== null || filter.code !== null;
  const shown = (found?.kinds ?? []).filter(
    (kind) => (filter.sensor === null || kind.sensor === filter.sensor) && (filter.code === null || kind.code === filter.code),
  );
  const count = shown.reduce((sum, kind) => sum + kind.letters, 0);
  const stamp = `${found?.letters} ${found?.revived} ${found?.removed}`;
  return (
    <main class="page letters-page" id="content">
      <Progress isOn={found === null && error === null} />
      <header class="letters-title">
        <div>
          <h1>Dead letters</h1>
          <p class="quiet">Entries that arrived and could not be decoded. They are kept until they can be, or until somebody removes them.</p>
        </div>
        {found !== null && found.letters > 0 && <Room found={found} />}
      </header>
      {error !== null && <Problem error={error} retry={() => load()} />}
      <Course />
      {found !== null && found.letters === 0 && found.waiting === 0 && !isChanging() && <Nothing found={found} />}
      {found !== null && found.letters > 0 && (
        <>
          <section aria-label="What and why" aria-busy={isChanging()} class={isChanging() ? 'letters-changing' : ''}>
            <div class="letters-bar">
              <p class="summary" role="status">
                <strong>{count.toLocaleString('en')}</strong> {count === 1 ? 'letter' : 'letters'}
                {isFiltered && <> of {found.letters.toLocaleString('en')}</>}
              </p>
              <Chips filter={filter} />
              <span class="spacer" />
              {count > 0 && (
                <div class="row-of-buttons">
                  <button type="button" class="button button-strong" disabled={isChanging()} onClick={() => void start('retry', choiceOf(filter), count)}>
                    {isFiltered ? 'Decode these again' : 'Decode all again'}
                  </button>
                  <Remove choice={choiceOf(filter)} count={count} what={isFiltered ? '' : ', all there are'} />
                </div>
              )}
            </div>
            <Kinds kinds={shown} />
          </section>
          <Letters filter={filter} stamp={stamp} />
          <Past found={found} />
        </>
      )}
    </main>
  );
}
