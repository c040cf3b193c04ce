/** A button with a box below it; Escape and a press anywhere else close it. */
import type { ComponentChildren } from 'preact';
import { useEffect, useRef } from 'preact/hooks';

interface Props {
  isOpen: boolean;
  onOpen: (isOpen: boolean) => void;
  button: ComponentChildren;
  label: string;
  class?: string;
  children: ComponentChildren;
}

export function Popover({ isOpen, onOpen, button, label, class: name = '', children }: Props) {
  const box = useRef<HTMLDivElement>(null);
  const opener = useRef<HTMLButtonElement>(null);
  useEffect(() => {
    if (!isOpen) return undefined;
    box.current?.querySelector<HTMLElement>('.popover-box button, .popover-box input')?.focus();
    const onOutside = (event: Event): void => {
      if (event.target instanceof Node && !box.current?.contains(event.target)) onOpen(false);
    };
    const onEscape = (event: KeyboardEvent): void => {
      if (event.key !== 'Escape') return;
      event.preventDefault();
      onOpen(false);
      opener.current?.focus();
    };
    document.addEventListener('pointerdown', onOutside);
    document.addEventListener('keydown', onEscape);
    return () => {
      document.removeEventListener('pointerdown', onOutside);
      document.removeEventListener('keydown', onEscape);
    };
  }, [isOpen]);
  return (
    <div class={`with-popover ${name}`} ref={box}>
      <button ref={opener} type="button" class="button" aria-expanded={isOpen} aria-haspopup="dialog" onClick={() => onOpen(!isOpen)}>
        {button}
      </button>
      {isOpen && (
        <div class="popover-box" role="dialog" aria-label={label}>
          {children}
        </div>
      )}
    </div>
  );
}
