/** Pages are fetched when they are first opened. */
import type { ComponentType } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import type { MapData } from '../api/types';
import { Problem } from '../ui/parts';

/** Props of all pages together; each reads its own. */
interface PageProps {
  id?: string;
  data?: MapData;
  onClose?: () => void;
}

type Page = ComponentType<PageProps>;

const search = () => import('./search');
const event = () => import('./event');
const boards = () => import('./boards');
const rest = () => import('./rest');
const sensors = () => import('./sensors');
const people = () => import('./people');

const LOADERS = {
  map: () => import('./map').then((module) => module.MapPage as Page),
  transactions: () => search().then((module) => module.TransactionsPage as Page),
  transaction: () => event().then((module) => module.TransactionPage as Page),
  compare: () => event().then((module) => module.ComparePage as Page),
  'dead-letters': () => import('./dead-letters').then((module) => module.DeadLettersPage as Page),
  'dead-letter': () => import('./dead-letter').then((module) => module.DeadLetterPage as Page),
  retention: () => import('./retention').then((module) => module.RetentionPage as Page),
  overview: () => boards().then((module) => module.OverviewPage as Page),
  hosts: () => boards().then((module) => module.HostsPage as Page),
  lookup: () => import('./lookup').then((module) => module.LookupPage as Page),
  sensors: () => sensors().then((module) => module.SensorsPage as Page),
  sensor: () => sensors().then((module) => module.SensorPage as Page),
  'add-sensor': () => sensors().then((module) => module.AddSensorPage as Page),
  account: () => people().then((module) => module.AccountPage as Page),
  people: () => people().then((module) => module.PeoplePage as Page),
  sessions: () => people().then((module) => module.SessionsPage as Page),
  tokens: () => people().then((module) => module.TokensPage as Page),
  trail: () => people().then((module) => module.TrailPage as Page),
  redaction: () => import('./redaction').then((module) => module.RedactionPage as Page),
  welcome: () => rest().then((module) => module.WelcomePage as Page),
  setup: () => rest().then((module) => module.SetupPage as Page),
  login: () => rest().then((module) => module.LoginPage as Page),
  notfound: () => rest().then((module) => module.NotFoundPage as Page),
  'map-tools': () => import('./map/Tools').then((module) => module.MapTools as Page),
  tables: () => rest().then((module) => module.Tables as Page),
  help: () => rest().then((module) => module.Help as Page),
} as const;

export type PageName = keyof typeof LOADERS;
/** Parts of a page, which are fetched in the same way but show nothing until they are there. */
const PARTS: ReadonlySet<PageName> = new Set<PageName>(['map-tools', 'tables', 'help']);

const loaded = new Map<PageName, Page>();

export function LazyPage({ name, ...props }: PageProps & { name: PageName }) {
  const [, redraw] = useState(0);
  const [error, setError] = useState<unknown>(null);
  const Found = loaded.get(name);
  useEffect(() => {
    if (loaded.has(name)) return;
    LOADERS[name]().then((page) => {
      loaded.set(name, page);
      redraw((count) => count + 1);
    }, setError);
  }, [name]);
  if (error) {
    return (
      <main class="page">
        <Problem error={error} retry={() => location.reload()} />
      </main>
    );
  }
  if (Found) return <Found key={props.id ?? name} {...props} />;
  return PARTS.has(name) ? null : <main class="page" aria-busy="true" />;
}
