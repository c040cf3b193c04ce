/** Shows attacker-written text: text nodes and marks, isolated from the text around it. */
import { useState } from 'preact/hooks';
import { codes, type Limits, plain, type Token, tokenise } from '../logic/safe';

interface Props extends Limits {
  text: string | null | undefined;
  /** A long text gets "show n more"; otherwise it ends with an ellipsis. */
  more?: boolean;
  class?: string;
}

const STEP = 8000;

/** Text as text, anything else as a named mark that remembers what it stands for. */
export function Tokens({ tokens }: { tokens: Token[] }) {
  return (
    <>
      {tokens.map((token, index) =>
        token.kind === 'text' ? (
          token.value
        ) : (
          <span key={index} class="chip-mark" title={token.title} data-source={codes(token.source)}>
            {token.label}
          </span>
        ),
      )}
    </>
  );
}

export function Safe({ text, more = false, class: name = '', length = 2000, ...limits }: Props) {
  const [extra, setExtra] = useState(0);
  if (text === null || text === undefined || text === '') return <span class="quiet">–</span>;
  const { tokens, hidden } = tokenise(text, {
    ...limits,
    length: length + extra,
    tokens: (limits.tokens ?? 240) + extra / 20,
  });
  return (
    <bdi class={`payload ${name}`}>
      <Tokens tokens={tokens} />
      {hidden > 0 && !more && <span class="quiet">…</span>}
      {hidden > 0 && more && (
        <button type="button" class="link more" onClick={() => setExtra(extra + STEP)}>
          show {hidden.toLocaleString()} more characters
        </button>
      )}
    </bdi>
  );
}

export { plain };
