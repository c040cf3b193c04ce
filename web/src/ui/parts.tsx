/** Small pieces that several pages use: marks, badges, bars, buttons, messages. */
import type { ComponentChildren } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import { ApiError } from '../api/client';
import type { Row } from '../api/types';
import { categoryKey, categoryLook } from '../logic/category';
import { Icon } from './icons';

/** The category's shape in its colour; the text beside it says the same. */
export function Mark({ category }: { category: string | null }) {
  return (
    <svg class={`mark cat-${categoryKey(category)}`} viewBox="0 0 12 12" aria-hidden="true">
      <path fill-rule="evenodd" d={categoryLook(category).shape} />
    </svg>
  );
}

export function ActionBadge({ row: { intercepted, rule_ids, category }, large = false }: { row: Row; large?: boolean }) {
  const size = large ? ' badge-large' : '';
  if (intercepted === null) return <span class={`badge badge-unknown${size}`}>not stated</span>;
  // Coraza's JsonLegacy logs no rule ids; what matched still has a category.
  if (!intercepted && rule_ids.length === 0 && category === null) return <span class={`badge badge-unknown${size}`}>allowed</span>;
  return intercepted ? (
    <span class={`badge badge-blocked${size}`}>
      <Icon name="shield" />
      blocked
    </span>
  ) : (
    <span class={`badge badge-detected${size}`}>
      <Icon name="eye" />
      detected
    </span>
  );
}

/** A bar whose width is set through the CSSOM: the page's policy allows no style attributes. */
export function Bar({ part, class: name = '' }: { part: number; class?: string }) {
  const fill = useRef<HTMLSpanElement>(null);
  useEffect(() => {
    fill.current?.style.setProperty('transform', `scaleX(${Math.max(0, Math.min(1, part))})`);
  }, [part]);
  return (
    <span class={`bar ${name}`} aria-hidden="true">
      <span ref={fill} />
    </span>
  );
}

export function Copy({ text, label }: { text: string; label: string }) {
  const [isDone, setDone] = useState(false);
  const copy = (): void => {
    void navigator.clipboard?.writeText(text).then(() => {
      setDone(true);
      window.setTimeout(() => setDone(false), 1600);
    });
  };
  return (
    <button type="button" class="copy" onClick={copy} aria-label={isDone ? 'Copied' : `Copy ${label}`} title={`Copy ${label}`}>
      {isDone ? <span class="copied">copied</span> : <Icon name="copy" />}
    </button>
  );
}

export function Command({ text }: { text: string }) {
  return (
    <div class="command">
      <code>{text}</code>
      <Copy text={text} label="the command" />
    </div>
  );
}

/** What went wrong, in place, with a way on. */
export function Problem({ error, retry }: { error: unknown; retry?: () => void }) {
  const known = error instanceof ApiError ? error : null;
  return (
    <div class="problem" role="alert">
      <Icon name="warn" />
      <div>
        <p>{known?.message ?? 'This part of the console failed.'}</p>
        {known && (
          <p class="quiet small">
            {known.code}
            {known.requestId && <> · request {known.requestId}</>}
          </p>
        )}
      </div>
      {retry && (
        <button type="button" class="button" onClick={retry}>
          Try again
        </button>
      )}
    </div>
  );
}

/** The thin line on top of what is being loaded again. */
export function Progress({ isOn }: { isOn: boolean }) {
  return <div class={`progress${isOn ? ' progress-on' : ''}`} role="progressbar" aria-hidden={!isOn} aria-label="loading" />;
}

interface DialogProps {
  title: string;
  onClose: () => void;
  children: ComponentChildren;
}

/** The platform's own modal: it traps the focus and closes with Escape. */
export function Dialog({ title, onClose, children }: DialogProps) {
  const dialog = useRef<HTMLDialogElement>(null);
  useEffect(() => {
    dialog.current?.showModal();
  }, []);
  return (
    <dialog ref={dialog} onClose={onClose} aria-label={title}>
      <header>
        <h2>{title}</h2>
        <button type="button" class="ghost" onClick={() => dialog.current?.close()} aria-label="Close">
          <Icon name="close" />
        </button>
      </header>
      {children}
    </dialog>
  );
}
