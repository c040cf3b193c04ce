/**
 * Values that can be asked for: a click includes, and a small menu beside the pointer or under the
 * focus includes, excludes and copies. One menu serves all values of the page.
 */
import type { ComponentChildren } from 'preact';
import { useEffect, useLayoutEffect, useRef, useState } from 'preact/hooks';
import type { Subject } from '../../logic/conditions';
import { Icon } from '../../ui/icons';
import { plain } from '../../ui/Safe';

export interface Asked {
  subject: Subject;
  value: string;
}

interface ValueProps {
  subject: Subject;
  value: string | null;
  children: ComponentChildren;
  class?: string;
}

/** A value of a row or of what is open beside it. */
export function Value({ subject, value, children, class: name = '' }: ValueProps) {
  if (value === null || value === '') return <span class="quiet">–</span>;
  return (
    <button type="button" class={`value ${name}`} data-subject={subject} data-value={value} title={plain(value, 200)}>
      {children}
    </button>
  );
}

/** What an element inside stands for. */
export function askedOf(target: EventTarget | null): { asked: Asked; element: HTMLElement } | null {
  const element = target instanceof Element ? target.closest<HTMLElement>('[data-subject]') : null;
  const { subject, value } = element?.dataset ?? {};
  if (!element || !subject || value === undefined) return null;
  return { asked: { subject: subject as Subject, value }, element };
}

interface Shown {
  asked: Asked;
  element: HTMLElement;
  /** Opened by key, click or touch, and not by hovering: it takes the focus. */
  isHeld: boolean;
}

export interface ValueMenu {
  shown: Shown | null;
  /** For the element around all values. */
  events: {
    onClick: (event: MouseEvent) => void;
    onContextMenu: (event: MouseEvent) => void;
    onPointerOver: (event: PointerEvent) => void;
    onPointerLeave: () => void;
  };
  close: () => void;
  keepOpen: () => void;
}

const HOVER_MS = 140;
const LEAVE_MS = 160;

export function useValueMenu(include: (asked: Asked) => void): ValueMenu {
  const [shown, setShown] = useState<Shown | null>(null);
  const timer = useRef<number | null>(null);
  const later = (ms: number, what: () => void): void => {
    if (timer.current !== null) window.clearTimeout(timer.current);
    timer.current = window.setTimeout(what, ms);
  };
  useEffect(() => {
    const onScroll = (): void => setShown((present) => (present?.isHeld ? present : null));
    window.addEventListener('scroll', onScroll, { passive: true });
    return () => {
      window.removeEventListener('scroll', onScroll);
      if (timer.current !== null) window.clearTimeout(timer.current);
    };
  }, []);
  const close = (): void => later(0, () => setShown(null));
  return {
    shown,
    close,
    keepOpen: () => {
      if (timer.current !== null) window.clearTimeout(timer.current);
    },
    events: {
      onClick: (event) => {
        const found = askedOf(event.target);
        if (!found?.element.classList.contains('value')) return;
        event.stopPropagation();
        // A finger cannot hover, so it chooses from the menu.
        const isTouch = (event as PointerEvent).pointerType === 'touch' || window.matchMedia('(hover: none)').matches;
        if (isTouch) {
          setShown({ ...found, isHeld: true });
          return;
        }
        close();
        include(found.asked);
      },
      onContextMenu: (event) => {
        const found = askedOf(event.target);
        if (!found || event.shiftKey) return;
        event.preventDefault();
        setShown({ ...found, isHeld: true });
      },
      onPointerOver: (event) => {
        if (event.pointerType !== 'mouse' || event.buttons !== 0 || shown?.isHeld) return;
        const found = askedOf(event.target);
        if (found) later(HOVER_MS, () => setShown({ ...found, isHeld: false }));
        else later(LEAVE_MS, () => setShown((present) => (present?.isHeld ? present : null)));
      },
      onPointerLeave: () => {
        if (!shown?.isHeld) later(LEAVE_MS, () => setShown(null));
      },
    },
  };
}

interface MenuProps {
  menu: ValueMenu;
  onInclude: (asked: Asked) => void;
  onExclude: (asked: Asked) => void;
}

export function ValueMenuBox({ menu, onInclude, onExclude }: MenuProps) {
  const box = useRef<HTMLDivElement>(null);
  const { shown, close } = menu;
  const isHeld = shown?.isHeld ?? false;
  useLayoutEffect(() => {
    if (!shown || !box.current) return undefined;
    const place = shown.element.getBoundingClientRect();
    const { offsetWidth, offsetHeight } = box.current;
    const left = isHeld ? place.left : Math.min(place.right + 2, place.left + 260);
    const below = place.bottom + 4 + offsetHeight < window.innerHeight ? place.bottom + 4 : place.top - offsetHeight - 4;
    const top = isHeld ? below : place.top + place.height / 2 - offsetHeight / 2;
    box.current.style.setProperty('left', `${Math.max(4, Math.min(left, document.documentElement.clientWidth - offsetWidth - 4))}px`);
    box.current.style.setProperty('top', `${Math.max(4, top)}px`);
    if (!isHeld) return undefined;
    box.current.querySelector('button')?.focus();
    const onOutside = (event: Event): void => {
      if (event.target instanceof Node && !box.current?.contains(event.target)) close();
    };
    document.addEventListener('pointerdown', onOutside);
    return () => document.removeEventListener('pointerdown', onOutside);
  }, [shown, isHeld]);
  if (!shown) return null;
  const { asked, element } = shown;
  const done = (what: () => void): void => {
    close();
    what();
    if (isHeld && element.isConnected) element.focus();
  };
  const onKeyDown = (event: KeyboardEvent): void => {
    const buttons = [...(box.current?.querySelectorAll('button') ?? [])];
    const at = buttons.indexOf(document.activeElement as HTMLButtonElement);
    const step = { ArrowDown: 1, ArrowRight: 1, ArrowUp: -1, ArrowLeft: -1 }[event.key];
    if (event.key === 'Escape') done(() => undefined);
    else if (step) buttons[(at + step + buttons.length) % buttons.length]?.focus();
    else return;
    event.preventDefault();
    event.stopPropagation();
  };
  const copy = (): void => void navigator.clipboard?.writeText(asked.value);
  return (
    <div
      ref={box}
      class={`value-menu${isHeld ? ' value-menu-held' : ''}`}
      role={isHeld ? 'menu' : 'toolbar'}
      aria-label={`${asked.subject} ${plain(asked.value, 60)}`}
      onPointerEnter={menu.keepOpen}
      onPointerLeave={() => !isHeld && close()}
      onKeyDown={onKeyDown}
    >
      {([
        ['plus', 'Only this', () => onInclude(asked)],
        ['minus', 'Not this', () => onExclude(asked)],
        ['copy', 'Copy', copy],
      ] as const).map(([icon, label, what]) => (
        <button key={label} type="button" role={isHeld ? 'menuitem' : undefined} title={isHeld ? undefined : label} aria-label={label} onClick={() => done(what)}>
          <Icon name={icon} />
          {isHeld && label}
        </button>
      ))}
    </div>
  );
}
