/** What the pages about people share: their frame, what somebody sees, the form for it. */
import { type ComponentChildren, Fragment } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import type { Role, SavedViewList, Terms } from '../../api/types';
import { EVERYTHING, namesOf, type Scope, scopeOf, scopeText } from '../../logic/scope';
import { isAdmin } from '../../session';
import { useLoad } from '../../ui/load';
import { Copy } from '../../ui/parts';
import { plain, Safe } from '../../ui/Safe';

const PAGES: [href: string, label: string][] = [
  ['/people', 'People'],
  ['/sessions', 'Sessions'],
  ['/tokens', 'Tokens'],
  ['/trail', 'Access trail'],
  ['/redaction', 'Redaction'],
];

interface FrameProps {
  here: string;
  says: string;
  button?: ComponentChildren;
  children?: ComponentChildren;
}

/** For administrators; others are told so. */
export function Frame({ here, says, button, children }: FrameProps) {
  const title = PAGES.find(([href]) => href === here)?.[1];
  if (!isAdmin.value) {
    return (
      <main class="page" id="content">
        <section class="empty">
          <h1>{title} is for administrators</h1>
          <p>Your own password, tokens and sessions are on the page of your account.</p>
          <a class="button button-strong" href="/account">
            Your account
          </a>
        </section>
      </main>
    );
  }
  return (
    <main class="page people-page" id="content">
      <nav class="subnav" aria-label="People and access">
        {PAGES.map(([href, label]) => (
          <a key={href} href={href} aria-current={href === here ? 'page' : undefined}>
            {label}
          </a>
        ))}
      </nav>
      <header class="people-title">
        <div>
          <h1>{title}</h1>
          <p class="quiet">{says}</p>
        </div>
        {button}
      </header>
      {children}
    </main>
  );
}

function Names({ one, many, names }: { one: string; many: string; names: string[] }) {
  if (names.length === 0) return null;
  return (
    <>
      {names.length === 1 ? one : many} <Safe text={names.slice(0, 3).join(', ')} length={120} />
      {names.length > 3 && ` and ${names.length - 3} more`}
    </>
  );
}

/** "everything", or the sensors, hosts, views and the text. */
export function ScopeWords({ scope }: { scope: string }) {
  const { sensors, hosts, views, text } = scopeOf(scope);
  if (scope === '') return <>everything</>;
  const words = [
    sensors.length > 0 && <Names one="sensor" many="sensors" names={sensors} />,
    hosts.length > 0 && <Names one="host" many="hosts" names={hosts} />,
    views.length > 0 && <Names one="view" many="views" names={views} />,
    text !== '' && <Safe class="code" text={text} length={120} />,
  ].filter((each) => each !== false);
  return (
    <>
      {words.map((each, index) => (
        <Fragment key={index}>
          {index > 0 && ', of these '}
          {each}
        </Fragment>
      ))}
    </>
  );
}

const ROLES: [role: Role, label: string, may: string][] = [
  ['viewer', 'Viewer', 'Sees transactions, the map and sensors, without payloads.'],
  ['analyst', 'Analyst', 'Also sees payloads and dead letters; preserves, notes and retries.'],
  ['admin', 'Admin', 'Also people, sensors, retention and settings. Sees everything.'],
];

export const NO_TERMS: Terms = { role: 'viewer', scope: '', sees_payloads: null };

interface TermsProps {
  terms: Terms;
  onChange: (terms: Terms) => void;
  /** Roles that may be chosen. */
  most?: Role;
}

