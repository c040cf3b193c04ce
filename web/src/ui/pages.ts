/** What comes page after page, the newest first: older ones are added below when they are asked for. */
import { useEffect, useState } from 'preact/hooks';
import { get, isAbort } from '../api/client';

export interface Pages<Page> {
  /** Those that are loaded; those of the question before until the first of the next is there. */
  pages: Page[] | null;
  error: unknown;
  isLoading: boolean;
  hasOlder: boolean;
  older: () => void;
  reload: () => void;
}

/** `path` ends with a query string, which may be empty; another `turn` asks the same again. */
export function usePages<Page extends { next: string | null }>(path: string, turn = ''): Pages<Page> {
  const [pages, setPages] = useState<Page[] | null>(null);
  const [isLoading, setLoading] = useState(true);
  const [error, setError] = useState<unknown>(null);
  const next = pages?.[pages.length - 1]?.next ?? null;
  const load = (cursor: string | null, abort?: AbortSignal): void => {
    setLoading(true);
    get<Page>(cursor === null ? path : `${path}&${new URLSearchParams({ cursor })}`, abort).then(
      (page) => {
        setPages((before) => (cursor === null ? [page] : [...(before ?? []), page]));
        setError(null);
        setLoading(false);
      },
      (cause: unknown) => {
        if (isAbort(cause)) return;
        setError(cause);
        setLoading(false);
      },
    );
  };
  useEffect(() => {
    const controller = new AbortController();
    load(null, controller.signal);
    return () => controller.abort();
  }, [path, turn]);
  return { pages, error, isLoading, hasOlder: next !== null, older: () => load(next), reload: () => load(null) };
}
