/** What is fetched when it is first shown. */
import type { ComponentChild, ComponentType } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import { Problem } from './parts';

/** Until it is there, `meanwhile` stands in its place; if it cannot be had, that is said. */
export function lazy<Props extends object>(fetch: () => Promise<ComponentType<Props>>, meanwhile: ComponentChild = null): ComponentType<Props> {
  let fetched: ComponentType<Props> | null = null;
  return function Lazy(props: Props) {
    const [, redraw] = useState(0);
    const [error, setError] = useState<unknown>(null);
    useEffect(() => {
      if (fetched) return;
      fetch().then((found) => {
        fetched = found;
        redraw((count) => count + 1);
      }, setError);
    }, []);
    if (error) {
      return (
        <main class="page">
          <Problem error={error} retry={() => location.reload()} />
        </main>
      );
    }
    const Fetched = fetched;
    return Fetched ? <Fetched {...props} /> : meanwhile;
  };
}
