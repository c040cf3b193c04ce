/** The look-up in the bar on top; a link to its page where there is no room. */
import { useRef } from 'preact/hooks';
import { address, navigate } from '../router';
import { Icon } from './icons';
import { useKeys } from './keys';

const MOST_CHARACTERS = 2000;

export function LookupBox() {
  const box = useRef<HTMLInputElement>(null);
  const isHere = address.value.path === '/lookup';
  useKeys({
    i: () => {
      // The page has a box of its own; a narrow bar has none.
      if (!isHere && box.current?.offsetParent) box.current.focus();
      else navigate('/lookup');
    },
  });
  return (
    <>
      <form
        class={`nav-lookup${isHere ? ' nav-lookup-here' : ''}`}
        role="search"
        aria-label="Look up"
        onSubmit={(event) => {
          event.preventDefault();
          const text = box.current?.value.trim() ?? '';
          if (box.current) box.current.value = '';
          box.current?.blur();
          navigate(text === '' ? '/lookup' : `/lookup?${new URLSearchParams({ q: text })}`);
        }}
      >
        <Icon name="lookup" />
        <input ref={box} type="search" maxLength={MOST_CHARACTERS} aria-label="Look up an id, an address and a time, or a URL" placeholder="Look up an id…" spellcheck={false} autocomplete="off" />
        <kbd aria-hidden="true">I</kbd>
      </form>
      <a class="ghost nav-lookup-link" href="/lookup" aria-label="Look up" aria-current={isHere ? 'page' : undefined}>
        <Icon name="lookup" />
      </a>
    </>
  );
}
