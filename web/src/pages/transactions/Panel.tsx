/** One transaction beside the list: what was found, what was asked, and the way to all of it. */
import { useEffect, useState } from 'preact/hooks';
import type { RuleMatch, TransactionDetail } from '../../api/types';
import { categoryLook } from '../../logic/category';
import { transactionAddress } from '../../logic/origin';
import { isEvaluation, severityName } from '../../logic/matches';
import { stamp, zoneName } from '../../logic/zone';
import { address } from '../../router';
import { Icon } from '../../ui/icons';
import { useLoad } from '../../ui/load';
import { ActionBadge, Copy, Mark, Problem, Progress } from '../../ui/parts';
import { Safe } from '../../ui/Safe';
import { zone } from '../../ui/zone';
import { TriageBeside } from '../transaction/Triage';
import { pathOf } from './columns';
import { Value } from './Value';

/** Whoever walks through the list opens only what they stop at: opening a payload is written down. */
const PAUSE_MS = 160;

function useSettled(id: string): string {
  const [settled, setSettled] = useState(id);
  useEffect(() => {
    const timer = window.setTimeout(() => setSettled(id), PAUSE_MS);
    return () => window.clearTimeout(timer);
  }, [id]);
  return settled;
}

function Rule({ match }: { match: RuleMatch }) {
  const severity = severityName(match.severity);
  return (
    <li>
      <p>
        <Value subject="rule" value={match.rule_id === null ? null : String(match.rule_id)}>
          {match.rule_id}
        </Value>{' '}
        <Safe text={match.message ?? 'no message'} length={200} /> {severity && <span class="tag">{severity.toLowerCase()}</span>}
      </p>
      {match.data && (
        <p class="panel-data mono">
          {match.target && (
            <span class="quiet">
              <Safe text={match.target} length={60} />{' '}
            </span>
          )}
          <Safe text={match.data} length={400} />
        </p>
      )}
    </li>
  );
}

function Facts({ detail: { row, transaction } }: { detail: TransactionDetail }) {
  const { place } = row;
  return (
    <dl class="panel-facts">
      <div>
        <dt>Client</dt>
        <dd>
          <Value subject="client" value={row.client.address}>
            <Safe text={row.client.address} length={60} />
          </Value>
          {place?.country && (
            <Value subject="country" value={place.country}>
              {[place.city, place.country_name ?? place.country].filter(Boolean).join(', ')}
            </Value>
          )}
        </dd>
      </div>
      <div>
        <dt>Host</dt>
        <dd>
          <Value subject="host" value={row.host}>
            <Safe text={row.host} length={120} />
          </Value>
        </dd>
      </div>
      <div>
        <dt>Answer</dt>
        <dd>
          <Value subject="status" value={row.status === null ? null : String(row.status)}>
            {row.status}
          </Value>
          {row.score !== null && (
            <span>
              score {row.score}
              {transaction.anomaly?.threshold != null && ` of ${transaction.anomaly.threshold}`}
            </span>
          )}
        </dd>
      </div>
      <div>
        <dt>Sensor</dt>
        <dd>
          <Value subject="sensor" value={row.sensor}>
            <Safe text={row.sensor} length={60} />
          </Value>
        </dd>
      </div>
      <div>
        <dt>Category</dt>
        <dd>
          <Value subject="category" value={row.category}>
            <Mark category={row.category} /> {categoryLook(row.category).label}
          </Value>
        </dd>
      </div>
      <div>
        <dt>Unique id</dt>
        <dd class="mono">
          <Safe text={row.unique_id} length={80} />
          {row.unique_id && <Copy text={row.unique_id} label="the unique id" />}
        </dd>
      </div>
    </dl>
  );
}

function Exchange({ detail: { row, transaction } }: { detail: TransactionDetail }) {
  const { headers, body } = transaction.request;
  return (
    <section>
      <h3>Request</h3>
      <p class="panel-request mono">
        <Safe text={row.method} length={20} class="method" />{' '}
        <Value subject="path" value={pathOf(row.uri)}>
          <Safe text={row.uri} length={1200} more />
        </Value>
      </p>
      {headers.length > 0 && (
        <dl class="panel-headers mono">
          {headers.slice(0, 40).map(([name, value], at) => (
            <div key={at}>
              <dt>
                <Safe text={name} length={80} />
              </dt>
              <dd>
                <Safe text={value} length={300} more />
              </dd>
            </div>
          ))}
        </dl>
      )}
      {body && (
        <pre class="panel-body">
          <Safe text={body.text} length={1500} lines more />
        </pre>
      )}
    </section>
  );
}

function Opened({ detail }: { detail: TransactionDetail }) {
  const rules = detail.transaction.matches;
  const telling = [...rules.filter((rule) => !isEvaluation(rule)), ...rules.filter(isEvaluation)];
  return (
    <>
      <p class="panel-verdict">
        <Safe text={detail.row.verdict ?? 'No rule matched.'} length={400} />
      </p>
      <TriageBeside key={detail.row.id} id={detail.row.id} />
      <Facts detail={detail} />
      {telling.length > 0 && (
        <section>
          <h3>{telling.length === 1 ? 'Rule' : `${telling.length} rules`}</h3>
          <ol class="panel-rules">
            {telling.slice(0, 40).map((match, at) => (
              <Rule key={at} match={match} />
            ))}
          </ol>
        </section>
      )}
      <Exchange detail={detail} />
    </>
  );
}

interface Props {
  id: string;
  /** "3 of 50", or null if it is not in the list. */
  position: string | null;
  onStep: (step: number) => void;
  onClose: () => void;
}

export function Panel({ id, position, onStep, onClose }: Props) {
  const { value, error, isLoading, reload } = useLoad<TransactionDetail>(`transactions/${useSettled(id)}`);
  const page = transactionAddress(id, address.value.search);
  const isOld = value !== null && (isLoading || value.row.id !== id);
  return (
    <aside class="panel" aria-label="The opened transaction" aria-busy={isLoading}>
      <Progress isOn={isLoading} />
      <header>
        <button type="button" class="ghost" onClick={() => onStep(-1)} aria-label="The one above (k)" title="The one above (k)">
          <Icon name="up" />
        </button>
        <button type="button" class="ghost" onClick={() => onStep(1)} aria-label="The one below (j)" title="The one below (j)">
          <Icon name="down" />
        </button>
        <span class="quiet small">{position}</span>
        <span class="spacer" />
        <a class="button" href={page}>
          Full page
        </a>
        <button type="button" class="ghost" onClick={onClose} aria-label="Close (Escape)" title="Close (Escape)">
          <Icon name="close" />
        </button>
      </header>
      {error && !value ? <Problem error={error} retry={reload} /> : null}
      {value && (
        <div class={`panel-content${isOld ? ' panel-old' : ''}`}>
          <p class="panel-title">
            <ActionBadge row={value.row} />
            <time dateTime={value.row.at}>{stamp(new Date(value.row.at), zone.value)}</time>
            <span class="quiet small">{zoneName(zone.value)}</span>
          </p>
          <Opened detail={value} />
        </div>
      )}
    </aside>
  );
}
