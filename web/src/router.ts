/** The address bar as a signal. Links are ordinary `<a href>`; this only saves the page load. */
import { signal } from '@preact/signals';

export interface Address {
  path: string;
  search: string;
  /** The path of the page before this one; empty for the first. */
  from: string;
}

const here = (from: string): Address => ({ path: location.pathname, search: location.search, from });

export const address = signal<Address>(here(''));

export function navigate(target: string, { replace = false } = {}): void {
  if (replace) history.replaceState(null, '', target);
  else history.pushState(null, '', target);
  const before = address.value.path;
  address.value = here(before);
  if (address.value.path !== before) window.scrollTo(0, 0);
}

function isPlainClick(event: MouseEvent): boolean {
  const { button, metaKey, ctrlKey, shiftKey, altKey } = event;
  return button === 0 && !metaKey && !ctrlKey && !shiftKey && !altKey && !event.defaultPrevented;
}

function onClick(event: MouseEvent): void {
  const link = event.target instanceof Element ? event.target.closest('a') : null;
  if (!link || !isPlainClick(event) || link.target || link.hasAttribute('download')) return;
  const url = new URL(link.href, location.href);
  if (url.origin !== location.origin || url.pathname.startsWith('/api/')) return;
  if (url.hash && url.pathname === location.pathname && url.search === location.search) return;
  event.preventDefault();
  navigate(url.pathname + url.search + url.hash);
}

export function startRouter(): void {
  document.addEventListener('click', onClick);
  window.addEventListener('popstate', () => {
    address.value = here(address.value.path);
  });
}
