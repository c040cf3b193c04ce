/** Which list a transaction was opened from: its search stays in the address, so links keep it. */
import { parseFilters, toSearch } from './filters';

/** The address of a transaction within a list. */
export function transactionAddress(id: string, listSearch = ''): string {
  const search = listSearch.replace(/^\?/, '');
  return `/transactions/${id}${search ? `?${search}` : ''}`;
}

/** The transaction at such an address, or the first of two compared; null at any other. */
export function openedFrom(path: string): string | null {
  return /^\/(?:transactions|compare)\/(\d{1,32})/.exec(path)?.[1] ?? null;
}

/** Back to the list, as it was: everything that its address held. */
export function listAddress(search: string): string {
  const kept = search.replace(/^\?/, '');
  return kept ? `/transactions?${kept}` : '/transactions';
}

/** The filters among it, as the API takes them; empty if the list showed everything. */
export function filtersOf(search: string): string {
  return toSearch(parseFilters(search));
}