export function TermsFields({ terms, onChange, most = 'admin' }: TermsProps) {
  const [isPart, setPart] = useState(terms.scope !== '');
  const given = scopeOf(terms.scope);
  const [sensors, setSensors] = useState(given.sensors.join('\n'));
  const [hosts, setHosts] = useState(given.hosts.join('\n'));
  const [views, setViews] = useState(given.views);
  const [text, setText] = useState(given.text);
  const known = useLoad<SavedViewList>(isPart ? 'views' : null);
  const first = useRef<HTMLTextAreaElement>(null);
  // "A part" that names nothing would be everything.
  useEffect(() => first.current?.setCustomValidity(terms.scope === '' ? 'Name a host, a sensor, a view or a search text.' : ''));
  const narrow = (change: Partial<Scope>): void => {
    const present: Scope = { sensors: namesOf(sensors), hosts: namesOf(hosts), views, text };
    onChange({ ...terms, scope: scopeText({ ...present, ...change }) });
  };
  const shared = known.value?.views.filter(({ is_shared }) => is_shared).map(({ name }) => name) ?? [];
  const choices = [...new Set([...views, ...shared])];
  const last = ROLES.findIndex(([role]) => role === most);
  const seesByRole = terms.role !== 'viewer';
  return (
    <>
      <fieldset class="choices">
        <legend>Role</legend>
        {ROLES.slice(0, last + 1).map(([role, label, may]) => (
          <label key={role} class="choice">
            <input type="radio" name="role" checked={terms.role === role} onChange={() => onChange({ ...terms, role, scope: role === 'admin' ? '' : terms.scope })} />
            <span>
              <strong>{label}</strong>
              <span class="hint">{may}</span>
            </span>
          </label>
        ))}
      </fieldset>
      <label class="field">
        Payloads
        <select
          value={String(terms.sees_payloads)}
          onChange={(event) => onChange({ ...terms, sees_payloads: { null: null, true: true, false: false }[event.currentTarget.value] ?? null })}
        >
          <option value="null">As the role: {seesByRole ? 'shown' : 'hidden'}</option>
          <option value="true">Shown</option>
          <option value="false">Hidden</option>
        </select>
        <span class="hint">Query strings, headers, bodies, matched data and raw entries.</span>
      </label>
      {terms.role !== 'admin' && (
        <fieldset class="choices">
          <legend>Sees</legend>
          <div class="segments" role="group" aria-label="Sees">
            <button
              type="button"
              aria-pressed={!isPart}
              onClick={() => {
                setPart(false);
                narrow(EVERYTHING);
              }}
            >
              everything
            </button>
            <button
              type="button"
              aria-pressed={isPart}
              onClick={() => {
                setPart(true);
                narrow({});
              }}
            >
              a part of it
            </button>
          </div>
          {isPart && (
            <div class="scope-fields">
              <label class="field">
                Only these hosts
                <textarea
                  ref={first}
                  rows={2}
                  value={hosts}
                  spellcheck={false}
                  placeholder="shop.example"
                  onInput={(event) => {
                    setHosts(event.currentTarget.value);
                    narrow({ hosts: namesOf(event.currentTarget.value) });
                  }}
                />
              </label>
              <label class="field">
                Only these sensors
                <textarea
                  rows={2}
                  value={sensors}
                  spellcheck={false}
                  placeholder="web-1"
                  onInput={(event) => {
                    setSensors(event.currentTarget.value);
                    narrow({ sensors: namesOf(event.currentTarget.value) });
                  }}
                />
              </label>
              <label class="field">
                Only what a shared view finds
                <select
                  value={views[0] ?? ''}
                  onChange={(event) => {
                    const chosen = event.currentTarget.value === '' ? [] : [event.currentTarget.value];
                    setViews(chosen);
                    narrow({ views: chosen });
                  }}
                >
                  <option value="">any</option>
                  {choices.map((name) => (
                    <option key={name} value={name}>
                      {plain(name, 80)}
                    </option>
                  ))}
                </select>
                <span class="hint">Whoever changes that view changes what they see: only administrators can then.</span>
              </label>
              <label class="field">
                Only what a search text finds
                <textarea
                  rows={2}
                  value={text}
                  spellcheck={false}
                  maxLength={2000}
                  placeholder="host:*.shop.example NOT path:/health"
                  onInput={(event) => {
                    setText(event.currentTarget.value);
                    narrow({ text: event.currentTarget.value });
                  }}
                />
              </label>
              <p class="hint">Hosts and sensors one a line. Empty is any; all that is filled in must hold. With more than sensors named, how sensors do and dead letters stay hidden, since they tell of everything.</p>
            </div>
          )}
        </fieldset>
      )}
    </>
  );
}

/** Something that is shown this once, and how to take it along. */
export function Once({ text, label, children }: { text: string; label: string; children: ComponentChildren }) {
  return (
    <div class="secret once" role="status">
      <div>
        <p>{children}</p>
        <div class="command">
          <code>{text}</code>
          <Copy text={text} label={label} />
        </div>
      </div>
    </div>
  );
}
