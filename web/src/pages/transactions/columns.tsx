/** The columns of the list: what each is called, how wide it usually is, and what its cells show. */
import type { ComponentChildren } from 'preact';
import type { Row } from '../../api/types';
import { categoryLook } from '../../logic/category';
import type { ColumnName } from '../../logic/list-view';
import { transactionAddress } from '../../logic/origin';
import { severityName, tellingFirst } from '../../logic/matches';
import { relative, utc } from '../../logic/when';
import { stamp, stampClock, stampDay } from '../../logic/zone';
import { address } from '../../router';
import { ActionBadge, Mark } from '../../ui/parts';
import { plain, Safe } from '../../ui/Safe';
import { StateBadge } from '../../ui/StateBadge';
import { second } from '../../ui/tick';
import { zone } from '../../ui/zone';
import { Value } from './Value';

export interface Column {
  label: string;
  /** In pixels; null shares what is left. */
  width: number | null;
  /** The columns of an export that hold the same. */
  exported: string[];
  cell: (row: Row) => ComponentChildren;
}

/** What the tags beside a time say at length. */
const DOUBTS: Record<Row['time_basis'], string> = {
  stated: '',
  assumed: ' — the entry states no time zone; the sensor’s is assumed',
  unknown: ' — the entry states no time; this is when it was received',
};

/** By itself, so that the passing of time draws nothing else again. */
function Day({ at }: { at: Date }) {
  const now = new Date(second.value);
  const isToday = stampDay(at, zone.value) === stampDay(now, zone.value);
  return <>{isToday ? relative(at.getTime(), second.value) : stampDay(at, zone.value)}</>;
}

function Time({ row }: { row: Row }) {
  const at = new Date(row.at);
  const doubt = row.is_skewed ? ' — the sensor’s clock is off, this is when it was received' : DOUBTS[row.time_basis];
  return (
    <a class="row-open" href={transactionAddress(row.id, address.value.search)} title={`${utc(row.at)}${doubt}`}>
      <time dateTime={row.at}>{stampClock(at, zone.value)}</time>
      <span class="second-line">
        <Day at={at} />
        {row.is_skewed && <span class="tag tag-warn">clock</span>}
        {row.time_basis === 'assumed' && <span class="tag">zone assumed</span>}
        {row.time_basis === 'unknown' && <span class="tag">received</span>}
      </span>
    </a>
  );
}

function Country({ row: { place } }: { row: Row }) {
  if (!place?.country) return <span class="quiet">{place?.kind ?? 'unknown'}</span>;
  return (
    <Value subject="country" value={place.country}>
      <span class="code">{place.country}</span> {place.city ?? place.country_name ?? place.country}
    </Value>
  );
}

function Client({ row }: { row: Row }) {
  return (
    <>
      <Value subject="client" value={row.client.address}>
        <Safe text={row.client.address} length={45} />
      </Value>
      <span class="second-line">
        <Country row={row} />
      </span>
    </>
  );
}

function Category({ row }: { row: Row }) {
  return (
    <>
      <Value subject="category" value={row.category}>
        <Mark category={row.category} />
        {categoryLook(row.category).label}
      </Value>
      <span class="second-line">
        <Sensor row={row} />
        {row.is_demo && <span class="tag">demo</span>}
      </span>
    </>
  );
}

function Sensor({ row }: { row: Row }) {
  return (
    <Value subject="sensor" value={row.sensor}>
      <Safe text={row.sensor} length={40} />
    </Value>
  );
}

/** The action has a column of its own. */
function withoutAction(verdict: string): string {
  return verdict.replace(/^(Blocked|Detected(, not blocked)?|Allowed): /, '');
}

export function pathOf(uri: string | null): string | null {
  return uri === null ? null : (uri.split('?', 1)[0] ?? null);
}

function Verdict({ row }: { row: Row }) {
  if (!row.verdict) return null;
  return (
    <a class="row-verdict" href={transactionAddress(row.id, address.value.search)} title={plain(row.verdict, 300)}>
      <Safe text={withoutAction(row.verdict)} length={160} />
    </a>
  );
}

function Path({ row }: { row: Row }) {
  return (
    <Value subject="path" value={pathOf(row.uri)} class="mono">
      <Safe text={row.uri} length={180} tokens={50} />
    </Value>
  );
}

function Host({ row }: { row: Row }) {
  return (
    <Value subject="host" value={row.host}>
      <Safe text={row.host} length={60} tokens={20} />
    </Value>
  );
}

