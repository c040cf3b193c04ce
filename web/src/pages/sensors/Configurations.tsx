/** What to paste on the web server: a tab for each way, the secret in place while it is known. */
import { useRef, useState } from 'preact/hooks';
import type { Configuration, Configurations as Found } from '../../api/types';
import { reachable } from '../../logic/sensors';
import { Icon } from '../../ui/icons';
import { useLoad } from '../../ui/load';
import { Copy, Problem } from '../../ui/parts';

const TABS: Record<string, string> = {
  apache: 'Apache',
  nginx: 'nginx',
  'nginx-https': 'nginx, HTTPS',
  coraza: 'Coraza, HTTPS',
  'coraza-ship': 'Coraza',
  ship: 'Log files',
  curl: 'curl, Vector …',
};

function Block({ title, note, text }: { title: string; note: string; text: string }) {
  return (
    <div class="paste">
      <div class="paste-head">
        <span class="mono">{title}</span>
        {note && <span class="quiet small">{note}</span>}
        <span class="spacer" />
        <Copy text={text} label={title} />
      </div>
      <pre class="block" tabIndex={0} aria-label={title}>
        {text}
      </pre>
    </div>
  );
}

function Way({ way, placeholder, secret }: { way: Configuration; placeholder: string; secret: string | null }) {
  const filled = (text: string): string => (secret === null ? text : text.replaceAll(placeholder, secret));
  return (
    <>
      <p>{way.summary}</p>
      {way.warnings.length > 0 && (
        <ul class="warnings">
          {way.warnings.map((warning) => (
            <li key={warning}>
              <Icon name="warn" />
              <span>{warning}</span>
            </li>
          ))}
        </ul>
      )}
      {way.files.map(({ path, note, content }) => (
        <Block key={path} title={path} note={note} text={filled(content)} />
      ))}
      {way.commands.length > 0 && <Block title="Then, once, as root" note="" text={way.commands.map((command) => `${command}\n`).join('')} />}
    </>
  );
}

interface Props {
  name: string;
  secret: string | null;
}

export function Configurations({ name, secret }: Props) {
  const [asked, setAsked] = useState<string | null>(null);
  const [typed, setTyped] = useState<string | null>(null);
  const [chosen, setChosen] = useState(0);
  const tabs = useRef<HTMLDivElement>(null);
  const query = asked === null ? '' : `?${new URLSearchParams({ collector: asked })}`;
  const { value, error } = useLoad<Found>(`sensors/${name}/configuration${query}`);
  if (asked === null && value) {
    const better = reachable(value.collector, location.hostname);
    if (better !== value.collector) setAsked(better);
  }
  const ways = value?.configurations ?? [];
  const way = ways[chosen];
  const onKey = (event: KeyboardEvent): void => {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (step === undefined || ways.length === 0) return;
    event.preventDefault();
    const next = (chosen + step + ways.length) % ways.length;
    setChosen(next);
    tabs.current?.querySelectorAll<HTMLElement>('[role=tab]')[next]?.focus();
  };
  return (
    <div class="configurations">
      <form
        class="collector-address"
        onSubmit={(event) => {
          event.preventDefault();
          if (typed !== null) setAsked(typed.trim());
        }}
      >
        <label class="field">
          How the web server reaches this collector
          <input value={typed ?? value?.collector ?? ''} onInput={(event) => setTyped(event.currentTarget.value)} onBlur={() => typed !== null && setAsked(typed.trim())} spellcheck={false} autocomplete="off" />
        </label>
      </form>
      {error !== null && <Problem error={error} />}
      <div class="tabs" role="tablist" aria-label="Kind of web server" ref={tabs} onKeyDown={onKey}>
        {ways.map(({ kind, title }, index) => (
          <button key={kind} type="button" role="tab" id={`way-${kind}`} aria-controls="way" aria-selected={index === chosen} tabIndex={index === chosen ? 0 : -1} onClick={() => setChosen(index)} title={title}>
            {TABS[kind] ?? kind}
          </button>
        ))}
      </div>
      {value && way && (
        <div role="tabpanel" id="way" aria-labelledby={`way-${way.kind}`}>
          <h3>{way.title}</h3>
          <Way way={way} placeholder={value.placeholder} secret={secret} />
        </div>
      )}
    </div>
  );
}

/** A secret, the one time that anybody sees it. */
export function Secret({ name, secret }: { name: string; secret: string }) {
  return (
    <div class="secret" role="status">
      <Icon name="warn" />
      <div>
        <p>
          <strong>The secret of {name} is shown this once.</strong> It stands in the configuration below. If it is lost, give the sensor a new one.
        </p>
        <div class="command">
          <code>{secret}</code>
          <Copy text={secret} label="the secret" />
        </div>
      </div>
    </div>
  );
}
