/** Loads something from the API for a component: cancelled on change, old content kept meanwhile. */
import { useCallback, useEffect, useState } from 'preact/hooks';
import { get, isAbort } from '../api/client';

export interface Loaded<T> {
  value: T | null;
  error: unknown;
  isLoading: boolean;
  reload: () => void;
}

/** No path, nothing to load. */
export function useLoad<T>(path: string | null): Loaded<T> {
  const [state, setState] = useState<{ value: T | null; error: unknown; isLoading: boolean }>({
    value: null,
    error: null,
    isLoading: true,
  });
  const [attempt, setAttempt] = useState(0);
  useEffect(() => {
    if (path === null) {
      setState({ value: null, error: null, isLoading: false });
      return undefined;
    }
    const controller = new AbortController();
    setState((present) => ({ ...present, isLoading: true }));
    get<T>(path, controller.signal).then(
      (value) => setState({ value, error: null, isLoading: false }),
      (error: unknown) => {
        if (!isAbort(error)) setState((present) => ({ ...present, error, isLoading: false }));
      },
    );
    return () => controller.abort();
  }, [path, attempt]);
  const reload = useCallback(() => setAttempt((count) => count + 1), []);
  return { ...state, reload };
}