function Method({ row }: { row: Row }) {
  return (
    <Value subject="method" value={row.method} class="method">
      <Safe text={row.method} length={12} />
    </Value>
  );
}

function Request({ row }: { row: Row }) {
  return (
    <>
      <span class="request-line">
        <Method row={row} />
        <Path row={row} />
      </span>
      <span class="second-line request-more">
        <Host row={row} />
        <Verdict row={row} />
        {row.defect_count > 0 && <span class="tag tag-warn">{row.defect_count} defects</span>}
      </span>
    </>
  );
}

function Status({ row }: { row: Row }) {
  return (
    <Value subject="status" value={row.status === null ? null : String(row.status)}>
      <span class={`status status-${Math.floor((row.status ?? 0) / 100)}`}>{row.status}</span>
    </Value>
  );
}

function Rule({ id }: { id: number }) {
  return (
    <Value subject="rule" value={String(id)}>
      {id}
    </Value>
  );
}

function Rules({ row }: { row: Row }) {
  const [first, next, ...rest] = tellingFirst(row.rule_ids);
  if (first === undefined) return <span class="quiet">–</span>;
  return (
    <>
      <Rule id={first} />
      <span class="second-line">
        {next !== undefined && <Rule id={next} />}
        {rest.length > 0 && <span> +{rest.length}</span>}
      </span>
    </>
  );
}

export const COLUMNS: Record<ColumnName, Column> = {
  time: { label: 'Time', width: 102, exported: ['at'], cell: (row) => <Time row={row} /> },
  client: { label: 'Client', width: 172, exported: ['client', 'country'], cell: (row) => <Client row={row} /> },
  country: { label: 'Country', width: 150, exported: ['country', 'city'], cell: (row) => <Country row={row} /> },
  category: { label: 'Category', width: 172, exported: ['category', 'sensor'], cell: (row) => <Category row={row} /> },
  request: { label: 'Request', width: null, exported: ['method', 'host', 'uri', 'verdict'], cell: (row) => <Request row={row} /> },
  method: { label: 'Method', width: 84, exported: ['method'], cell: (row) => <Method row={row} /> },
  host: { label: 'Host', width: 180, exported: ['host'], cell: (row) => <Host row={row} /> },
  path: { label: 'Path', width: null, exported: ['uri'], cell: (row) => <Path row={row} /> },
  status: {
    label: 'Status',
    width: 82,
    exported: ['status', 'score'],
    cell: (row) => (
      <>
        <Status row={row} />
        <span class="second-line">{row.score !== null && `score ${row.score}`}</span>
      </>
    ),
  },
  action: {
    label: 'Action',
    width: 112,
    exported: ['action', 'state'],
    cell: (row) => (
      <>
        <ActionBadge row={row} />
        {row.state !== 'open' && (
          <span class="second-line">
            <StateBadge state={row.state} />
          </span>
        )}
      </>
    ),
  },
  state: {
    label: 'Triage',
    width: 150,
    exported: ['state', 'labels'],
    cell: (row) => (
      <Value subject="state" value={row.state}>
        {row.state === 'open' && row.labels.length === 0 ? <span class="quiet">open</span> : <StateBadge state={row.state} labels={row.labels} />}
      </Value>
    ),
  },
  score: { label: 'Score', width: 72, exported: ['score'], cell: ({ score }) => (score === null ? <span class="quiet">–</span> : score) },
  severity: {
    label: 'Severity',
    width: 112,
    exported: ['severity'],
    cell: ({ severity }) => (
      <Value subject="severity" value={severity === null ? null : String(severity)}>
        {severityName(severity)?.toLowerCase()}
      </Value>
    ),
  },
  rules: { label: 'Rules', width: 104, exported: ['rules'], cell: (row) => <Rules row={row} /> },
  verdict: { label: 'Verdict', width: null, exported: ['verdict'], cell: (row) => <Verdict row={row} /> },
  sensor: { label: 'Sensor', width: 130, exported: ['sensor'], cell: (row) => <Sensor row={row} /> },
  unique_id: {
    label: 'Unique id',
    width: 230,
    exported: ['unique_id'],
    cell: (row) => (
      <Value subject="unique_id" value={row.unique_id} class="mono">
        <Safe text={row.unique_id} length={60} />
      </Value>
    ),
  },
  received: {
    label: 'Received',
    width: 160,
    exported: ['received_at'],
    cell: (row) => <time dateTime={row.received_at}>{stamp(new Date(row.received_at), zone.value)}</time>,
  },
};
