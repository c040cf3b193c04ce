/** The strip of facts under the headline. */
import type { ComponentChildren } from 'preact';
import { useEffect, useRef } from 'preact/hooks';
import type { Endpoint, TransactionDetail } from '../../api/types';
import { categoryLook } from '../../logic/category';
import { noFilters, pageOf, withValue } from '../../logic/filters';
import { thresholdOf } from '../../logic/matches';
import { local, offset, offsetText, relative, utc } from '../../logic/when';
import { Copy, Mark } from '../../ui/parts';
import { Safe } from '../../ui/Safe';
import { second } from '../../ui/tick';

function Fact({ name, wide = false, children }: { name: string; wide?: boolean; children: ComponentChildren }) {
  return (
    <div class={wide ? 'fact fact-wide' : 'fact'}>
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
      {offset(at) !== '+00:00' && <span class="quiet small">{utc(iso)}</span>}
    </>
  );
}

/** After a colon, as usual, unless the address is full of colons itself. */
function Port({ of: { address, port } }: { of: Endpoint }) {
  if (port === null) return null;
  return <span class="quiet">{address?.includes(':') ? ` port ${port}` : `:${port}`}</span>;
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
        <Port of={client} />
        {client.address && <Copy text={client.address} label="the address" />}
      </span>
      <span class="quiet small">
        {country ? [shown?.city, country].filter(Boolean).join(', ') : (shown?.kind ?? 'place unknown')}
        {shown?.kind === 'country' && ' (country only)'}
      </span>
      {detail.peer && (
        <span class="quiet small">
          by the trusted proxy <Safe text={detail.peer.address} length={60} class="mono" />
          <Port of={detail.peer} />
        </span>
      )}
      {network?.organisation && (
        <span class="quiet small">
          AS{network.asn} <Safe text={network.organisation} length={60} />
        </span>
      )}
    </>
  );
}

/** The score on a scale with the threshold's mark; what is beyond it is red. */
function Gauge({ score, threshold }: { score: number; threshold: number }) {
  const gauge = useRef<HTMLSpanElement>(null);
  useEffect(() => {
    const full = Math.max(score, threshold * 2, 1);
    const percent = (part: number): string => `${((100 * part) / full).toFixed(1)}%`;
    gauge.current?.style.setProperty('--score', percent(score));
    gauge.current?.style.setProperty('--threshold', percent(Math.min(threshold, full)));
  }, [score, threshold]);
  return (
    <span ref={gauge} class={score >= threshold ? 'gauge gauge-over' : 'gauge'} aria-hidden="true">
      <span class="gauge-fill" />
      <span class="gauge-mark" />
    </span>
  );
}

function Score({ detail }: { detail: TransactionDetail }) {
  const { anomaly } = detail.transaction;
  const score = anomaly?.inbound ?? detail.row.score;
  if (score === null) return <>not stated</>;
  const threshold = thresholdOf(detail.transaction);
  return (
    <>
      <span>
        <strong class={threshold !== null && score >= threshold ? 'over' : ''}>{score}</strong>
        {threshold !== null && <span class="quiet"> at a threshold of {threshold}</span>}
      </span>
      {threshold !== null && <Gauge score={score} threshold={threshold} />}
      {anomaly?.outbound != null && <span class="quiet small">outbound {anomaly.outbound}</span>}
    </>
  );
}

export function Facts({ detail }: { detail: TransactionDetail }) {
  const { row, transaction } = detail;
  return (
    <dl class="facts">
      <Fact name="Time">
        <When iso={row.at} />
        {row.time_basis === 'assumed' && (
          <span class="tag tag-warn">
            time zone assumed
            {detail.zone_offset_s !== null && `: UTC${offsetText(detail.zone_offset_s)}`}
          </span>
        )}
        {row.time_basis === 'unknown' && <span class="tag tag-warn">not stated: when it was received</span>}
        {row.is_skewed && <span class="tag tag-warn">sensor’s clock is off: when it was received</span>}
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
            <Port of={transaction.server} />
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
      <Fact name="Unique id" wide>
        <span class="breakable">
          <Safe text={row.unique_id} length={120} class="mono" />
          {row.unique_id && <Copy text={row.unique_id} label="the unique id" />}
        </span>
      </Fact>
    </dl>
  );
}
