/** One box for whatever a customer sent: what happened, why, and what to answer. */
import { useEffect, useRef, useState } from 'preact/hooks';
import type { LookupAnswer } from '../api/boards';
import { zoneName } from '../logic/zone';
import { address, navigate } from '../router';
import { Icon } from '../ui/icons';
import { useKeys } from '../ui/keys';
import { useLoad } from '../ui/load';
import { Problem, Progress } from '../ui/parts';
import { Safe } from '../ui/Safe';
import { zone } from '../ui/zone';
import { Found } from './lookup/Found';

const MOST_CHARACTERS = 2000;

export function lookupOf(text: string): string {
  return `/lookup?${new URLSearchParams({ q: text.trim().slice(0, MOST_CHARACTERS) })}`;
}

const KINDS: Record<LookupAnswer['understood'][number]['kind'], string> = {
  id: 'id',
  address: 'address',
  time: 'time',
  host: 'host',
  path: 'path',
};

function Understood({ answer: { understood } }: { answer: LookupAnswer }) {
  if (understood.length === 0) return null;
  // A number may be one of ours, and the unique id of somebody: to who reads it that is the same.
  const told = new Map(understood.map((one) => [`${one.kind} ${one.text}`, one]));
  return (
    <p class="understood small">
      <span class="quiet">Understood as</span>
      {[...told].map(([key, { kind, text }]) => (
        <span key={key} class="tag">
          {KINDS[kind]} <Safe text={text} length={120} class="mono" />
        </span>
      ))}
    </p>
  );
}

function Misses({ answer: { misses } }: { answer: LookupAnswer }) {
  return (
    <section class="card misses" aria-labelledby="nothing-found">
      <h2 id="nothing-found">Nothing found</h2>
      <ul>
        {misses.map(({ reason, message }) => (
          <li key={message} data-reason={reason}>
            <Safe text={message} length={400} />
          </li>
        ))}
      </ul>
      <p class="quiet small">Also possible: something else than the WAF refused the request, such as the application itself; or the sensor logs only what is relevant to it. Then there is no entry.</p>
    </section>
  );
}

function Answer({ answer }: { answer: LookupAnswer }) {
  const { found, is_more, filters } = answer;
  const list = filters.length > 0 ? `/transactions?${new URLSearchParams(filters)}` : null;
  return (
    <>
      <Understood answer={answer} />
      {found.length === 0 && <Misses answer={answer} />}
      {found.length > 1 && (
        <p role="status">
          <strong>{is_more ? `The newest ${found.length}` : found.length} transactions</strong>, the newest first.{' '}
          {list && <a href={list}>{is_more ? 'All of them in the list' : 'Open in transactions'}</a>}
        </p>
      )}
      <ol class="found">
        {found.map((one) => (
          <Found key={one.row.id} found={one} isOnly={found.length === 1} />
        ))}
      </ol>
    </>
  );
}

const EXAMPLES: [text: string, what: string][] = [
  ['Your request was blocked. ID: ZkQ1x8CoAAEAAB3lW0sAAAAB', 'any id, with whatever stands around it'],
  ['203.0.113.7 yesterday 14:05', 'an address, and about when'],
  ['https://shop.example/cart', 'a URL, or only its path'],
];

function Examples() {
  return (
    <section class="examples" aria-label="What can be looked up">
      <dl>
        {EXAMPLES.map(([text, what]) => (
          <div key={text}>
            <dt>
              <code>{text}</code>
            </dt>
            <dd class="quiet">{what}</dd>
          </div>
        ))}
      </dl>
      <p class="quiet small">
        Times without a zone are read as <strong>{zoneName(zone.value)}</strong>, and answered in it. Write <code>14:05 UTC</code>, <code>14:05 +02:00</code> or <code>14:05 Asia/Tokyo</code> for
        another one.
      </p>
    </section>
  );
}

export function LookupPage() {
  const asked = new URLSearchParams(address.value.search).get('q')?.trim() ?? '';
  const [typed, setTyped] = useState(asked);
  const box = useRef<HTMLTextAreaElement>(null);
  const query = asked === '' ? null : new URLSearchParams({ q: asked.slice(0, MOST_CHARACTERS), zone: zoneName(zone.value) });
  const { value, error, isLoading, reload } = useLoad<LookupAnswer>(query && `lookup?${query}`);
  useEffect(() => setTyped(asked), [asked]);
  useEffect(() => {
    if (asked === '') box.current?.focus();
  }, [asked]);
  useKeys({ '/': () => box.current?.focus() });
  const ask = (): void => {
    if (typed.trim() === '') return;
    if (typed.trim() === asked) reload();
    else navigate(lookupOf(typed));
  };
  return (
    <main class="page lookup-page" id="content">
      <h1>Look up</h1>
      <form
        class="lookup-form"
        role="search"
        onSubmit={(event) => {
          event.preventDefault();
          ask();
        }}
      >
        <textarea
          ref={box}
          rows={2}
          value={typed}
          maxLength={MOST_CHARACTERS}
          aria-label="What the customer sent: an id, an address and a time, or a URL"
          placeholder="An id, an address and a time, or a URL"
          spellcheck={false}
          autocomplete="off"
          onInput={(event) => setTyped(event.currentTarget.value)}
          onKeyDown={(event) => {
            if (event.key !== 'Enter' || event.shiftKey || event.isComposing) return;
            event.preventDefault();
            ask();
          }}
        />
        <button type="submit" class="button button-strong">
          <Icon name="lookup" />
          Look up
        </button>
      </form>
      <section class="lookup-answer" aria-label="Answer" aria-live="polite" aria-busy={isLoading}>
        <Progress isOn={isLoading && asked !== ''} />
        {error !== null && <Problem error={error} retry={reload} />}
        {asked === '' ? <Examples /> : value && <div class={isLoading ? 'board-old' : undefined}><Answer answer={value} /></div>}
      </section>
    </main>
  );
}
