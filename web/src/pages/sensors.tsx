/** The sensors: who sends, who stopped, what is odd. Their pages and the wizard are one chunk. */
import { useEffect } from 'preact/hooks';
import type { SensorHealthList, Status } from '../api/types';
import { isAdmin } from '../session';
import { FirstSteps } from '../ui/Empty';
import { Icon } from '../ui/icons';
import { useLoad } from '../ui/load';
import { Problem, Progress } from '../ui/parts';
import { Strangers } from './sensors/Parts';
import { SensorTable } from './sensors/Table';

export { AddSensorPage } from './sensors/AddSensor';
export { SensorPage } from './sensors/SensorPage';

const RELOAD_EVERY_MS = 10_000;

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
        <dd>
          {store.ok ? 'working' : 'not reachable; entries wait in the spool'}
          <a href="/retention">What is kept how long</a>
        </dd>
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

function Add() {
  if (!isAdmin.value) return null;
  return (
    <a class="button button-strong" href="/add-sensor">
      <Icon name="plus" />
      Add a sensor
    </a>
  );
}

export function SensorsPage() {
  const { value, error, isLoading, reload } = useLoad<SensorHealthList>('sensor-health');
  const status = useLoad<Status>('status');
  useEffect(() => {
    const timer = window.setInterval(() => {
      if (document.hidden) return;
      reload();
      status.reload();
    }, RELOAD_EVERY_MS);
    return () => window.clearInterval(timer);
  }, []);
  const isEmpty = value?.sensors.length === 0;
  return (
    <main class="page sensors-page" id="content">
      <Progress isOn={isLoading && !value} />
      <header class="sensor-head">
        <h1>Sensors</h1>
        <span class="spacer" />
        {!isEmpty && <Add />}
      </header>
      {error !== null && <Problem error={error} retry={reload} />}
      {value && !isEmpty && <SensorTable sensors={value.sensors} />}
      {isEmpty && (
        <section class="empty">
          <h2>No sensor yet</h2>
          <FirstSteps />
        </section>
      )}
      {value && <Strangers strangers={value.strangers} title="Not a sensor, and refused in the last day" />}
      {status.value && <Health status={status.value} />}
    </main>
  );
}
