/** The address of the list: its filters and its view; what of the view the browser remembers. */
import { useMemo } from 'preact/hooks';
import { type Filters, toSearch } from '../../logic/filters';
import { type Layout, type ListView, parseView, readLayout, writeLayout, writeView } from '../../logic/list-view';
import { session } from '../../session';

/** Of each person who uses this browser. */
const key = (): string => `bartizan.list.${session.value?.person?.name ?? ''}`;

function remembered(): Partial<Layout> {
  try {
    return readLayout(localStorage.getItem(key()));
  } catch {
    return {};
  }
}

export function rememberLayout(layout: Layout): void {
  try {
    localStorage.setItem(key(), writeLayout(layout));
  } catch {
    // Not remembered, but shown.
  }
}

/** The same columns stay the same array, so that rows are not drawn again for nothing. */
export function useListView(search: string): ListView {
  const view = useMemo(() => parseView(search, remembered()), [search]);
  const columns = useMemo(() => view.columns, [JSON.stringify(view.columns)]);
  return { ...view, columns };
}

export function pageAt(filters: Filters, view: ListView): string {
  const query = [toSearch(filters), writeView(view)].filter(Boolean).join('&');
  return query ? `/transactions?${query}` : '/transactions';
}
