/** One transaction: the verdict first, then the facts, the rules, the exchange, the raw entry. */
import { useEffect } from 'preact/hooks';
import type { Transaction, TransactionDetail } from '../api/types';
import { ApiError } from '../api/client';
import { DEFECTS } from '../logic/matches';
import { navigate } from '../router';
import { Icon } from '../ui/icons';
import { useKeys } from '../ui/keys';
import { useLoad } from '../ui/load';
import { ActionBadge, Problem, Progress } from '../ui/parts';
import { plain, Safe } from '../ui/Safe';
import { Exchange } from './transaction/Exchange';
import { Facts } from './transaction/Facts';
import { Inset } from './transaction/Inset';
import { Keeping, WithoutEntry } from './transaction/Keeping';
import { Parts } from './transaction/Parts';
import { Rules } from './transaction/Rules';

function Neighbours({ detail }: { detail: TransactionDetail | null }) {
  const link = (id: string | null | undefined, label: string, icon: 'left' | 'right') =>
    id ? (
      <a class="button" href={`/transactions/${id}`} title={icon === 'left' ? 'Newer ([)' : 'Older (])'}>
        {icon === 'left' && <Icon name="left" />}
        {label}
        {icon === 'right' && <Icon name="right" />}
      </a>
    ) : (
      <span class="button button-off" aria-disabled="true">
        {icon === 'left' && <Icon name="left" />}
        {label}
        {icon === 'right' && <Icon name="right" />}
      </span>
    );
  return (
    <nav class="neighbours" aria-label="Neighbouring transactions">
      {link(detail?.newer, 'Newer', 'left')}
      {link(detail?.older, 'Older', 'right')}
    </nav>
  );
}

function Defects({ defects }: { defects: Transaction['defects'] }) {
  if (defects.length === 0) return null;
  return (
    <section class="card defects" aria-labelledby="defects-title">
      <h2 id="defects-title">
        <Icon name="warn" />
        Odd in this entry
      </h2>
      <ul>
        {defects.map(({ code, where, detail }, index) => (
          <li key={index}>
            <span class="tag tag-warn">{plain(code, 40)}</span> {DEFECTS[code]}
            {where && (
              <>
                {' '}
                <span class="quiet">at</span> <Safe text={where} length={80} class="mono" />
              </>
            )}
            {detail && (
              <div class="quiet small">
                <Safe text={detail} length={300} more />
              </div>
            )}
          </li>
        ))}
      </ul>
    </section>
  );
}

function Variants({ ids }: { ids: string[] }) {
  if (ids.length === 0) return null;
  return (
    <p class="variants">
      The same unique id is also in{' '}
      {ids.map((id, index) => (
        <span key={id}>
          {index > 0 && ', '}
          <a href={`/transactions/${id}`}>transaction {id}</a>
        </span>
      ))}
      : another sensor, or another entry of the same transaction.
    </p>
  );
}

function Headline({ detail }: { detail: TransactionDetail }) {
  const { row, transaction } = detail;
  const verdict = transaction.verdict ?? row.verdict ?? 'No verdict: the entry names no rule.';
  return (
    <header class="headline">
      <div class="headline-badges">
        <ActionBadge row={row} large />
        {row.is_demo && <span class="demo-badge">DEMO</span>}
      </div>
      <h1>
        <Safe text={verdict} length={400} />
      </h1>
      <p class="headline-request mono">
        <span class="method">
          <Safe text={row.method} length={20} />
        </span>{' '}
        <Safe text={row.uri} length={300} />
      </p>
      <Inset detail={detail} />
    </header>
  );
}

/** Said, so that nobody takes what is hidden for what was not there. */
function NoPayload() {
  return (
    <section class="card no-payload">
      <h2>The payload is not shown to you</h2>
      <p>Query string, headers, bodies, matched data and the raw entry are for people who may see payloads. An administrator can change that.</p>
    </section>
  );
}

export function TransactionPage({ id = '' }: { id?: string }) {
  const { value: detail, error, isLoading, reload } = useLoad<TransactionDetail>(`transactions/${id}`);
  const go = (to: string | null | undefined): void => {
    if (to) navigate(`/transactions/${to}`);
  };
  useKeys({ '[': () => go(detail?.newer), ']': () => go(detail?.older) });
  useEffect(() => {
    if (detail) document.title = `${plain(detail.row.verdict ?? 'Transaction', 60)} · Bartizan`;
  }, [detail]);
  const isGone = error instanceof ApiError && error.status === 404;
  return (
    <main class="page transaction-page" id="content">
      <Progress isOn={isLoading} />
      <div class="crumbs">
        <a href="/transactions">Transactions</a>
        <span class="quiet">/</span>
        <span class="mono">{id}</span>
        <span class="spacer" />
        <Neighbours detail={detail} />
      </div>
      {isGone && (
        <section class="empty">
          <h1>There is no transaction {id}</h1>
          <p>It may have passed its retention, or it was demo data that somebody removed.</p>
          <a class="button" href="/transactions">
            All transactions
          </a>
        </section>
      )}
      {error !== null && !isGone && <Problem error={error} retry={reload} />}
      {detail && (
        <>
          <Headline detail={detail} />
          <Facts detail={detail} />
          <Keeping key={id} id={id} />
          <Variants ids={detail.variants} />
          <Defects defects={detail.transaction.defects} />
          <section aria-labelledby="rules-title">
            <h2 id="rules-title">Rules, in the order they fired</h2>
            <Rules transaction={detail.transaction} />
          </section>
          {!detail.may_see_payload && <NoPayload />}
          {detail.may_see_payload && detail.has_payload && (
            <>
              <Exchange transaction={detail.transaction} />
              <Parts detail={detail} />
            </>
          )}
          {detail.may_see_payload && !detail.has_payload && <WithoutEntry removed_at={detail.payload_removed_at} />}
        </>
      )}
    </main>
  );
}
