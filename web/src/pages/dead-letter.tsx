/** One dead letter: why, the facts, what can be done, and its bytes. */
import { useEffect } from 'preact/hooks';
import { ApiError } from '../api/client';
import type { Letter, OpenedLetter } from '../api/types';
import { local, relative, utc } from '../logic/when';
import { navigate } from '../router';
import { useLoad } from '../ui/load';
import { Problem, Progress } from '../ui/parts';
import { Safe } from '../ui/Safe';
import { second } from '../ui/tick';
import { bytes } from './transaction/Exchange';
import { isChanging, start } from './dead-letters/change';
import { Course } from './dead-letters/Course';
import { Entry } from './dead-letters/Entry';
import { addressOf } from './dead-letters/Kinds';
import { Remove } from './dead-letters/Remove';

function When({ at }: { at: string }) {
  return (
    <time dateTime={at} title={utc(at)}>
      {local(new Date(at))}
      <span class="second-line">{relative(Date.parse(at), second.value)}</span>
    </time>
  );
}

function Facts({ letter }: { letter: Letter }) {
  return (
    <dl class="facts letter-facts">
      <div class="fact">
        <dt>Sensor</dt>
        <dd>
          <a href={addressOf({ sensor: letter.sensor, code: letter.code })}>
            <Safe text={letter.sensor} length={80} />
          </a>
        </dd>
      </div>
      <div class="fact">
        <dt>Received</dt>
        <dd>
          <When at={letter.received_at} />
        </dd>
      </div>
      <div class="fact">
        <dt>Set aside first</dt>
        <dd>
          <When at={letter.died_at} />
        </dd>
      </div>
      <div class="fact">
        <dt>Tried last</dt>
        <dd>
          <When at={letter.tried_at} />
          {letter.program && <span class="second-line">by version {letter.program}</span>}
        </dd>
      </div>
      <div class="fact">
        <dt>Size</dt>
        <dd>{bytes(letter.size_bytes)}</dd>
      </div>
      <div class="fact">
        <dt>Code</dt>
        <dd class="mono">
          <Safe text={letter.code} length={60} />
        </dd>
      </div>
      {letter.origin !== null && (
        <div class="fact fact-wide">
          <dt>Imported from</dt>
          <dd class="breakable">
            <Safe text={letter.origin} length={300} />
            {letter.origin_offset !== null && <span class="quiet small"> byte {letter.origin_offset.toLocaleString('en')}</span>}
          </dd>
        </div>
      )}
    </dl>
  );
}

export function DeadLetterPage({ id = '' }: { id?: string }) {
  const { value: opened, error, isLoading, reload } = useLoad<OpenedLetter>(`dead-letters/${id}`);
  useEffect(() => {
    document.title = `Dead letter ${id} · Bartizan`;
  }, [id]);
  const isGone = error instanceof ApiError && error.status === 404;
  const leave = (): void => navigate('/dead-letters');
  return (
    <main class="page letter-page" id="content">
      <Progress isOn={isLoading} />
      <div class="crumbs">
        <a href="/dead-letters">Dead letters</a>
        <span class="quiet">/</span>
        <span class="mono">{id}</span>
      </div>
      <Course />
      {isGone && (
        <section class="empty">
          <h1>There is no dead letter {id}</h1>
          <p>It was decoded again, or somebody removed it.</p>
          <a class="button" href="/dead-letters">
            All dead letters
          </a>
        </section>
      )}
      {error !== null && !isGone && <Problem error={error} retry={reload} />}
      {opened && !isGone && (
        <>
          <header class="letter-head-line">
            <div>
              <h1>{opened.letter.reason}</h1>
              {opened.letter.detail && (
                <p class="mono">
                  <Safe text={opened.letter.detail} length={500} more />
                </p>
              )}
              <p class="quiet">{opened.letter.advice}</p>
            </div>
            <div class="row-of-buttons">
              <button type="button" class="button button-strong" disabled={isChanging()} onClick={() => void start('retry', { ids: [id] }, 1).then(leave)}>
                Decode again
              </button>
              <Remove choice={{ ids: [id] }} count={1} what="" onRemoved={leave} />
            </div>
          </header>
          <Facts letter={opened.letter} />
          <Entry key={opened.digest} opened={opened} />
        </>
      )}
    </main>
  );
}
