/** The sensors: where they are, when they last spoke. They are registered on the command line. */
import { useEffect } from 'preact/hooks';
import type { Sensor, Status } from '../api/types';
import { noFilters, pageOf, withValue } from '../logic/filters';
import { local, relative } from '../logic/when';
import { FirstSteps } from '../ui/Empty';
import { useLoad } from '../ui/load';
import { Command, Problem, Progress } from '../ui/parts';
import { Safe } from '../ui/Safe';
import { second } from '../ui/tick';

const RELOAD_EVERY_MS = 15_000;
const SILENT_AFTER_MS = 3_600_000;

function State({ sensor }: { sensor: Sensor }) {
  if (!sensor.is_enabled) return <span class="state state-off">disabled</span>;
  if (!sensor.last_entry_at) return <span class="state state-quiet">waiting for its first entry</span>;
  const isSilent = second.value - Date.parse(sensor.last_entry_at) > SILENT_AFTER_MS;
  return isSilent ? <span class="state state-quiet">silent</span> : <span class="state state-live">sending</span>;
}

function Position({ sensor: { latitude, longitude, position } }: { sensor: Sensor }) {
  if (latitude === null || longitude === null) return <span class="quiet">not set</span>;
  return (
    <>
      {latitude.toFixed(2)}, {longitude.toFixed(2)}
      {position === 'assumed' && <span class="tag">assumed</span>}
    </>
  );
}

function SensorTable({ sensors }: { sensors: Sensor[] }) {
  return (
    <table class="plain-table sensor-table" aria-label="Sensors">
      <thead>
        <tr>
          <th scope="col">Sensor</th>
          <th scope="col">State</th>
          <th scope="col">Last entry</th>
          <th scope="col">Position</th>
        </tr>
      </thead>
      <tbody>
        {sensors.map((sensor) => (
          <tr key={sensor.name}>
            <th scope="row">
              <a href={pageOf(withValue(noFilters(), 'sensor', sensor.name))}>
                <Safe text={sensor.label || sensor.name} length={60} />
              </a>
              {sensor.is_demo && <span class="tag">demo</span>}
              {sensor.label && (
                <span class="second-line">
                  <Safe text={sensor.name} length={60} />
                </span>
              )}
            </th>
            <td>
              <State sensor={sensor} />
            </td>
            <td title={sensor.last_entry_at ? local(new Date(sensor.last_entry_at)) : undefined}>
              {sensor.last_entry_at ? relative(Date.parse(sensor.last_entry_at), second.value) : 'never'}
            </td>
            <td class="numeric">
              <Position sensor={sensor} />
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

function Health({ status }: { status: Status }) {
  const { spool, store, places } = status;
  return (
    <dl class="facts health">
      {spool && (
        <div class="fact">
          <dt>Waiting to be decoded</dt>
          <dd>{spool.entries.toLocaleString('en')} entries</dd>
        </div>
      )}
      {spool && (
        <div class="fact">
          <dt>Could not be decoded</dt>
          <dd>{spool.dead_letters.toLocaleString('en')} dead letters</dd>
        </div>
      )}
      <div class="fact">
        <dt>Store</dt>
        <dd>{store.ok ? 'working' : 'not reachable; entries wait in the spool'}</dd>
      </div>
      <div class="fact">
        <dt>Places</dt>
        <dd>
          {places.text}
          {places.date && <span class="quiet small">of {places.date}</span>}
          {places.notice && <span class="quiet small">{places.notice}</span>}
        </dd>
      </div>
    </dl>
  );
}

export function SensorsPage() {
  const { value, error, isLoading, reload } = useLoad<{ sensors: Sensor[] }>('sensors');
  const status = useLoad<Status>('status');
  useEffect(() => {
    const timer = window.setInterval(() => {
      if (document.hidden) return;
      reload();
      status.reload();
    }, RELOAD_EVERY_MS);
    return () => window.clearInterval(timer);
  }, []);
  return (
    <main class="page" id="content">
      <Progress isOn={isLoading && !value} />
      <h1>Sensors</h1>
      {error !== null && <Problem error={error} retry={reload} />}
      {value && value.sensors.length > 0 && <SensorTable sensors={value.sensors} />}
      {value && value.sensors.length === 0 && (
        <section class="empty">
          <h2>No sensor yet</h2>
          <FirstSteps />
        </section>
      )}
      {status.value && <Health status={status.value} />}
      {value && value.sensors.length > 0 && (
        <section>
          <h2>Add one</h2>
          <p>Sensors are registered where Bartizan runs. The command prints the configuration to paste on the web server.</p>
          <Command text='bartizan sensor add web-2 --label "Shop, Frankfurt" --at 50.11,8.68' />
          <p>A lost or leaked password is replaced, and nothing that the sensor sends meanwhile is lost:</p>
          <Command text="bartizan sensor rotate web-2" />
        </section>
      )}
    </main>
  );
}
