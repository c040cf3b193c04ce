/** The wizard: say what it is, paste what is shown, watch the lights. */
import { useEffect, useRef, useState } from 'preact/hooks';
import { post } from '../../api/client';
import type { Registered } from '../../api/types';
import { isAdmin } from '../../session';
import { Command } from '../../ui/parts';
import { Checklist } from './Checklist';
import { Configurations, Secret } from './Configurations';
import { FactsForm, NO_FACTS } from './FactsForm';
import { TestAttack } from './TestAttack';

const NAME = '[A-Za-z0-9_][A-Za-z0-9._@\\-]{0,63}';

function NotAllowed() {
  return (
    <section class="empty">
      <h1>Sensors are added by administrators</h1>
      <p>Ask one, or run this where Bartizan runs:</p>
      <Command text="bartizan sensor add web-1" />
    </section>
  );
}

function About({ onAdded }: { onAdded: (added: Registered) => void }) {
  const [name, setName] = useState('');
  const first = (
    <label class="field">
      Name
      <input class="mono" value={name} onInput={(event) => setName(event.currentTarget.value)} pattern={NAME} maxLength={64} required placeholder="web-1" autocomplete="off" autocapitalize="none" spellcheck={false} />
      <span class="hint">How it logs in: letters, digits and ._@- It cannot be changed later.</span>
    </label>
  );
  return (
    <FactsForm
      facts={NO_FACTS}
      first={first}
      submit="Register the sensor"
      isReady={new RegExp(`^${NAME}$`).test(name)}
      onSubmit={(facts) => post<Registered>('sensors', { name, ...facts }).then(onAdded)}
    />
  );
}

function Added({ added: { settings, secret } }: { added: Registered }) {
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => heading.current?.focus(), []);
  const { name } = settings;
  return (
    <>
      <section class="card wizard-step">
        <h2 ref={heading} tabIndex={-1}>
          <span class="step-number">2</span>
          Paste this on the web server
        </h2>
        <Secret name={name} secret={secret} />
        <Configurations name={name} secret={secret} />
      </section>
      <section class="card wizard-step" aria-labelledby="watch-title">
        <h2 id="watch-title">
          <span class="step-number">3</span>
          Watch it arrive
        </h2>
        <div class="watch-columns">
          <div>
            <Checklist name={name} />
          </div>
          <div>
            <h3>Send a test attack</h3>
            <TestAttack />
          </div>
        </div>
      </section>
      <p>
        All of this is also on <a href={`/sensors/${name}`}>the page of {settings.label || name}</a>, but for the secret.
      </p>
    </>
  );
}

export function AddSensorPage() {
  const [added, setAdded] = useState<Registered | null>(null);
  if (!isAdmin.value) {
    return (
      <main class="page" id="content">
        <NotAllowed />
      </main>
    );
  }
  return (
    <main class="page wizard" id="content">
      <div class="crumbs">
        <a href="/sensors">Sensors</a>
        <span class="quiet">/</span>
        <span>new</span>
      </div>
      <h1>Add a sensor</h1>
      <section class={`card wizard-step${added ? ' wizard-done' : ''}`}>
        <h2>
          <span class="step-number">1</span>
          {added ? (
            <>
              <span class="mono">{added.settings.name}</span> is registered
            </>
          ) : (
            'Which web server is it?'
          )}
        </h2>
        {!added && <About onAdded={setAdded} />}
      </section>
      {added && <Added added={added} />}
    </main>
  );
}
