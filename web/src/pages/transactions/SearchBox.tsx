/** The search text: completed while it is typed, checked before it is used. */
import { useEffect, useLayoutEffect, useRef, useState } from 'preact/hooks';
import { get, isAbort } from '../../api/client';
import type { CheckedSearch, Completions, SearchMistake } from '../../api/types';
import { type Filters, toSearch, without } from '../../logic/filters';
import { characters, marked, taken } from '../../logic/search-text';
import { Icon } from '../../ui/icons';
import { Safe } from '../../ui/Safe';

interface Props {
  filters: Filters;
  onChange: (filters: Filters) => void;
  /** What is wrong with the text in the address. */
  mistake: SearchMistake | null;
}

const PAUSE_MS = 120;
const LIST = 'search-proposals';
const WRONG = 'search-mistake';

function Mistake({ text, mistake, onTake }: { text: string; mistake: SearchMistake; onTake: (text: string) => void }) {
  const [before, wrong, after] = marked(text, mistake);
  const { suggestion } = mistake;
  return (
    <div class="search-mistake" id={WRONG} role="alert">
      <p>
        {mistake.message} <span class="quiet">(character {mistake.position + 1})</span>
      </p>
      <p class="code">
        {before && <Safe text={before} />}
        <mark>{wrong ? <Safe text={wrong} /> : '␣'}</mark>
        {after && <Safe text={after} />}
      </p>
      {suggestion !== null && (
        <button type="button" class="button" onClick={() => onTake(suggestion)}>
          Use <Safe class="code" text={suggestion} length={80} />
        </button>
      )}
    </div>
  );
}

/** What could follow, for what stands before the cursor. */
function useProposals(filters: Filters) {
  const [found, setFound] = useState<Completions | null>(null);
  const [chosen, setChosen] = useState(-1);
  const waiting = useRef<number | null>(null);
  const request = useRef<AbortController | null>(null);
  const close = (): void => {
    if (waiting.current !== null) window.clearTimeout(waiting.current);
    request.current?.abort();
    setFound(null);
    setChosen(-1);
  };
  useEffect(() => close, []);
  const ask = (text: string, at: number): void => {
    if (waiting.current !== null) window.clearTimeout(waiting.current);
    waiting.current = window.setTimeout(() => {
      request.current?.abort();
      const controller = new AbortController();
      request.current = controller;
      const query = new URLSearchParams(toSearch(without(filters, 'q')));
      query.set('q', text);
      query.set('at', String(characters(text, at)));
      get<Completions>(`search/complete?${query}`, controller.signal).then(
        (completions) => {
          setFound(completions.proposals.length > 0 ? completions : null);
          setChosen(-1);
        },
        (error: unknown) => {
          if (!isAbort(error)) setFound(null);
        },
      );
    }, PAUSE_MS);
  };
  return { found, chosen, setChosen, ask, close };
}

