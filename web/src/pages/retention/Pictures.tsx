/** How far back each class reaches, and what takes the disk: two pictures with the same numbers beside them. */
import type { RetentionLimits, RetentionOverview, RetentionState } from '../../api/types';
import { axisSpan, general, growth, reach, span } from '../../logic/retention';
import { bytes } from '../transaction/Exchange';

interface Reach {
  name: string;
  what: string;
  key: string;
  age_ms: number | null;
  limit_hours: number | null;
}

const since = (at: string | null, now_ms: number): number | null => (at === null ? null : Math.max(0, now_ms - Date.parse(at)));

function reaches(found: RetentionOverview): Reach[] {
  const now_ms = Date.parse(found.server_time);
  const ages = general(found.limits);
  return [
    { name: 'Entries', what: 'as they came, with bodies', key: 'payloads', age_ms: since(found.oldest_payload_at, now_ms), limit_hours: ages?.payloads_hours ?? null },
    { name: 'Transactions', what: 'decoded, with their rules', key: 'transactions', age_ms: since(found.oldest_at, now_ms), limit_hours: ages?.transactions_hours ?? null },
    { name: 'Statistics', what: 'counts by hour and day', key: 'statistics', age_ms: since(found.state?.size.statistics_since ?? null, now_ms), limit_hours: found.limits.statistics_hours },
  ];
}

/** The latest is on the right, as in every picture of time here. */
export function HowFarBack({ found }: { found: RetentionOverview }) {
  const rows = reaches(found);
  const whole_ms = axisSpan(rows.map((row) => row.age_ms ?? 0), rows.map((row) => row.limit_hours));
  const part = (ms: number): number => Math.min(100, (ms / whole_ms) * 100);
  return (
    <section class="card reach" aria-labelledby="reach-title">
      <h2 id="reach-title">How far back it goes</h2>
      <ul>
        {rows.map(({ name, what, key, age_ms, limit_hours }) => (
          <li key={key}>
            <p class="reach-line">
              <strong>{name}</strong> <span class="quiet small">{what}</span>
              <span class="spacer" />
              <span>
                {age_ms === null ? <span class="quiet">nothing yet, </span> : <strong>{reach(age_ms)} </strong>}
                <span class="quiet">{limit_hours === null ? 'kept for good' : `of ${span(limit_hours)}`}</span>
              </span>
            </p>
            <svg viewBox="0 0 100 10" preserveAspectRatio="none" aria-hidden="true">
              <rect class="reach-ground" x="0" y="0" width="100" height="10" />
              {limit_hours !== null && <rect class={`reach-limit class-${key}`} x={100 - part(limit_hours * 3_600_000)} y="0" width={part(limit_hours * 3_600_000)} height="10" />}
              {age_ms !== null && <rect class={`reach-bar class-${key}`} x={100 - Math.max(0.6, part(age_ms))} y="0" width={Math.max(0.6, part(age_ms))} height="10" />}
            </svg>
          </li>
        ))}
      </ul>
      <p class="reach-axis quiet small" aria-hidden="true">
        <span>{reach(whole_ms)} ago</span>
        <span>now</span>
      </p>
    </section>
  );
}

interface Share {
  key: string;
  name: string;
  bytes: number;
}

function shares({ size }: RetentionState): Share[] {
  const { used_bytes, reusable_bytes } = size.room;
  const rest = Math.max(0, used_bytes - size.payload_bytes - size.statistics_bytes);
  return [
    { key: 'payloads', name: 'Entries', bytes: size.payload_bytes },
    { key: 'transactions', name: 'Transactions and indexes', bytes: rest },
    { key: 'statistics', name: 'Statistics', bytes: size.statistics_bytes },
    { key: 'reusable', name: 'Reusable', bytes: reusable_bytes },
  ];
}

