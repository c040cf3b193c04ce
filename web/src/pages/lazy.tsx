/** Pages are fetched when they are first opened. */
import type { ComponentType } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import { Problem } from '../ui/parts';

type Page = ComponentType<{ id?: string }>;

const LOADERS = {
  map: () => import('./map').then((module) => module.MapPage as Page),
  transactions: () => import('./transactions').then((module) => module.TransactionsPage as Page),
  transaction: () => import('./transaction').then((module) => module.TransactionPage as Page),
  sensors: () => import('./sensors').then((module) => module.SensorsPage as Page),
  account: () => import('./account').then((module) => module.AccountPage as Page),
} as const;

export type PageName = keyof typeof LOADERS;

const loaded = new Map<PageName, Page>();

export function LazyPage({ name, id }: { name: PageName; id?: string }) {
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
  return Found ? <Found key={id ?? name} {...(id === undefined ? {} : { id })} /> : <main class="page page-loading" aria-busy="true" />;
}
