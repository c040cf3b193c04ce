/** Decoding by hand: a text, the steps taken on it, and what each of them made. */
import { useEffect, useRef, useState } from 'preact/hooks';
import { asText, hexLines, isBinary } from '../../logic/bytes';
import { chain, input, type Kind, KIND_MEANS, KIND_NAMES, KINDS, MOST_BYTES, MOST_STEPS, proposed, type Step } from '../../logic/decode';
import { Icon } from '../../ui/icons';
import { Copy, Dialog } from '../../ui/parts';
import { Safe } from '../../ui/Safe';
import { decoding, sourceOf } from './decoding';

const HEX_SHOWN = 2048;
const MOST_SELECTED = 64 * 1024;

function Made({ bytes, label }: { bytes: Uint8Array; label: string }) {
  const isOdd = isBinary(bytes);
  return (
    <>
      <pre class={`block decode-made${isOdd ? ' hex' : ''}`} tabIndex={0} aria-label={label}>
        {isOdd ? hexLines(bytes.subarray(0, HEX_SHOWN), 16).join('\n') : <Safe text={asText(bytes)} length={2000} tokens={300} lines more />}
      </pre>
      <p class="quiet small">
        {bytes.length.toLocaleString('en')} {bytes.length === 1 ? 'byte' : 'bytes'}
        {isOdd ? ', not text' : <Copy text={asText(bytes)} label={label} />}
      </p>
    </>
  );
}

function Taken({ step, number, onUndo }: { step: Step; number: number; onUndo: () => void }) {
  return (
    <li class="decode-step">
      <header>
        <h3>
          {number}. {KIND_NAMES[step.kind]}
        </h3>
        {step.isSame && <span class="tag">nothing to decode</span>}
        <button type="button" class="link small" onClick={onUndo} aria-label={`Take back step ${number} and what follows`}>
          take back
        </button>
      </header>
      {step.bytes === null ? <p class="decode-failed">This is not {KIND_NAMES[step.kind]}.</p> : <Made bytes={step.bytes} label={`after step ${number}`} />}
    </li>
  );
}

export function DecodeDialog({ text: given, onClose }: { text: string; onClose: () => void }) {
  const [text, setText] = useState(given);
  const [kinds, setKinds] = useState<Kind[]>([]);
  const steps = chain(text, kinds);
  const last = steps.at(-1);
  const present = last ? last.bytes : input(text);
  const hints = present ? proposed(present) : [];
  const isCut = new TextEncoder().encode(text.slice(0, MOST_BYTES + 1)).length > MOST_BYTES;
  return (
    <Dialog title="Decode" onClose={onClose}>
      <div class="decode-dialog">
        <label class="field">
          Text
          <textarea rows={4} spellcheck={false} value={text} onInput={(event) => setText(event.currentTarget.value)} />
        </label>
        {isCut && <p class="quiet small">Only the first 64 KiB are decoded.</p>}
        <ol class="decode-steps">
          {steps.map((step, index) => (
            <Taken key={`${index} ${step.kind}`} step={step} number={index + 1} onUndo={() => setKinds(kinds.slice(0, index))} />
          ))}
        </ol>
        {text !== '' && present !== null && kinds.length < MOST_STEPS && (
          <div class="row-of-buttons" role="group" aria-label="Decode as">
            {KINDS.map((kind) => (
              <button key={kind} type="button" class={`button${hints.includes(kind) ? ' decode-hint' : ''}`} onClick={() => setKinds([...steps.map((step) => step.kind), kind])} title={KIND_MEANS[kind]}>
                {KIND_NAMES[kind]}
              </button>
            ))}
          </div>
        )}
      </div>
    </Dialog>
  );
}

/** The button that follows a selection in what a client wrote. */
export function SelectionButton() {
  const [text, setText] = useState<string | null>(null);
  const button = useRef<HTMLButtonElement>(null);
  const place = useRef<DOMRect | null>(null);
  useEffect(() => {
    let waiting = 0;
    const look = (): void => {
      const selection = document.getSelection();
      const range = selection && selection.rangeCount > 0 && !selection.isCollapsed ? selection.getRangeAt(0) : null;
      const inside = range?.commonAncestorContainer;
      const element = inside instanceof Element ? inside : inside?.parentElement;
      if (!range || document.querySelector('dialog[open]') || !element?.closest('.transaction-page') || !element.closest('.payload, .matched, .first-line, .headers, .block, .excerpt')) {
        setText(null);
        return;
      }
      place.current = range.getBoundingClientRect();
      setText(sourceOf(range).slice(0, MOST_SELECTED));
    };
    const soon = (): void => {
      window.clearTimeout(waiting);
      waiting = window.setTimeout(look, 120);
    };
    document.addEventListener('selectionchange', soon);
    return () => {
      window.clearTimeout(waiting);
      document.removeEventListener('selectionchange', soon);
    };
  }, []);
  useEffect(() => {
    const rect = place.current;
    if (!button.current || !rect) return;
    const left = Math.max(8, Math.min(window.innerWidth - 120, rect.left + rect.width / 2 - 50));
    button.current.style.setProperty('left', `${left + window.scrollX}px`);
    button.current.style.setProperty('top', `${Math.max(window.scrollY + 8, rect.top + window.scrollY - 42)}px`);
  }, [text]);
  if (text === null || text.trim() === '') return null;
  return (
    <button ref={button} type="button" class="button selection-button" onMouseDown={(event) => event.preventDefault()} onClick={() => (decoding.value = text)}>
      <Icon name="eye" />
      Decode
    </button>
  );
}

/** Both, for the page. */
export function Decoding() {
  const text = decoding.value;
  useEffect(() => () => void (decoding.value = null), []);
  return (
    <>
      <SelectionButton />
      {text !== null && <DecodeDialog key={text} text={text} onClose={() => (decoding.value = null)} />}
    </>
  );
}
