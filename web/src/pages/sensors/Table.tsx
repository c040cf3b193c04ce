/** All sensors at a glance: what wants attention stands first; every column sorts. */
import { useMemo, useState } from 'preact/hooks';
import type { SensorHealth } from '../../api/types';
import { COLUMNS, isShown, lagInWords, type SensorColumn, type Show, sorted, troublesOf, withoutAddresses } from '../../logic/sensors';
import { Ago } from '../../ui/Ago';
import { plain, Safe } from '../../ui/Safe';
import { SortedHead, useSorting } from '../../ui/sorting';
import { Spark, State } from './Parts';

const FEW = 8;

function Title({ sensor: { name, label, is_demo } }: { sensor: SensorHealth }) {
  return (
    <>
      <a class="sensor-link" href={`/sensors/${name}`}>
        <Safe text={label || name} length={60} />
      </a>
      {is_demo && <span class="tag">demo</span>}
      {label !== '' && (
        <span class="second-line">
          <Safe text={name} length={64} />
        </span>
      )}
    </>
  );
}

function LastHour({ sensor: { per_minute, usual_per_hour } }: { sensor: SensorHealth }) {
  const count = per_minute.reduce((sum, one) => sum + one, 0);
  const usual = usual_per_hour === null ? null : usual_per_hour >= 10 ? Math.round(usual_per_hour) : Number(usual_per_hour.toFixed(1));
  return (
    <>
      <Spark counts={per_minute} />
      <span class="second-line">
        <strong>{count.toLocaleString('en')}</strong> in 60 min
        {usual !== null && <span class="usual"> · usually {usual.toLocaleString('en')}</span>}
      </span>
    </>
  );
}

function Software({ sensor: { producer, ruleset, formats } }: { sensor: SensorHealth }) {
  if (producer === null && ruleset === null && formats.length === 0) return <span class="quiet">–</span>;
  return (
    <>
      <span class="cut" title={producer === null ? undefined : plain(producer, 300)}>
        <Safe text={withoutAddresses(producer ?? formats[0] ?? '')} length={70} />
      </span>
      <span class="second-line cut">{ruleset !== null && <Safe text={ruleset} length={60} />}</span>
    </>
  );
}

function Attention({ sensor }: { sensor: SensorHealth }) {
  const troubles = troublesOf(sensor);
  if (troubles.length === 0) return <span class="quiet">–</span>;
  return (
    <span class="troubles">
      {troubles.map((trouble) => (
        <span key={trouble} class={trouble.startsWith('refused') ? 'tag tag-bad' : 'tag tag-warn'}>
          {trouble}
        </span>
      ))}
    </span>
  );
}

function Row({ sensor }: { sensor: SensorHealth }) {
  return (
    <tr class={`sensor-row sensor-${sensor.state}`}>
      <th scope="row" class="col-sensor">
        <Title sensor={sensor} />
      </th>
      <td class="col-state">
        <State sensor={sensor} />
        <span class="second-line">{sensor.last_entry_at !== null ? <Ago at={sensor.last_entry_at} /> : sensor.state === 'waiting' && 'for its first entry'}</span>
      </td>
      <td class="col-hour">
        <LastHour sensor={sensor} />
      </td>
      <td class="col-delay number">{sensor.lag ? lagInWords(sensor.lag.mean_ms) : <span class="quiet">–</span>}</td>
      <td class="col-software">
        <Software sensor={sensor} />
      </td>
      <td class="col-attention">
        <Attention sensor={sensor} />
      </td>
    </tr>
  );
}

const SHOWN: [Show, string][] = [
  ['all', 'All'],
  ['silent', 'Silent'],
  ['attention', 'Want attention'],
];

export function SensorTable({ sensors }: { sensors: SensorHealth[] }) {
  const sorting = useSorting<SensorColumn>('State');
  const { by, isReversed } = sorting;
  const [show, setShow] = useState<Show>('all');
  const [typed, setTyped] = useState('');
  const shown = useMemo(
    () => sorted(sensors.filter((sensor) => isShown(sensor, show, typed)), by, isReversed),
    [sensors, by, isReversed, show, typed],
  );
  const count = (which: Show): number => sensors.filter((sensor) => isShown(sensor, which, '')).length;
  return (
    <>
      <div class="sensor-bar">
        <div class="segments" role="group" aria-label="Which sensors">
          {SHOWN.map(([which, words]) => (
            <button key={which} type="button" aria-pressed={show === which} onClick={() => setShow(which)}>
              {words} <span class="quiet">{count(which)}</span>
            </button>
          ))}
        </div>
        {sensors.length > FEW && (
          <input class="sensor-find" type="search" value={typed} onInput={(event) => setTyped(event.currentTarget.value)} aria-label="Find a sensor" placeholder="Find by name" spellcheck={false} />
        )}
      </div>
      <table class="sensor-table" aria-label="Sensors">
        <SortedHead columns={COLUMNS} numbers={['Delay']} sorting={sorting} />
        <tbody>
          {shown.map((sensor) => (
            <Row key={sensor.name} sensor={sensor} />
          ))}
        </tbody>
      </table>
      {shown.length === 0 && <p class="quiet none">None of the {sensors.length} sensors.</p>}
    </>
  );
}
