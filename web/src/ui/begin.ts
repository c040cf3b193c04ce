/** Pages that begin with a saved view: the one that somebody chose for it, instead of everything. */
import { useLayoutEffect, useRef } from 'preact/hooks';
import { address, navigate } from '../router';
import { session } from '../session';

/** Pages that were emptied on purpose since this console was loaded: they show everything. */
const emptied = new Set<string>();

export function useBeginning(page: string | undefined): void {
  const { path, search } = address.value;
  const before = useRef<string | null>(null);
  useLayoutEffect(() => {
    const isArrival = before.current !== path;
    before.current = path;
    if (page === undefined || search !== '') return;
    if (!isArrival) emptied.add(page);
    const query = emptied.has(page) ? undefined : session.value?.person?.begins[page];
    if (query) navigate(`${path}?${query}${location.hash}`, { replace: true });
  }, [path, search, page]);
}

/** As `views/{id}/default` has it from now on. */
export function beginWith(page: string, query: string | null): void {
  const present = session.value;
  if (!present?.person) return;
  const begins = { ...present.person.begins };
  if (query === null) delete begins[page];
  else begins[page] = query;
  session.value = { ...present, person: { ...present.person, begins } };
}
