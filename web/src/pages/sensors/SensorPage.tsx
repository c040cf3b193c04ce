/** One sensor: how it does, what it is, what is known of it, and what to paste. */
import type { ComponentChildren } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import { ApiError, post, put } from '../../api/client';
import type { Registered, SensorDetail, SensorSettings } from '../../api/types';
import { noFilters, pageOf, withValue } from '../../logic/filters';
import { counted, lagInWords, reasonInWords } from '../../logic/sensors';
import { day } from '../../logic/when';
import { isAdmin } from '../../session';
import { useLoad } from '../../ui/load';
import { Dialog, Problem, Progress } from '../../ui/parts';
import { plain, Safe } from '../../ui/Safe';
import { Checklist } from './Checklist';
import { Configurations, Secret } from './Configurations';
import { FactsForm } from './FactsForm';
import { Ago } from '../../ui/Ago';
import { Spark, State } from './Parts';
import { TestAttack } from './TestAttack';

const RELOAD_EVERY_MS = 15_000;
const HOURS = 7 * 24;

const CLOCKS: Record<string, string> = {
  right: 'clock right',
  ahead: 'its clock is ahead of ours',
  behind: 'its entries come late, or its clock or time zone is wrong',
  unknown: 'nothing to tell by in the last hour',
};

function Fact({ name, children }: { name: string; children: ComponentChildren }) {
  return (
    <div class="fact">
      <dt>{name}</dt>
      <dd>{children}</dd>
    </div>
  );
}

function Health({ detail: { health, settings } }: { detail: SensorDetail }) {
  const lastHour = health.per_minute.reduce((sum, one) => sum + one, 0);
  return (
    <dl class="facts sensor-facts">
      <Fact name="State">
        <State sensor={health} />
        <span class="quiet small">
          last entry <Ago at={health.last_entry_at} />
        </span>
      </Fact>
      <Fact name="Last hour, by minutes">
        <Spark counts={health.per_minute} class="spark-wide" />
        <span class="quiet small">
          {counted(lastHour, 'entry').replace('entrys', 'entries')}
          {health.usual_per_hour !== null && `, usually ${Number(health.usual_per_hour.toFixed(1)).toLocaleString('en')}`}
        </span>
      </Fact>
      <Fact name="Delay">
        {health.lag ? lagInWords(health.lag.mean_ms) : '–'}
        <span class="quiet small">
          {health.lag && `${lagInWords(health.lag.least_ms)} to ${lagInWords(health.lag.most_ms)}; `}
          {CLOCKS[health.clock]}
        </span>
      </Fact>
      <Fact name="Last 24 hours">
        <a href={pageOf({ ...withValue(noFilters(), 'sensor', settings.name), since: 'now-24h' })}>{counted(health.transactions, 'transaction')}</a>
        <span class="quiet small">{health.with_defects > 0 ? `${health.with_defects.toLocaleString('en')} with something odd` : 'nothing odd in them'}</span>
      </Fact>
      <Fact name="Not decoded">
        {health.dead_letters === null ? 'not known here' : counted(health.dead_letters, 'dead letter')}
        {health.turned_away && (
          <span class="quiet small">
            {counted(health.turned_away.count, 'delivery').replace('deliverys', 'deliveries')} not taken, last: {reasonInWords(health.turned_away.verdict)}, <Ago at={health.turned_away.at} />
          </span>
        )}
      </Fact>
    </dl>
  );
}

function Week({ hours }: { hours: SensorDetail['hours'] }) {
  const counts = Array<number>(HOURS).fill(0);
  const thisHour = Math.floor(Date.now() / 3_600_000);
  for (const { at, transactions } of hours) {
    const place = HOURS - 1 - (thisHour - Math.floor(Date.parse(at) / 3_600_000));
    if (place >= 0 && place < HOURS) counts[place] = transactions;
  }
  const total = counts.reduce((sum, one) => sum + one, 0);
  return (
    <section aria-labelledby="week-title">
      <h2 id="week-title">Seven days, by hours</h2>
      <Spark counts={counts} class="spark-week" />
      <p class="quiet small">
        {counted(total, 'transaction')}; at most {Math.max(...counts).toLocaleString('en')} in an hour
      </p>
    </section>
  );
}

const TRAITS: Record<string, string> = { format: 'Format', producer: 'Engine', ruleset: 'Rule set' };