/** How much more may come until a limit says stop. */
function roomLeft(state: RetentionState, limits: RetentionLimits): number | null {
  const { used_bytes, reusable_bytes, free_bytes } = state.size.room;
  const disk = free_bytes === null ? null : free_bytes + reusable_bytes - limits.min_free_bytes;
  const size = limits.max_store_bytes === null ? null : limits.max_store_bytes - used_bytes;
  const known = [disk, size].filter((room) => room !== null);
  return known.length === 0 ? null : Math.max(0, Math.min(...known));
}

function Forecast({ state, limits }: { state: RetentionState; limits: RetentionLimits }) {
  const known = growth(state.history, roomLeft(state, limits));
  if (known === null) return <p class="quiet small">How fast it grows is known after a day.</p>;
  if (known.per_day <= 0) return <p class="quiet small">It did not grow in the last days.</p>;
  return (
    <p class="small">
      Grows by about <strong>{bytes(Math.round(known.per_day))}</strong> a day
      {known.days_left === null ? '.' : known.days_left > 1825 ? '; there is room for years.' : `; a limit is reached in about ${known.days_left.toLocaleString('en')} days.`}
    </p>
  );
}

function Stack({ found }: { found: Share[] }) {
  const whole = Math.max(1, found.reduce((sum, share) => sum + share.bytes, 0));
  let from = 0;
  return (
    <svg class="disk-bar" viewBox="0 0 100 10" preserveAspectRatio="none" aria-hidden="true">
      {found.map(({ key, bytes: size }) => {
        const width = (size / whole) * 100;
        from += width;
        return <rect key={key} class={`class-${key}`} x={from - width} y="0" width={width} height="10" />;
      })}
    </svg>
  );
}

/** The store beside what is free of its disk, with the part of it that is to stay free. */
function OfItsDisk({ stored, free, least }: { stored: number; free: number; least: number }) {
  const part = (size: number): number => Math.min(100, (size / Math.max(1, stored + free)) * 100);
  const isShort = free < least;
  return (
    <>
      <p class="reach-line">
        <strong>Its disk</strong>
        <span class="spacer" />
        <span>
          <strong class={isShort ? 'disk-short' : ''}>{bytes(free)}</strong> <span class="quiet">free{least > 0 && `, ${bytes(least)} stay free`}</span>
        </span>
      </p>
      <svg class="disk-bar disk-thin" viewBox="0 0 100 10" preserveAspectRatio="none" aria-hidden="true">
        <rect class="class-free" x="0" y="0" width="100" height="10" />
        <rect class="disk-stored" x="0" y="0" width={Math.max(0.6, part(stored))} height="10" />
        {least > 0 && <rect class="disk-reserve" x={100 - part(least)} y="0" width={part(least)} height="10" />}
      </svg>
    </>
  );
}

export function Disk({ state, limits }: { state: RetentionState; limits: RetentionLimits }) {
  const { used_bytes, reusable_bytes, free_bytes } = state.size.room;
  const found = shares(state);
  return (
    <section class="card disk" aria-labelledby="disk-title">
      <h2 id="disk-title">What takes room</h2>
      <p class="reach-line">
        <strong>The store</strong> <span class="quiet small">{state.size.transactions.toLocaleString('en')} transactions</span>
        <span class="spacer" />
        <span>
          <strong>{bytes(used_bytes)}</strong> <span class="quiet">{limits.max_store_bytes !== null && `of ${bytes(limits.max_store_bytes)}`}</span>
        </span>
      </p>
      <Stack found={found} />
      <dl class="disk-shares">
        {found.map(({ key, name, bytes: size }) => (
          <div key={key}>
            <dt>
              <span class={`swatch class-${key}`} />
              {name}
            </dt>
            <dd>{bytes(size)}</dd>
          </div>
        ))}
      </dl>
      {free_bytes === null ? (
        <p class="quiet small">How much of its disk is free only the database server knows; a limit of size works there.</p>
      ) : (
        <OfItsDisk stored={used_bytes + reusable_bytes} free={free_bytes} least={limits.min_free_bytes} />
      )}
      <Forecast state={state} limits={limits} />
    </section>
  );
}
