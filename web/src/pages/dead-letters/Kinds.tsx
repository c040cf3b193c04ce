/** What there is, by reason and then by sensor, with what can be done about it. */
import { useState } from 'preact/hooks';
import type { LetterKind } from '../../api/types';
import { local, relative } from '../../logic/when';
import { Safe } from '../../ui/Safe';
import { second } from '../../ui/tick';
import { bytes } from '../transaction/Exchange';
import { isChanging, start } from './change';
import { Remove } from './Remove';

export interface Filter {
  sensor: string | null;
  code: string | null;
}

const SENSORS_AT_FIRST = 5;

export function addressOf({ sensor, code }: Filter): string {
  const query = new URLSearchParams();
  if (sensor !== null) query.set('sensor', sensor);
  if (code !== null) query.set('code', code);
  const search = query.toString();
  return `/dead-letters${search ? `?${search}` : ''}`;
}

/** One time where a glance would not tell the two apart. */
function Times({ first, last }: { first: string; last: string }) {
  const [from, to] = [first, last].map((at) => relative(Date.parse(at), second.value));
  return (
    <>
      <time dateTime={first} title={local(new Date(first))}>
        {from}
      </time>
      {from !== to && (
        <>
          {' – '}
          <time dateTime={last} title={local(new Date(last))}>
            {to}
          </time>
        </>
      )}
    </>
  );
}

function SensorRow({ kind, hasActions }: { kind: LetterKind; hasActions: boolean }) {
  const { sensor, code } = kind;
  return (
    <tr>
      <th scope="row">
        <a href={addressOf({ sensor, code })}>
          <Safe text={sensor} length={40} />
        </a>
      </th>
      <td>
        <strong>{kind.letters.toLocaleString('en')}</strong> <span class="quiet small">{bytes(kind.size_bytes)}</span>
      </td>
      <td class="kind-times">
        <Times first={kind.first_at} last={kind.last_at} />
      </td>
      {hasActions && (
        <td class="kind-actions">
          <button type="button" class="button" disabled={isChanging()} onClick={() => void start('retry', { sensor, code }, kind.letters)}>
            Decode again
          </button>
          <Remove choice={{ sensor, code }} count={kind.letters} what=" of this sensor and reason" />
        </td>
      )}
    </tr>
  );
}

function Reason({ kinds, hasActions }: { kinds: LetterKind[]; hasActions: boolean }) {
  const [isWhole, setWhole] = useState(false);
  const [first] = kinds;
  if (!first) return null;
  const shown = isWhole ? kinds : kinds.slice(0, SENSORS_AT_FIRST);
  return (
    <li class="kind">
      <div class="kind-why">
        <h3>{first.reason}</h3>
        <p class="quiet small">{first.advice}</p>
        <p class="small">
          <a class="mono" href={addressOf({ sensor: null, code: first.code })}>
            <Safe text={first.code} length={40} />
          </a>
        </p>
      </div>
      <div class="kind-sensors">
        <table aria-label={first.reason}>
          <thead>
            <tr>
              <th scope="col">Sensor</th>
              <th scope="col">Letters</th>
              <th scope="col">First – last</th>
              {hasActions && <td />}
            </tr>
          </thead>
          <tbody>
            {shown.map((kind) => (
              <SensorRow key={kind.sensor} kind={kind} hasActions={hasActions} />
            ))}
          </tbody>
        </table>
        {shown.length < kinds.length && (
          <button type="button" class="link" onClick={() => setWhole(true)}>
            {kinds.length - shown.length} more sensors
          </button>
        )}
      </div>
    </li>
  );
}

/** A single row needs no buttons of its own: those above the list do the same. */
export function Kinds({ kinds }: { kinds: LetterKind[] }) {
  const groups = new Map<string, LetterKind[]>();
  for (const kind of kinds) groups.set(kind.code, [...(groups.get(kind.code) ?? []), kind]);
  return (
    <ul class="kinds card" aria-label="Reasons">
      {[...groups].map(([code, some]) => (
        <Reason key={code} kinds={some} hasActions={kinds.length > 1} />
      ))}
    </ul>
  );
}
