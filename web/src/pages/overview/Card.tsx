/** One card: its title, and whichever state it is in. Each loads by itself. */
import type { ComponentChildren } from 'preact';
import { ApiError } from '../../api/client';
import type { Loaded } from '../../ui/load';
import { Problem, Progress } from '../../ui/parts';

const SLOW: ReadonlySet<string> = new Set(['too-slow', 'search-too-slow']);

/** Rows of grey for what is not there yet; shown late, so that fast answers do not flicker. */
function Waiting({ lines }: { lines: number }) {
  return (
    <div class="waiting" aria-hidden="true">
      {Array.from({ length: lines }, (_, at) => (
        <span key={at} />
      ))}
    </div>
  );
}

function Slow({ retry }: { retry: () => void }) {
  return (
    <div class="card-note" role="status">
      <p>This takes too long to count. A shorter time range, or fewer conditions, make it faster.</p>
      <button type="button" class="button" onClick={retry}>
        Try again
      </button>
    </div>
  );
}

interface Props<T> {
  title: string;
  /** Beside the title: what the numbers mean, or a link. */
  aside?: ComponentChildren;
  loaded: Loaded<T>;
  /** Why there is nothing in the value; null if there is something. */
  empty: (value: T) => ComponentChildren | null;
  children: (value: T) => ComponentChildren;
  lines?: number;
  class?: string;
}

export function Card<T>({ title, aside, loaded, empty, children, lines = 5, class: name = '' }: Props<T>) {
  const { value, error, isLoading, reload } = loaded;
  const isSlow = error instanceof ApiError && SLOW.has(error.code);
  const why = value === null ? null : empty(value);
  return (
    <section class={`card board ${name}`} aria-label={title} aria-busy={isLoading}>
      <Progress isOn={isLoading && value !== null} />
      <header>
        <h2>{title}</h2>
        {aside}
      </header>
      {isSlow ? <Slow retry={reload} /> : error !== null && <Problem error={error} retry={reload} />}
      {value === null && error === null && <Waiting lines={lines} />}
      {value !== null && !isSlow && (
        <div class={isLoading ? 'board-old' : undefined}>{why === null ? children(value) : <p class="card-note quiet">{why}</p>}</div>
      )}
    </section>
  );
}