export function SearchBox({ filters, onChange, mistake: inAddress }: Props) {
  const [text, setText] = useState(filters.text ?? '');
  const [mistake, setMistake] = useState<{ text: string; error: SearchMistake } | null>(null);
  const [caret, setCaret] = useState<number | null>(null);
  const box = useRef<HTMLInputElement>(null);
  // With the text itself, so that whoever types on at once does so behind what was taken.
  useLayoutEffect(() => {
    if (caret === null) return;
    box.current?.focus();
    box.current?.setSelectionRange(caret, caret);
    setCaret(null);
  }, [caret]);
  const { found, chosen, setChosen, ask, close } = useProposals(filters);
  useEffect(() => {
    setText(filters.text ?? '');
    setMistake(null);
  }, [filters.text]);
  useEffect(() => {
    const onKey = (event: KeyboardEvent): void => {
      const isFree = !(event.target instanceof Element && event.target.closest('input, select, textarea, dialog'));
      if (event.key !== '/' || !isFree || event.ctrlKey || event.metaKey || event.altKey) return;
      event.preventDefault();
      box.current?.focus();
    };
    document.addEventListener('keydown', onKey);
    return () => document.removeEventListener('keydown', onKey);
  }, []);

  const search = (wanted: string): void => {
    close();
    const plain = wanted.trim();
    get<CheckedSearch>(`search/check?${new URLSearchParams({ q: plain })}`).then(
      ({ error }) => {
        setMistake(error && { text: plain, error });
        if (!error) onChange({ ...filters, text: plain || null });
      },
      // Unreachable or logged out: the list says so.
      () => onChange({ ...filters, text: plain || null }),
    );
  };
  const take = (index: number): void => {
    const proposal = found?.proposals[index];
    if (!found || !proposal) return;
    const [next, at] = taken(text, found, proposal.text);
    setCaret(at);
    setText(next);
    close();
    if (proposal.text.endsWith(':')) ask(next, at);
  };
  const use = (suggestion: string): void => {
    setText(suggestion);
    search(suggestion);
    box.current?.focus();
  };
  const onKeyDown = (event: KeyboardEvent): void => {
    const count = found?.proposals.length ?? 0;
    if ((event.key === 'ArrowDown' || event.key === 'ArrowUp') && count > 0) {
      event.preventDefault();
      const step = event.key === 'ArrowDown' ? 1 : -1;
      setChosen(((chosen + step + 1 + count + 1) % (count + 1)) - 1);
    } else if (event.key === 'ArrowDown') {
      event.preventDefault();
      ask(text, box.current?.selectionStart ?? text.length);
    } else if ((event.key === 'Enter' || (event.key === 'Tab' && !event.shiftKey)) && chosen >= 0) {
      event.preventDefault();
      take(chosen);
    } else if (event.key === 'Escape' && found) {
      event.preventDefault();
      close();
    }
  };

  const shown = mistake ?? (inAddress && filters.text === text ? { text, error: inAddress } : null);
  return (
    <form
      class="search-form"
      role="search"
      onSubmit={(event) => {
        event.preventDefault();
        search(text);
      }}
    >
      <div class="search-box">
        <Icon name="filter" />
        <input
          ref={box}
          value={text}
          role="combobox"
          aria-label="Search"
          aria-autocomplete="list"
          aria-expanded={found !== null}
          aria-controls={LIST}
          aria-activedescendant={found && chosen >= 0 ? `${LIST}-${chosen}` : undefined}
          aria-invalid={shown !== null}
          aria-describedby={shown ? WRONG : undefined}
          autocomplete="off"
          autocapitalize="off"
          spellcheck={false}
          maxLength={2000}
          placeholder="Search: rule:942100 client:203.0.113.0/24 NOT status:403 sqlmap"
          onInput={(event) => {
            setText(event.currentTarget.value);
            setMistake(null);
            ask(event.currentTarget.value, event.currentTarget.selectionStart ?? event.currentTarget.value.length);
          }}
          onKeyDown={onKeyDown}
          onBlur={close}
        />
        {text !== '' && (
          <button type="button" class="search-clear" aria-label="Clear the search" onClick={() => use('')}>
            <Icon name="close" />
          </button>
        )}
        <kbd class="wide-only">/</kbd>
        <ul id={LIST} role="listbox" aria-label="Proposals" class="proposals" hidden={found === null}>
          {found?.proposals.map((proposal, index) => (
            <li
              key={proposal.text}
              id={`${LIST}-${index}`}
              role="option"
              aria-selected={index === chosen}
              onPointerDown={(event) => {
                event.preventDefault();
                take(index);
              }}
            >
              <Safe class="code" text={proposal.text} length={80} />
              <span class="quiet">{proposal.means}</span>
              {proposal.transactions !== null && <span class="number">{proposal.transactions.toLocaleString('en')}</span>}
            </li>
          ))}
        </ul>
      </div>
      {shown && <Mistake text={shown.text} mistake={shown.error} onTake={use} />}
    </form>
  );
}
