/** The search box and the saved views of the map; fetched when they are asked for. */
import { useEffect, useMemo, useRef } from 'preact/hooks';
import type { CheckedSearch } from '../../api/types';
import { noFilters } from '../../logic/filters';
import { address, navigate } from '../../router';
import { useLoad } from '../../ui/load';
import { Views } from '../../ui/Views';
import { SearchBox } from '../transactions/SearchBox';

export function MapTools() {
  const { path, search } = address.value;
  const text = new URLSearchParams(search).get('q')?.trim() || null;
  const filters = useMemo(() => ({ ...noFilters(), text }), [text]);
  const checked = useLoad<CheckedSearch>(text === null ? null : `search/check?${new URLSearchParams({ q: text })}`);
  const box = useRef<HTMLDivElement>(null);
  // Whoever asked for it wants to type.
  useEffect(() => {
    if (text === null) box.current?.querySelector('input')?.focus();
  }, []);
  const show = (next: string | null): void => {
    const query = new URLSearchParams(search);
    if (next === null) query.delete('q');
    else query.set('q', next);
    navigate(query.size > 0 ? `${path}?${query}` : path);
  };
  return (
    <div class="map-tools" ref={box}>
      <SearchBox filters={filters} onChange={(next) => show(next.text)} mistake={checked.value?.error ?? null} />
      <Views page="map" path={path} />
    </div>
  );
}
