/** Labels to be added and taken away; those in use are proposed, the most frequent first. */
import { useId, useState } from 'preact/hooks';
import type { FacetCounts } from '../api/types';
import { readLabel } from '../logic/triage';
import { Icon } from './icons';
import { useLoad } from './load';
import { plain } from './Safe';

interface Props {
  labels: readonly string[];
  isOff?: boolean;
  onAdd: (label: string) => void;
  onRemove: (label: string) => void;
}

export function LabelInput({ labels, isOff = false, onAdd, onRemove }: Props) {
  const [text, setText] = useState('');
  const [isWrong, setWrong] = useState(false);
  const [isAsked, setAsked] = useState(false);
  const list = useId();
  const known = useLoad<FacetCounts>(isAsked ? 'facets/label?limit=100' : null);
  const add = (typed: string): void => {
    if (typed.trim() === '') return;
    const label = readLabel(typed);
    setWrong(label === null);
    if (label === null) return;
    setText('');
    if (!labels.includes(label)) onAdd(label);
  };
  const onKey = (event: KeyboardEvent): void => {
    if (event.key === 'Enter' || event.key === ',' || event.key === ' ') {
      event.preventDefault();
      add(text);
    } else if (event.key === 'Backspace' && text === '' && labels.length > 0) {
      onRemove(labels[labels.length - 1] ?? '');
    }
  };
  return (
    <div class="label-input">
      {labels.map((label) => (
        <span key={label} class="label-chip">
          {plain(label, 40)}
          {!isOff && (
            <button type="button" onClick={() => onRemove(label)} aria-label={`Remove the label ${label}`} title="Remove">
              <Icon name="close" />
            </button>
          )}
        </span>
      ))}
      {!isOff && (
        <>
          <input
            value={text}
            list={list}
            placeholder={labels.length === 0 ? 'Add a label' : 'Add'}
            aria-label="Add a label"
            aria-invalid={isWrong}
            maxLength={60}
            autocomplete="off"
            onFocus={() => setAsked(true)}
            onInput={(event) => {
              setText(event.currentTarget.value);
              setWrong(false);
            }}
            onKeyDown={onKey}
            onBlur={() => add(text)}
          />
          <datalist id={list}>
            {known.value?.values
              .filter(({ value }) => !labels.includes(value))
              .map(({ value }) => <option key={value} value={value} />)}
          </datalist>
        </>
      )}
      {isWrong && (
        <span class="label-wrong" role="alert">
          Letters, digits and - _ . : / only, at most 40
        </span>
      )}
    </div>
  );
}
