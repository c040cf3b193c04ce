/** Two transactions side by side: facts, arguments, headers, rules; what differs is marked. */
import type { ComponentChildren } from 'preact';
import { useState } from 'preact/hooks';
import { ApiError } from '../api/client';
import type { RuleMatch, TransactionDetail } from '../api/types';
import { argumentsOf, differing, isSame, type Pair, paired, pairedRules, type RulePair } from '../logic/pairs';
import { thresholdOf } from '../logic/matches';
import { utc } from '../logic/when';
import { navigate } from '../router';
import { Icon } from '../ui/icons';
import { useLoad } from '../ui/load';
import { ActionBadge, Problem, Progress } from '../ui/parts';
import { Safe } from '../ui/Safe';
import { Marked } from './transaction/Marked';

interface Both {
  left: TransactionDetail;
  right: TransactionDetail;
}

const COMPARED = 4000;

/** A value in which what is not in the other one is marked. */
function Value({ text, other, isPartial }: { text: string | null; other: string | null; isPartial: boolean }) {
  if (text === null) return <span class="quiet">not there</span>;
  if (text === '') return <span class="quiet">empty</span>;
  if (!isPartial || other === null || text === other || text.length > COMPARED || other.length > COMPARED) return <Safe text={text} length={600} more />;
  const [from, toHere] = differing(text, other);
  return <Marked text={text} marks={from < toHere ? [{ from, to: toHere, of: -1 }] : []} length={600} more />;
}

function Line({ pair, isPartial }: { pair: Pair; isPartial: boolean }) {
  const kind = isSame(pair) ? 'same' : pair.left === null || pair.right === null ? 'only' : 'differs';
  return (
    <tr class={`compare-${kind}`}>
      <th scope="row">
        <Safe text={pair.name} length={120} />
        {kind !== 'same' && <span class="hidden">, {kind === 'only' ? 'only on one side' : 'differs'}</span>}
      </th>
      <td>
        <Value text={pair.left} other={pair.right} isPartial={isPartial} />
      </td>
      <td>
        <Value text={pair.right} other={pair.left} isPartial={isPartial} />
      </td>
    </tr>
  );
}

function Section({ title, pairs, isOnlyDifferent, none }: { title: string; pairs: Pair[]; isOnlyDifferent: boolean; none: string }) {
  const shown = isOnlyDifferent ? pairs.filter((pair) => !isSame(pair)) : pairs;
  const different = pairs.filter((pair) => !isSame(pair)).length;
  return (
    <section class="card compare-section" aria-label={title}>
      <header class="card-head">
        <h2>{title}</h2>
        <span class="quiet small">{pairs.length === 0 ? none : different === 0 ? 'all the same' : `${different} of ${pairs.length} ${different === 1 ? 'differs' : 'differ'}`}</span>
      </header>
      {shown.length > 0 && (
        <table class="compare-table" aria-label={title}>
          <tbody>
            {shown.slice(0, 200).map((pair, index) => (
              <Line key={index} pair={pair} isPartial={title !== 'Facts'} />
            ))}
          </tbody>
        </table>
      )}
    </section>
  );
}

function RuleSide({ match }: { match: RuleMatch | null }) {
  if (match === null) return <span class="quiet">not matched</span>;
  return (
    <>
      {match.target ? <Safe text={match.target} length={120} class="mono" /> : <span>matched</span>}
      {match.data && (
        <span class="second-line">
          <Safe text={match.data} length={240} more />
        </span>
      )}
    </>
  );
}

function RuleLine({ pair }: { pair: RulePair }) {
  const isOnly = pair.left === null || pair.right === null;
  return (
    <tr class={isOnly ? 'compare-only' : 'compare-same'}>
      <th scope="row">
        <span class="mono">{pair.rule_id ?? 'no id'}</span>
        <span class="second-line">
          <Safe text={pair.message} length={160} />
        </span>
      </th>
      <td>
        <RuleSide match={pair.left} />
      </td>
      <td>
        <RuleSide match={pair.right} />
      </td>
    </tr>
  );
}

function Rules({ left, right, isOnlyDifferent }: Both & { isOnlyDifferent: boolean }) {
  const pairs = pairedRules(left.transaction.matches, right.transaction.matches);
  const single = pairs.filter((pair) => pair.left === null || pair.right === null);
  const shown = isOnlyDifferent ? single : pairs;
  return (
    <section class="card compare-section" aria-label="Rules">
      <header class="card-head">
        <h2>Rules</h2>
        <span class="quiet small">{pairs.length === 0 ? 'none matched' : single.length === 0 ? 'the same matched' : `${single.length} of ${pairs.length} matched on one side only`}</span>
      </header>
      {shown.length > 0 && (
        <table class="compare-table" aria-label="Rules">
          <tbody>
            {shown.slice(0, 200).map((pair, index) => (
              <RuleLine key={index} pair={pair} />
            ))}
          </tbody>
        </table>
      )}
    </section>
  );
}

function factsOf({ row, transaction }: TransactionDetail): [string, string][] {
  const { anomaly, request, response } = transaction;
  const score = anomaly?.inbound ?? row.score;
  const limit = thresholdOf(transaction);
  return (
    [
      ['Time', utc(row.at)],
      ['Client', row.client.address],
      ['Country', row.place?.country_name],
      ['Host', row.host],
      ['Method', request.method ?? row.method],
      ['Path', (request.uri ?? row.uri ?? '').split('?', 1)[0]],
      ['Protocol', request.protocol],
      ['Status', row.status],
      ['Category', row.category],
      ['Anomaly score', score === null ? null : `${score}${limit === null ? '' : ` of ${limit}`}`],
      ['Sensor', row.sensor],
      ['Engine', transaction.engine_mode],
      ['Ruleset', transaction.ruleset],
      ['Answer', response.protocol],
    ] as [string, string | number | null | undefined][]
  ).flatMap(([name, value]): [string, string][] => (value === null || value === undefined || value === '' ? [] : [[name, String(value)]]));
}

