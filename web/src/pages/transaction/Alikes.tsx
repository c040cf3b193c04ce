/** After a false positive: the same rule at the same path and parameter, to be marked likewise. */
import { useState } from 'preact/hooks';
import { post } from '../../api/client';
import type { Alike, ManyTriaged } from '../../api/types';
import { tellJudged } from '../../live/judged';
import { useLoad } from '../../ui/load';
import { Problem } from '../../ui/parts';
import { Safe } from '../../ui/Safe';

interface Props {
  id: string;
  reason: string;
  onDone: () => void;
}

function Likewise({ alike, reason }: { alike: Alike; reason: string }) {
  const { rule_id, message, path, parameter, q, transactions } = alike;
  const [done, setDone] = useState<ManyTriaged | null>(null);
  const [isSending, setSending] = useState(false);
  const [error, setError] = useState<unknown>(null);
  const mark = (): void => {
    setError(null);
    setSending(true);
    post<ManyTriaged>('triage', { filters: { q: [q] }, state: { state: 'false-positive', reason } })
      .then((told) => {
        setDone(told);
        tellJudged(null);
      }, setError)
      .finally(() => setSending(false));
  };
  return (
    <li>
      <p>
        <span class="rule-id">{rule_id}</span> <Safe text={message} length={80} />
        <span class="second-line mono">
          <Safe text={path} length={80} />
          {parameter !== null && (
            <>
              {' '}
              in <Safe text={parameter} length={60} />
            </>
          )}
        </span>
      </p>
      {done === null ? (
        <span class="row-of-buttons">
          <a class="link small" href={`/transactions?${new URLSearchParams({ q })}`}>
            See {transactions.toLocaleString('en')}
          </a>
          <button type="button" class="button" disabled={isSending} onClick={mark}>
            {isSending ? 'Marking…' : `Mark ${transactions.toLocaleString('en')} likewise`}
          </button>
        </span>
      ) : (
        <span class="alike-done" role="status">
          {done.changed.toLocaleString('en')} marked
        </span>
      )}
      {error !== null && <Problem error={error} />}
    </li>
  );
}

export function Alikes({ id, reason, onDone }: Props) {
  const { value, error } = useLoad<{ alike: Alike[] }>(`transactions/${id}/alike`);
  if (error) return <Problem error={error} />;
  const alike = value?.alike.filter(({ transactions }) => transactions > 0) ?? [];
  if (alike.length === 0) return null;
  return (
    <section class="alikes" aria-labelledby="alikes-title">
      <header>
        <h3 id="alikes-title">The same rule, path and parameter, still open</h3>
        <button type="button" class="link small" onClick={onDone}>
          Not now
        </button>
      </header>
      <ul>
        {alike.map((one) => (
          <Likewise key={one.q} alike={one} reason={reason} />
        ))}
      </ul>
    </section>
  );
}
