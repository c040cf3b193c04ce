/** One transaction: the verdict first, then score, rules, exchange, what is like it, the entry. */
import { useEffect, useMemo } from 'preact/hooks';
import { ApiError } from '../api/client';
import type { Neighbours as Beside, Transaction, TransactionDetail } from '../api/types';
import { hitsOf } from '../logic/locate';
import { DEFECTS } from '../logic/matches';
import { filtersOf, listAddress, transactionAddress } from '../logic/origin';
import { address, navigate } from '../router';
import { Icon } from '../ui/icons';
import { focusState } from '../ui/judging';
import { useKeys } from '../ui/keys';
import { useLoad } from '../ui/load';
import { ActionBadge, Problem, Progress } from '../ui/parts';
import { plain, Safe } from '../ui/Safe';
import { Copying } from './transaction/Copying';
import { Decoding } from './transaction/Decode';
import { Entry } from './transaction/Entry';
import { Exchange } from './transaction/Exchange';
import { Facts } from './transaction/Facts';
import { Inset } from './transaction/Inset';
import { Keeping, WithoutEntry } from './transaction/Keeping';
import { Withheld } from './transaction/Redacted';
import { Rules } from './transaction/Rules';
import { Score } from './transaction/Score';
import { Similar } from './transaction/Similar';
import { Triage } from './transaction/Triage';

function Neighbours({ beside, search, isFiltered }: { beside: Beside | null; search: string; isFiltered: boolean }) {
  const link = (id: string | null | undefined, label: string, icon: 'left' | 'right', key: string) => {
    const content = (
      <>
        {icon === 'left' && <Icon name="left" />}
        {label}
        {icon === 'right' && <Icon name="right" />}
      </>
    );
    return id ? (
      <a class="button" href={transactionAddress(id, search)} title={`${label}${isFiltered ? ' in the list you came from' : ''} (${key})`}>
        {content}
      </a>
    ) : (
      <span class="button button-off" aria-disabled="true">
        {content}
      </span>
    );
  };
  return (
    <nav class="neighbours" aria-label="Neighbouring transactions">
      {link(beside?.newer, 'Newer', 'left', 'k')}
      {link(beside?.older, 'Older', 'right', 'j')}
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
      <Copying detail={detail} />
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

function Opened({ detail }: { detail: TransactionDetail }) {
  const { transaction, rules } = detail;
  const hits = useMemo(() => hitsOf(transaction, (position) => detail.may_see_payload && rules[position]?.role === 'scored'), [detail]);
  return (
    <>
      <Headline detail={detail} />
      <Facts detail={detail} />
      <Triage key={detail.row.id} id={detail.row.id} />
      <Keeping key={detail.row.id} id={detail.row.id} />
      <Variants ids={detail.variants} />
      <Defects defects={transaction.defects} />
      <Score detail={detail} />
      <section aria-labelledby="rules-title">
        <h2 id="rules-title">Rules, in the order they fired</h2>
        <Rules transaction={transaction} notes={rules} hits={hits} />
      </section>
      {!detail.may_see_payload && <NoPayload />}
      {detail.may_see_payload && detail.has_payload && <Exchange transaction={transaction} hits={hits} />}
      {detail.may_see_payload && !detail.has_payload && (detail.has_original ? <Withheld id={detail.row.id} /> : <WithoutEntry removed_at={detail.payload_removed_at} />)}
      <Similar detail={detail} />
      {detail.may_see_payload && detail.has_payload && <Entry detail={detail} />}
      {detail.may_see_payload && <Decoding />}
    </>
  );
}

export function TransactionPage({ id = '' }: { id?: string }) {
  const { search } = address.value;
  const filters = filtersOf(search);
  const { value: detail, error, isLoading, reload } = useLoad<TransactionDetail>(`transactions/${id}`);
  const within = useLoad<Beside>(filters === '' ? null : `transactions/${id}/neighbours?${filters}`);
  const beside: Beside | null = filters === '' ? detail : within.value;
  const go = (to: string | null | undefined): void => {
    if (to) navigate(transactionAddress(to, search));
  };
  const newer = (): void => go(beside?.newer);
  const older = (): void => go(beside?.older);
  useKeys({ '[': newer, k: newer, ']': older, j: older, m: focusState });
  useEffect(() => {
    if (detail) document.title = `${plain(detail.row.verdict ?? 'Transaction', 60)} · Bartizan`;
  }, [detail]);
  const isGone = error instanceof ApiError && error.status === 404;
  return (
    <main class="page transaction-page" id="content">
      <Progress isOn={isLoading} />
      <div class="crumbs">
        <a href={listAddress(search)}>{filters === '' ? 'Transactions' : 'Back to the filtered list'}</a>
        <span class="quiet">/</span>
        <span class="mono">{id}</span>
        <span class="spacer" />
        <Neighbours beside={beside} search={search} isFiltered={filters !== ''} />
      </div>
      {isGone && (
        <section class="empty">
          <h1>There is no transaction {id}</h1>
          <p>It may have passed its retention, or it was demo data that somebody removed; or it is outside what you may see.</p>
          <a class="button" href={listAddress(search)}>
            All transactions
          </a>
        </section>
      )}
      {error !== null && !isGone && <Problem error={error} retry={reload} />}
      {detail && <Opened detail={detail} />}
    </main>
  );
}
