/** An upright bar of two parts: the dark one was blocked. */
import { useLayoutEffect, useRef } from 'preact/hooks';

export function Column({ whole, part }: { whole: number; part: number }) {
  const all = useRef<HTMLSpanElement>(null);
  const dark = useRef<HTMLSpanElement>(null);
  useLayoutEffect(() => {
    all.current?.style.setProperty('height', `${Math.min(1, whole) * 100}%`);
    dark.current?.style.setProperty('height', `${Math.min(1, part) * 100}%`);
  }, [whole, part]);
  return (
    <span class="column" aria-hidden="true">
      <span ref={all} class="parts-all" />
      <span ref={dark} class="parts-blocked" />
    </span>
  );
}