function Head({ detail, side, other }: { detail: TransactionDetail; side: string; other: string }) {
  const ids = side === 'Left' ? (to: string) => `/compare/${to}/${other}` : (to: string) => `/compare/${other}/${to}`;
  const step = (to: string | null, icon: 'left' | 'right', label: string) =>
    to !== null && to !== other ? (
      <a class="ghost" href={ids(to)} aria-label={`${side}: the ${label} transaction instead`} title={`The ${label} one instead`}>
        <Icon name={icon} />
      </a>
    ) : null;
  return (
    <div class="card compare-head">
      <header>
        <ActionBadge row={detail.row} />
        <a class="mono" href={`/transactions/${detail.row.id}`}>
          {detail.row.id}
        </a>
        <span class="spacer" />
        {step(detail.newer, 'left', 'newer')}
        {step(detail.older, 'right', 'older')}
      </header>
      <p>
        <Safe text={detail.transaction.verdict ?? detail.row.verdict ?? 'No verdict'} length={300} />
      </p>
    </div>
  );
}

/** To compare with another one, by its id or the address of its page. */
function Other({ left }: { left: string }) {
  const [text, setText] = useState('');
  const id = /(\d{1,19})\D*$/.exec(text)?.[1];
  const go = (event: Event): void => {
    event.preventDefault();
    if (id !== undefined) navigate(`/compare/${left}/${id}`);
  };
  return (
    <form class="compare-other" onSubmit={go}>
      <label>
        <span class="quiet">with another one </span>
        <input value={text} maxLength={300} autocomplete="off" placeholder="id or link" onInput={(event) => setText(event.currentTarget.value)} />
      </label>
      <button type="submit" class="button" disabled={id === undefined}>
        Compare
      </button>
    </form>
  );
}

function Compared({ left, right, children }: Both & { children: ComponentChildren }) {
  const [isOnlyDifferent, setOnly] = useState(false);
  const body = (detail: TransactionDetail): [string, string][] => (detail.transaction.request.body?.text ? [['Body', detail.transaction.request.body.text]] : []);
  const maySee = left.may_see_payload && right.may_see_payload;
  const hasPayload = left.has_payload && right.has_payload;
  return (
    <>
      <div class="compare-tools">
        <label class="tick-label">
          <input type="checkbox" checked={isOnlyDifferent} onChange={(event) => setOnly(event.currentTarget.checked)} />
          Only what differs
        </label>
        <span class="spacer" />
        {children}
      </div>
      <div class="compare-heads">
        <Head detail={left} side="Left" other={right.row.id} />
        <Head detail={right} side="Right" other={left.row.id} />
      </div>
      <Section title="Facts" pairs={paired(factsOf(left), factsOf(right))} isOnlyDifferent={isOnlyDifferent} none="none" />
      {maySee && (
        <>
          {!hasPayload && <p class="quiet">Of at least one of them the entry was removed by retention: it has no headers and arguments any more.</p>}
          <Section title="Arguments" pairs={paired(argumentsOf(left.transaction), argumentsOf(right.transaction))} isOnlyDifferent={isOnlyDifferent} none="neither has any" />
          <Section title="Request headers" pairs={paired(left.transaction.request.headers, right.transaction.request.headers)} isOnlyDifferent={isOnlyDifferent} none="neither has any" />
          {(body(left).length > 0 || body(right).length > 0) && <Section title="Request body" pairs={paired(body(left), body(right))} isOnlyDifferent={isOnlyDifferent} none="none" />}
          <Section title="Response headers" pairs={paired(left.transaction.response.headers, right.transaction.response.headers)} isOnlyDifferent={isOnlyDifferent} none="neither has any" />
        </>
      )}
      {!maySee && <p class="card no-payload">Arguments and headers are for people who may see payloads. An administrator can change that.</p>}
      <Rules left={left} right={right} isOnlyDifferent={isOnlyDifferent} />
    </>
  );
}

export function ComparePage({ id = '' }: { id?: string }) {
  const [first = '', second = ''] = id.split('/');
  const left = useLoad<TransactionDetail>(`transactions/${first}`);
  const right = useLoad<TransactionDetail>(`transactions/${second}`);
  const failed = [left, right].find(({ error }) => error !== null);
  const isGone = failed?.error instanceof ApiError && failed.error.status === 404;
  return (
    <main class="page transaction-page compare-page" id="content">
      <Progress isOn={left.isLoading || right.isLoading} />
      <div class="crumbs">
        <a href={`/transactions/${first}`}>Transaction {first}</a>
        <span class="quiet">/</span>
        <h1>Compared</h1>
      </div>
      {isGone && (
        <section class="empty">
          <h2>One of them is not there</h2>
          <p>It may have passed its retention, or it is outside what you may see.</p>
          <Other left={first} />
        </section>
      )}
      {failed && !isGone && <Problem error={failed.error} retry={failed.reload} />}
      {left.value && right.value && (
        <Compared left={left.value} right={right.value}>
          <Other left={first} />
        </Compared>
      )}
    </main>
  );
}
