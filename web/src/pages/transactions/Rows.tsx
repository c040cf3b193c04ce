/** The rows. Every value filters by itself; the time opens the transaction. */
import type { ComponentChildren } from 'preact';
import type { Row } from '../../api/types';
import { categoryLook } from '../../logic/category';
import { tellingFirst } from '../../logic/matches';
import type { Field } from '../../logic/filters';
import { clock, day, relative, utc } from '../../logic/when';
import { ActionBadge, Mark } from '../../ui/parts';
import { plain, Safe } from '../../ui/Safe';
import { second } from '../../ui/tick';

export type Add = (field: Field, value: string) => void;

interface ValueProps {
  field: Field;
  value: string | null;
  onAdd: Add;
  children: ComponentChildren;
}

/** A value that becomes a filter when it is pressed. */
function Value({ field, value, onAdd, children }: ValueProps) {
  if (value === null || value === '') return <span class="quiet">–</span>;
  return (
    <button type="button" class="value" onClick={() => onAdd(field, value)} title={`Only ${field} ${plain(value, 80)}`}>
      {children}
    </button>
  );
}

/** What the tags beside a time say at length. */
const DOUBTS: Record<Row['time_basis'], string> = {
  stated: '',
  assumed: ' — the entry states no time zone; the sensor’s is assumed',
  unknown: ' — the entry states no time; this is when it was received',
};

function Time({ row }: { row: Row }) {
  const at = new Date(row.at);
  const today = day(new Date(second.value));
  const doubt = row.is_skewed ? ' — the sensor’s clock is off, this is when it was received' : DOUBTS[row.time_basis];
  return (
    <a class="row-open" href={`/transactions/${row.id}`} title={`${utc(row.at)}${doubt}`}>
      <time dateTime={row.at}>{clock(at)}</time>
      <span class="second-line">
        {day(at) === today ? relative(at.getTime(), second.value) : day(at)}
        {row.is_skewed && <span class="tag tag-warn">clock</span>}
        {row.time_basis === 'assumed' && <span class="tag">zone assumed</span>}
        {row.time_basis === 'unknown' && <span class="tag">received</span>}
      </span>
    </a>
  );
}

function Client({ row, onAdd }: { row: Row; onAdd: Add }) {
  const { place } = row;
  const name = place?.country_name ?? place?.country ?? null;
  return (
    <>
      <Value field="client" value={row.client.address} onAdd={onAdd}>
        <Safe text={row.client.address} length={45} />
      </Value>
      <span class="second-line">
        {place?.country ? (
          <Value field="country" value={place.country} onAdd={onAdd}>
            <span class="code">{place.country}</span> {place.city ?? name}
          </Value>
        ) : (
          (place?.kind ?? 'unknown')
        )}
      </span>
    </>
  );
}

/** The action has a column of its own. */
function withoutAction(verdict: string): string {
  return verdict.replace(/^(Blocked|Detected(, not blocked)?|Allowed): /, '');
}

function pathOf(uri: string | null): string | null {
  return uri === null ? null : (uri.split('?', 1)[0] ?? null);
}

function Rules({ row, onAdd }: { row: Row; onAdd: Add }) {
  const [first, second_, ...rest] = tellingFirst(row.rule_ids);
  if (first === undefined) return <span class="quiet">–</span>;
  return (
    <>
      <Value field="rule" value={String(first)} onAdd={onAdd}>
        {first}
      </Value>
      <span class="second-line">
        {second_ !== undefined && (
          <Value field="rule" value={String(second_)} onAdd={onAdd}>
            {second_}
          </Value>
        )}
        {rest.length > 0 && <span> +{rest.length}</span>}
      </span>
    </>
  );
}

export function ListedRow({ row, isChosen, onAdd, onChoose }: { row: Row; isChosen: boolean; onAdd: Add; onChoose: () => void }) {
  const look = categoryLook(row.category);
  return (
    <tr class={isChosen ? 'chosen' : ''} data-id={row.id} aria-current={isChosen ? 'true' : undefined} onClick={onChoose}>
      <td class="col-time">
        <Time row={row} />
      </td>
      <td class="col-client">
        <Client row={row} onAdd={onAdd} />
      </td>
      <td class="col-category">
        <Value field="category" value={row.category} onAdd={onAdd}>
          <Mark category={row.category} />
          {look.label}
        </Value>
        <span class="second-line col-sensor-inline">
          <Value field="sensor" value={row.sensor} onAdd={onAdd}>
            <Safe text={row.sensor} length={24} />
          </Value>
          {row.is_demo && <span class="tag">demo</span>}
        </span>
      </td>
      <td class="col-request">
        <span class="request-line">
          <span class="method">
            <Safe text={row.method} length={12} />
          </span>
          <Value field="path" value={pathOf(row.uri)} onAdd={onAdd}>
            <Safe text={row.uri} length={180} tokens={50} />
          </Value>
        </span>
        <span class="second-line request-more">
          <Value field="host" value={row.host} onAdd={onAdd}>
            <Safe text={row.host} length={60} tokens={20} />
          </Value>
          {row.verdict && (
            <a class="row-verdict" href={`/transactions/${row.id}`} title={plain(row.verdict, 300)}>
              <Safe text={withoutAction(row.verdict)} length={160} />
            </a>
          )}
          {row.defect_count > 0 && <span class="tag tag-warn">{row.defect_count} defects</span>}
        </span>
      </td>
      <td class="col-status">
        <Value field="status" value={row.status === null ? null : String(row.status)} onAdd={onAdd}>
          <span class={`status status-${Math.floor((row.status ?? 0) / 100)}`}>{row.status}</span>
        </Value>
        <span class="second-line">{row.score !== null && `score ${row.score}`}</span>
      </td>
      <td class="col-action">
        <ActionBadge row={row} />
      </td>
      <td class="col-rules">
        <Rules row={row} onAdd={onAdd} />
      </td>
    </tr>
  );
}
