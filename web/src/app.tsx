/** The frame of every page: who is logged in decides what is shown, the address decides which page. */
import { useEffect, useState } from 'preact/hooks';
import { openFeed, serverBuild } from './live/stream';
import { LazyPage, type PageName } from './pages/lazy';
import { address, navigate } from './router';
import { loadedBuild, loadSession, session } from './session';
import { toggleTheme } from './theme';
import { useBeginning } from './ui/begin';
import { useKeys } from './ui/keys';
import { watchLetters } from './ui/letters';
import { Nav } from './ui/Nav';
import { Problem } from './ui/parts';

const PAGES: Record<string, PageName> = {
  '/': 'map',
  '/map': 'map',
  '/transactions': 'transactions',
  '/overview': 'overview',
  '/hosts': 'hosts',
  '/lookup': 'lookup',
  '/sensors': 'sensors',
  '/add-sensor': 'add-sensor',
  '/dead-letters': 'dead-letters',
  '/retention': 'retention',
  '/account': 'account',
  '/people': 'people',
  '/sessions': 'sessions',
  '/tokens': 'tokens',
  '/trail': 'trail',
  '/redaction': 'redaction',
};

const TITLES: Partial<Record<PageName, string>> = {
  map: 'Live attack map',
  transactions: 'Transactions',
  transaction: 'Transaction',
  compare: 'Two transactions compared',
  overview: 'Overview',
  hosts: 'Hosts',
  lookup: 'Look up',
  sensors: 'Sensors',
  sensor: 'Sensor',
  'add-sensor': 'Add a sensor',
  'dead-letters': 'Dead letters',
  'dead-letter': 'Dead letter',
  retention: 'Retention',
  account: 'Account',
  people: 'People',
  sessions: 'Sessions',
  tokens: 'Tokens',
  trail: 'Access trail',
  redaction: 'Redaction',
};

const ONE_OF: [PageName, RegExp][] = [
  ['transaction', /^\/transactions\/(\d{1,32})$/],
  ['compare', /^\/compare\/(\d{1,32}\/\d{1,32})$/],
  ['sensor', /^\/sensors\/([\w.@-]{1,64})$/],
  ['dead-letter', /^\/dead-letters\/(\d{1,32})$/],
];

interface Found {
  name: PageName;
  id?: string;
}

function pageAt(path: string): Found | null {
  const plain = path.length > 1 ? path.replace(/\/$/, '') : path;
  const name = PAGES[plain];
  if (name) return { name };
  for (const [page, pattern] of ONE_OF) {
    const id = pattern.exec(plain)?.[1];
    if (id !== undefined) return { name: page, id };
  }
  return null;
}

/** After the login people come back to where they wanted to go. */
function leaveGate(): void {
  const next = new URLSearchParams(location.search).get('next') ?? '/';
  const isOurs = next.startsWith('/') && !next.startsWith('//') && !next.startsWith('/\\');
  navigate(isOurs ? next : '/', { replace: true });
}

function Ready() {
  const { path } = address.value;
  const [isHelpOpen, setHelpOpen] = useState(false);
  useKeys({ '?': () => setHelpOpen(true), d: toggleTheme });
  useEffect(openFeed, []);
  useEffect(watchLetters, []);
  useEffect(() => {
    if (path === '/login' || path === '/setup' || path === '/welcome') leaveGate();
  }, [path]);
  const found = pageAt(path);
  useBeginning(found?.name);
  useEffect(() => {
    document.title = `${found ? TITLES[found.name] : 'Not found'} · Bartizan`;
  }, [found?.name]);
  const isOutdated = serverBuild.value !== null && serverBuild.value !== loadedBuild();
  return (
    <>
      <a class="skip" href="#content">
        Skip to the content
      </a>
      <Nav onHelp={() => setHelpOpen(true)} />
      {isOutdated && (
        <div class="notice" role="status">
          A new version of Bartizan is running.
          <button type="button" class="link" onClick={() => location.reload()}>
            Reload
          </button>
        </div>
      )}
      <LazyPage {...(found ?? { name: 'notfound' })} />
      {isHelpOpen && <LazyPage name="help" onClose={() => setHelpOpen(false)} />}
    </>
  );
}

function Gate({ state }: { state: 'setup' | 'login' }) {
  const isWelcome = state === 'login' && address.value.path === '/welcome';
  useEffect(() => {
    if (isWelcome) {
      document.title = 'Welcome · Bartizan';
      return;
    }
    const wanted = state === 'setup' ? '/setup' : '/login';
    document.title = `${state === 'setup' ? 'Set up' : 'Log in'} · Bartizan`;
    if (address.value.path === wanted) return;
    const { path, search } = address.value;
    const isFirst = path === '/' || path === '/login' || path === '/setup';
    const next = isFirst ? '' : `?${new URLSearchParams({ next: path + search })}`;
    navigate(wanted + next + location.hash, { replace: true });
  }, [state, isWelcome]);
  return <LazyPage name={isWelcome ? 'welcome' : state} />;
}

export function App() {
  const [error, setError] = useState<unknown>(null);
  const load = (): void => {
    setError(null);
    loadSession().catch(setError);
  };
  useEffect(load, []);
  const present = session.value;
  if (error) {
    return (
      <main class="gate">
        <Problem error={error} retry={load} />
      </main>
    );
  }
  if (!present) return null;
  return present.state === 'ready' ? <Ready /> : <Gate state={present.state} />;
}
