/** Small pieces of the sensors' pages. */
import type { SensorHealth, Stranger } from '../../api/types';
import { reasonInWords } from '../../logic/sensors';
import { Ago } from '../../ui/Ago';
import { Safe } from '../../ui/Safe';

const STATES: Record<SensorHealth['state'], [look: string, words: string]> = {
  sending: ['live', 'sending'],
  silent: ['silent', 'silent'],
  waiting: ['quiet', 'waiting'],
  disabled: ['off', 'disabled'],
};

export function State({ sensor }: { sensor: Pick<SensorHealth, 'state'> }) {
  const [look, words] = STATES[sensor.state];
  return <span class={`state state-${look}`}>{words}</span>;
}

/** Bars from the left; the text beside it says what counts. */
export function Spark({ counts, class: name = '' }: { counts: number[]; class?: string }) {
  const most = Math.max(1, ...counts);
  const bars = counts.map((count, index) => (count === 0 ? '' : `M${index * 3 + 1.5} 24V${(24 - Math.max(1.5, (count / most) * 23)).toFixed(1)}`));
  return (
    <svg class={`spark ${name}`} viewBox={`0 0 ${counts.length * 3} 24`} preserveAspectRatio="none" aria-hidden="true">
      <path class="spark-base" d={`M0 23.5H${counts.length * 3}`} />
      <path d={bars.join('')} />
    </svg>
  );
}

/** The same in few words, for a narrow place. */
export function StrangerLines({ strangers }: { strangers: Stranger[] }) {
  if (strangers.length === 0) return null;
  return (
    <div class="stranger-lines small">
      <p>
        <strong>Refused in the last minutes.</strong> Is one of them this sensor, with a mistyped name or an old secret?
      </p>
      <ul>
        {strangers.map((one) => (
          <li key={`${one.name} ${one.reason}`}>
            {one.name === '' ? 'Somebody' : <Safe text={one.name} length={64} class="mono" />} from <Safe text={one.peer} length={60} class="mono" />, <Ago at={one.last_seen_at} />: {reasonInWords(one.reason)}
          </li>
        ))}
      </ul>
    </div>
  );
}

/** Who knocked without being a sensor: often one whose name was mistyped. */
export function Strangers({ strangers, title }: { strangers: Stranger[]; title: string }) {
  if (strangers.length === 0) return null;
  return (
    <section class="card strangers" aria-labelledby="strangers-title">
      <h2 id="strangers-title">{title}</h2>
      <p class="quiet small">The collector refused them, and they will try again. A mistyped name or an old secret looks like this; so does a stranger.</p>
      <table class="plain-table">
        <thead>
          <tr>
            <th scope="col">Calls itself</th>
            <th scope="col">From</th>
            <th scope="col">Why refused</th>
            <th scope="col" class="number">Times</th>
            <th scope="col">Last</th>
          </tr>
        </thead>
        <tbody>
          {strangers.map((one) => (
            <tr key={`${one.name} ${one.reason}`}>
              <td>{one.name === '' ? <span class="quiet">no name</span> : <Safe text={one.name} length={64} class="mono" />}</td>
              <td>
                <Safe text={one.peer} length={60} class="mono" />
              </td>
              <td>{reasonInWords(one.reason)}</td>
              <td class="number">{one.count.toLocaleString('en')}</td>
              <td>
                <Ago at={one.last_seen_at} />
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}
