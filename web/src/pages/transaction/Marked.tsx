/** Attacker-written text in which the bytes that rules matched are marked, each with its rules. */
import { useState } from 'preact/hooks';
import { type MarkSpan, pieces } from '../../logic/marked';
import type { Limits } from '../../logic/safe';
import { Tokens } from '../../ui/Safe';

interface Props extends Limits {
  text: string | null | undefined;
  marks: readonly MarkSpan[];
  more?: boolean;
  class?: string;
}

const STEP = 8000;
const MOST_REFERENCES = 4;

/** The numbers of the rules whose mark ends here; each leads to its rule. Drawn by the style sheet, so that
 * nobody copies or selects them with the text. */
function References({ of }: { of: number[] }) {
  return (
    <sup class="hit-refs">
      {of.slice(0, MOST_REFERENCES).map((position) => (
        <a key={position} href={`#rule-${position + 1}`} data-number={position + 1} aria-label={`to rule ${position + 1} of the list`} />
      ))}
      {of.length > MOST_REFERENCES && <span data-number={`+${of.length - MOST_REFERENCES}`} aria-label={`and ${of.length - MOST_REFERENCES} more rules`} role="note" />}
    </sup>
  );
}

export function Marked({ text, marks, more = false, class: name = '', length = 2000, ...limits }: Props) {
  const [extra, setExtra] = useState(0);
  if (text === null || text === undefined || text === '') return <span class="quiet">–</span>;
  const found = pieces(text, marks, { ...limits, length: length + extra, tokens: (limits.tokens ?? 240) + extra / 20 });
  return (
    <bdi class={`payload ${name}`}>
      {found.pieces.map(({ tokens, of }, index) => {
        if (of.length === 0) return <Tokens key={index} tokens={tokens} />;
        const after = found.pieces[index + 1]?.of ?? [];
        const ended = of.filter((position) => position >= 0 && !after.includes(position));
        return (
          <mark key={index} class="hit" data-hit={of.join(' ')}>
            <Tokens tokens={tokens} />
            {ended.length > 0 && <References of={ended} />}
          </mark>
        );
      })}
      {found.hidden > 0 && !more && <span class="quiet">…</span>}
      {found.hidden > 0 && more && (
        <button type="button" class="link more" onClick={() => setExtra(extra + STEP)}>
          show {found.hidden.toLocaleString()} more characters
        </button>
      )}
    </bdi>
  );
}