function Traits({ traits }: { traits: SensorDetail['traits'] }) {
  if (traits.length === 0) return null;
  return (
    <section aria-labelledby="traits-title">
      <h2 id="traits-title">What it is</h2>
      <table class="plain-table">
        <thead>
          <tr>
            <th scope="col">What</th>
            <th scope="col">As its entries say</th>
            <th scope="col">First seen</th>
            <th scope="col">Last seen</th>
          </tr>
        </thead>
        <tbody>
          {traits.map(({ trait, value, first_seen_at, last_seen_at }) => (
            <tr key={`${trait} ${value}`}>
              <th scope="row">{TRAITS[trait] ?? trait}</th>
              <td>
                <Safe text={value} length={255} />
              </td>
              <td>
                <Ago at={first_seen_at} />
              </td>
              <td>
                <Ago at={last_seen_at} />
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}

function Odd({ detail: { defects, dead_letters, settings } }: { detail: SensorDetail }) {
  if (defects.length === 0 && dead_letters.length === 0) return null;
  return (
    <section aria-labelledby="odd-title">
      <h2 id="odd-title">What was odd</h2>
      <table class="plain-table">
        <thead>
          <tr>
            <th scope="col">What</th>
            <th scope="col">Became of it</th>
            <th scope="col" class="number">
              How often
            </th>
            <th scope="col">Last</th>
          </tr>
        </thead>
        <tbody>
          {dead_letters.map(({ code, count, last_at }) => (
            <tr key={`dead ${code}`}>
              <th scope="row">{reasonInWords(code)}</th>
              <td>
                <a href={`/dead-letters?${new URLSearchParams({ sensor: settings.name, code })}`}>dead letters</a>, kept
              </td>
              <td class="number">{count.toLocaleString('en')}</td>
              <td>
                <Ago at={last_at} />
              </td>
            </tr>
          ))}
          {defects.map(({ code, count, last_at }) => (
            <tr key={`defect ${code}`}>
              <th scope="row">
                <span class="mono">{plain(code, 64)}</span>
              </th>
              <td>stored all the same</td>
              <td class="number">{count.toLocaleString('en')} in 7 days</td>
              <td>{day(new Date(last_at))}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}

function Settings({ settings }: { settings: SensorSettings }) {
  const listed = (networks: string[], none: string): string => (networks.length > 0 ? networks.join(', ') : none);
  return (
    <dl class="facts sensor-facts">
      <Fact name="Position">{settings.latitude === null || settings.longitude === null ? 'assumed' : `${settings.latitude.toFixed(2)}, ${settings.longitude.toFixed(2)}`}</Fact>
      <Fact name="Time zone">{settings.zone ?? 'UTC'}</Fact>
      <Fact name="May deliver from">{listed(settings.allowed_sources, 'anywhere')}</Fact>
      <Fact name="Trusted proxies">{listed(settings.trusted_proxies, 'none')}</Fact>
      <Fact name="Registered">{day(new Date(settings.created_at))}</Fact>
    </dl>
  );
}

function NewSecret({ name, onDone, onClose }: { name: string; onDone: (made: Registered) => void; onClose: () => void }) {
  const [error, setError] = useState<unknown>(null);
  const make = (): void => {
    post<Registered>(`sensors/${name}/secret`).then(onDone, setError);
  };
  return (
    <Dialog title="A new secret" onClose={onClose}>
      <p>
        The present secret of <span class="mono">{name}</span> is refused from now on. Until the new one is pasted, mlogc and the shipper wait and lose nothing; ModSecurity 3 and Coraza by HTTPS lose what they log meanwhile.
      </p>
      {error !== null && <Problem error={error} />}
      <footer class="row-of-buttons">
        <button type="button" class="button" onClick={onClose}>
          Keep the old one
        </button>
        <button type="button" class="button button-danger" onClick={make}>
          Make a new secret
        </button>
      </footer>
    </Dialog>
  );
}

function Actions({ settings, onChanged, onSecret }: { settings: SensorSettings; onChanged: () => void; onSecret: () => void }) {
  const [error, setError] = useState<unknown>(null);
  const toggle = (): void => {
    post<SensorSettings>(`sensors/${settings.name}/${settings.is_enabled ? 'disable' : 'enable'}`).then(onChanged, setError);
  };
  return (
    <>
      <p class="row-of-buttons">
        <button type="button" class="button" onClick={onSecret}>
          New secret …
        </button>
        <button type="button" class="button" onClick={toggle}>
          {settings.is_enabled ? 'Disable' : 'Enable'}
        </button>
      </p>
      {error !== null && <Problem error={error} />}
    </>
  );
}

function Opened({ detail, reload }: { detail: SensorDetail; reload: () => void }) {
  const { settings, health } = detail;
  const [made, setMade] = useState<Registered | null>(null);
  const [isAsking, setAsking] = useState(false);
  const [isSaved, setSaved] = useState(false);
  const isNew = health.last_entry_at === null;
  return (
    <>
      <header class="sensor-head">
        <h1>
          <Safe text={settings.label || settings.name} length={100} />
          {settings.is_demo && <span class="demo-badge">DEMO</span>}
        </h1>
        {settings.label !== '' && <span class="mono quiet">{settings.name}</span>}
        <span class="spacer" />
        {isAdmin.value && !settings.is_demo && <Actions settings={settings} onChanged={reload} onSecret={() => setAsking(true)} />}
      </header>
      {isAsking && (
        <NewSecret
          name={settings.name}
          onClose={() => setAsking(false)}
          onDone={(registered) => {
            setAsking(false);
            setMade(registered);
          }}
        />
      )}
      {made && (
        <section class="card wizard-step" aria-label="The new secret">
          <Secret name={settings.name} secret={made.secret} />
          <Configurations name={settings.name} secret={made.secret} />
        </section>
      )}
      {health.refusal && (
        <p class="refusal" role="status">
          Refused <Ago at={health.refusal.at} />: {reasonInWords(health.refusal.reason)} (from <Safe text={health.refusal.peer} length={60} class="mono" />, {counted(health.refusal.count, 'time')} so far)
        </p>
      )}
      <Health detail={detail} />
      {isNew || health.refusal ? (
        <section class="card wizard-step" aria-labelledby="watch-title">
          <h2 id="watch-title">{isNew ? 'Watch it arrive' : 'Connection'}</h2>
          <div class="watch-columns">
            <div>
              <Checklist name={settings.name} />
            </div>
            <div>
              <h3>Send a test attack</h3>
              <TestAttack />
            </div>
          </div>
        </section>
      ) : (
        <>
          <Week hours={detail.hours} />
          <Traits traits={detail.traits} />
        </>
      )}
      <Odd detail={detail} />
      {isAdmin.value && !settings.is_demo ? (
        <section class="card wizard-step" aria-labelledby="known-title">
          <h2 id="known-title">What is known of it</h2>
          <FactsForm
            facts={settings}
            submit="Save"
            onSubmit={({ label, latitude, longitude, zone, allowed_sources, trusted_proxies }) =>
              put<SensorSettings>(`sensors/${settings.name}`, { label, latitude, longitude, zone, allowed_sources, trusted_proxies }).then(() => {
                setSaved(true);
                reload();
              })
            }
          >
            {isSaved && (
              <span class="saved" role="status">
                Saved. The collector and the workers know within seconds.
              </span>
            )}
          </FactsForm>
        </section>
      ) : (
        <Settings settings={settings} />
      )}
      {!made && !settings.is_demo && (
        <details class="card wizard-step">
          <summary>What to paste on the web server</summary>
          <p class="quiet">Nobody can look up the secret: put it where the placeholder stands, or make a new one.</p>
          <Configurations name={settings.name} secret={null} />
        </details>
      )}
      {!isNew && !health.refusal && (
        <details class="card wizard-step">
          <summary>Check the connection, send a test attack</summary>
          <div class="watch-columns">
            <div>
              <Checklist name={settings.name} />
            </div>
            <div>
              <TestAttack />
            </div>
          </div>
        </details>
      )}
    </>
  );
}

export function SensorPage({ id = '' }: { id?: string }) {
  const { value, error, isLoading, reload } = useLoad<SensorDetail>(`sensors/${id}`);
  useEffect(() => {
    const timer = window.setInterval(() => {
      if (!document.hidden) reload();
    }, RELOAD_EVERY_MS);
    return () => window.clearInterval(timer);
  }, [id]);
  useEffect(() => {
    if (value) document.title = `${plain(value.settings.label || value.settings.name, 60)} · Bartizan`;
  }, [value]);
  const isGone = error instanceof ApiError && error.status === 404;
  return (
    <main class="page" id="content">
      <Progress isOn={isLoading && !value} />
      <div class="crumbs">
        <a href="/sensors">Sensors</a>
        <span class="quiet">/</span>
        <span class="mono">{id}</span>
      </div>
      {isGone && (
        <section class="empty">
          <h1>There is no sensor {plain(id, 64)}</h1>
          <a class="button" href="/sensors">
            All sensors
          </a>
        </section>
      )}
      {error !== null && !isGone && <Problem error={error} retry={reload} />}
      {value && <Opened detail={value} reload={reload} />}
    </main>
  );
}
