/** What else there is like this transaction: asked after the page is there, each kind for itself. */
import type { Likeness, Row, Similar as Found, TransactionDetail } from '../../api/types';
import { clock, day } from '../../logic/when';
import { Icon } from '../../ui/icons';
import { useLoad } from '../../ui/load';
import { Problem } from '../../ui/parts';
import { Safe } from '../../ui/Safe';

const KINDS: [Likeness, title: string, span: string][] = [
  ['client', 'Same client', '5 minutes before and after'],
  ['path', 'Same path', 'a day before and after'],
  ['rule', 'Same rule', 'a day before and after'],
  ['fingerprint', 'Same fingerprint', 'a day before and after'],
];

/** The badge without its word, for narrow lists. */
function Action({ row: { intercepted } }: { row: Row }) {
  if (intercepted === null) return <span />;
  const word = intercepted ? 'blocked' : 'not blocked';
  return (
    <span class={`similar-action ${intercepted ? 'similar-blocked' : 'similar-passed'}`} title={word}>
      <Icon name={intercepted ? 'shield' : 'eye'} />
      <span class="hidden">{word}</span>
    </span>
  );
}

function Line({ row, to, today }: { row: Row; to: string; today: string }) {
  const at = new Date(row.at);
  return (
    <li>
      <a href={`/transactions/${row.id}`} class="similar-row">
        <time dateTime={row.at}>{day(at) === today ? clock(at) : `${day(at)} ${clock(at)}`}</time>
        <span class="similar-uri mono">
          <Safe text={`${row.method ?? ''} ${row.uri ?? ''}`.trim()} length={140} />
        </span>
      </a>
      <Action row={row} />
      <a class="small similar-compare" href={`/compare/${to}/${row.id}`} aria-label={`Compare with transaction ${row.id}`}>
        compare
      </a>
    </li>
  );
}

function Kind({ id, kind, title, span, today }: { id: string; kind: Likeness; title: string; span: string; today: string }) {
  const { value, error, isLoading, reload } = useLoad<Found>(`transactions/${id}/similar/${kind}`);
  const list = value && value.filters.length > 0 ? `/transactions?${new URLSearchParams(value.filters)}` : null;
  return (
    <section class="card similar-kind" aria-label={title} aria-busy={isLoading}>
      <header>
        <h3>{title}</h3>
        <span class="quiet small">{span}</span>
      </header>
      {error !== null && <Problem error={error} retry={reload} />}
      {value && value.value === null && <p class="quiet small">{kind === 'client' ? 'The entry names no client address.' : kind === 'path' ? 'The entry names no path.' : 'No rule scored here.'}</p>}
      {value && value.value !== null && (
        <>
          <p class="similar-value mono small">
            <Safe text={value.value} length={120} />
          </p>
          <p>
            {list && value.transactions > 0 ? (
              <a href={list}>
                <strong>
                  {value.transactions.toLocaleString('en')}
                  {value.is_at_least && '+'}
                </strong>{' '}
                {value.transactions === 1 ? 'other' : 'others'}
              </a>
            ) : (
              <span class="quiet">no other</span>
            )}
            {value.transactions > 0 && (
              <span class="quiet small">
                {' '}
                · {value.intercepted.toLocaleString('en')}
                {value.is_at_least && '+'} blocked
              </span>
            )}
          </p>
          <ul>
            {value.rows.map((row) => (
              <Line key={row.id} row={row} to={id} today={today} />
            ))}
          </ul>
        </>
      )}
      {!value && error === null && <p class="quiet small">counting …</p>}
    </section>
  );
}

export function Similar({ detail }: { detail: TransactionDetail }) {
  const today = day(new Date(detail.row.at));
  return (
    <section aria-labelledby="similar-title" class="similar">
      <h2 id="similar-title">What else is like it</h2>
      <div class="similar-kinds">
        {KINDS.map(([kind, title, span]) => (
          <Kind key={kind} id={detail.row.id} kind={kind} title={title} span={span} today={today} />
        ))}
      </div>
      <p class="quiet small">Same fingerprint: every rule that scored here scored there too, on a path of the same shape (numbers and identifiers left open).</p>
    </section>
  );
}
