/** Pages are fetched when they are first opened. */
import type { ComponentType } from 'preact';
import { lazy } from '../ui/lazy';

/** Props of all pages together; each reads its own. */
interface PageProps {
  id?: string;
  onClose?: () => void;
}

type Page = ComponentType<PageProps>;

const page = (fetch: () => Promise<Page>): Page => lazy(fetch, <main class="page" aria-busy="true" />);

const search = () => import('./search');
const event = () => import('./event');
const boards = () => import('./boards');
const rest = () => import('./rest');
const sensors = () => import('./sensors');
const people = () => import('./people');

const PAGES = {
  map: page(() => import('./map').then((module) => module.MapPage as Page)),
  transactions: page(() => search().then((module) => module.TransactionsPage as Page)),
  transaction: page(() => event().then((module) => module.TransactionPage as Page)),
  compare: page(() => event().then((module) => module.ComparePage as Page)),
  'dead-letters': page(() => import('./dead-letters').then((module) => module.DeadLettersPage as Page)),
  'dead-letter': page(() => import('./dead-letter').then((module) => module.DeadLetterPage as Page)),
  retention: page(() => import('./retention').then((module) => module.RetentionPage as Page)),
  overview: page(() => boards().then((module) => module.OverviewPage as Page)),
  hosts: page(() => boards().then((module) => module.HostsPage as Page)),
  lookup: page(() => import('./lookup').then((module) => module.LookupPage as Page)),
  sensors: page(() => sensors().then((module) => module.SensorsPage as Page)),
  sensor: page(() => sensors().then((module) => module.SensorPage as Page)),
  'add-sensor': page(() => sensors().then((module) => module.AddSensorPage as Page)),
  account: page(() => people().then((module) => module.AccountPage as Page)),
  people: page(() => people().then((module) => module.PeoplePage as Page)),
  sessions: page(() => people().then((module) => module.SessionsPage as Page)),
  tokens: page(() => people().then((module) => module.TokensPage as Page)),
  trail: page(() => people().then((module) => module.TrailPage as Page)),
  redaction: page(() => import('./redaction').then((module) => module.RedactionPage as Page)),
  welcome: page(() => rest().then((module) => module.WelcomePage as Page)),
  setup: page(() => rest().then((module) => module.SetupPage as Page)),
  login: page(() => rest().then((module) => module.LoginPage as Page)),
  notfound: page(() => rest().then((module) => module.NotFoundPage as Page)),
  help: lazy(() => rest().then((module) => module.Help as Page)),
} as const;

export type PageName = keyof typeof PAGES;

export function LazyPage({ name, ...props }: PageProps & { name: PageName }) {
  const Page = PAGES[name];
  return <Page key={props.id ?? name} {...props} />;
}
