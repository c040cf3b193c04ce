/** The strip of facts under the headline. */
import type { ComponentChildren } from 'preact';
import type { TransactionDetail } from '../../api/types';
import { categoryLook } from '../../logic/category';
import { noFilters, pageOf, withValue } from '../../logic/filters';
import { local, offset, relative, utc } from '../../logic/when';
import { Bar, Copy, Mark } from '../../ui/parts';
import { Safe } from '../../ui/Safe';
import { second } from '../../ui/tick';

function Fact({ name, children }: { name: string; children: ComponentChildren }) {
  return (
    <div class="fact">
      <dt>{name}</dt>
      <dd>{children}</dd>
    </div>
  );
}

function When({ iso }: { iso: string }) {
  const at = new Date(iso);
  return (
    <>
      <time dateTime={iso}>{local(at)}</time>
      <span class="quiet small">
        UTC{offset(at)} · {relative(at.getTime(), second.value)}
      </span>
      <span class="quiet small">{utc(iso)}</span>
    </>
  );
}

function Where({ detail }: { detail: TransactionDetail }) {
  const { client, place, network } = detail.transaction;
  const shown = detail.row.place ?? place;
  const filter = client.address ? pageOf(withValue(noFilters(), 'client', client.address)) : null;
  const country = shown?.country_name ?? shown?.country ?? null;
  return (
    <>
      <span>
        {filter ? (
          <a href={filter} title="All transactions of this client">
            <Safe text={client.address} length={60} />
          </a>
        ) : (
          '–'
        )}
        {client.port !== null && <span class="quiet">:{client.port}</span>}
        {client.address && <Copy text={client.address} label="the address" />}
      </span>
      <span class="quiet small">
        {country ? [shown?.city, country].filter(Boolean).join(', ') : (shown?.kind ?? 'place unknown')}
        {shown?.kind === 'country' && ' (country only)'}
      </span>
      {network?.organisation && (
        <span class="quiet small">
          AS{network.asn} <Safe text={network.organisation} length={60} />
        </span>
      )}
    </>
  );
}

function Score({ detail }: { detail: TransactionDetail }) {
  const { anomaly } = detail.transaction;
  const score = anomaly?.inbound ?? detail.row.score;
  if (score === null) return <>not stated</>;
  const threshold = anomaly?.threshold ?? null;
  const full = Math.max(score, (threshold ?? score) * 2, 1);
  return (
    <>
      <span>
        <strong>{score}</strong>
        {threshold !== null && <span class="quiet"> of {threshold} allowed</span>}
      </span>
      {threshold !== null && <Bar part={score / full} class={score >= threshold ? 'bar-over' : 'bar-under'} />}
      {anomaly?.outbound !== null && anomaly?.outbound !== undefined && <span class="quiet small">outbound {anomaly.outbound}</span>}
    </>
  );
}

export function Facts({ detail }: { detail: TransactionDetail }) {
  const { row, transaction } = detail;
  return (
    <dl class="facts">
      <Fact name="Time">
        <When iso={row.at} />
        {transaction.zone === 'assumed' && <span class="tag tag-warn">time zone assumed</span>}
        {row.is_skewed && <span class="tag tag-warn">sensor’s clock is off</span>}
      </Fact>
      <Fact name="Client">
        <Where detail={detail} />
      </Fact>
      <Fact name="Category">
        <a href={pageOf(withValue(noFilters(), 'category', row.category ?? 'other'))}>
          <Mark category={row.category} />
          {categoryLook(row.category).label}
        </a>
      </Fact>
      <Fact name="Anomaly score">
        <Score detail={detail} />
      </Fact>
      <Fact name="Status">
        {row.status ?? '–'}
        {transaction.intercept?.phase != null && <span class="quiet small">stopped in phase {transaction.intercept.phase}</span>}
      </Fact>
      <Fact name="Host">
        {row.host ? (
          <a href={pageOf(withValue(noFilters(), 'host', row.host))}>
            <Safe text={row.host} length={80} />
          </a>
        ) : (
          '–'
        )}
        {transaction.server.address && (
          <span class="quiet small">
            <Safe text={transaction.server.address} length={60} />
            {transaction.server.port !== null && `:${transaction.server.port}`}
          </span>
        )}
      </Fact>
      <Fact name="Sensor">
        <a href={pageOf(withValue(noFilters(), 'sensor', row.sensor))}>
          <Safe text={row.sensor} length={40} />
        </a>
        {row.is_demo && <span class="tag">demo</span>}
      </Fact>
      <Fact name="Engine">
        {transaction.engine_mode ? <Safe text={transaction.engine_mode} length={40} /> : 'mode not stated'}
        {transaction.producer && (
          <span class="quiet small">
            <Safe text={transaction.producer} length={120} />
          </span>
        )}
        {transaction.ruleset && (
          <span class="quiet small">
            <Safe text={transaction.ruleset} length={120} />
          </span>
        )}
      </Fact>
      <Fact name="Unique id">
        <span class="breakable">
          <Safe text={row.unique_id} length={120} class="mono" />
          {row.unique_id && <Copy text={row.unique_id} label="the unique id" />}
        </span>
      </Fact>
    </dl>
  );
}
