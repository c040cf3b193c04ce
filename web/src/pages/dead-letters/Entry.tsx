/** The bytes of an entry as text or in hexadecimal, a window at a time. */
import { useState } from 'preact/hooks';
import { get, isAbort } from '../../api/client';
import type { OpenedLetter } from '../../api/types';
import { asText, fromBase64, hexLines, isBinary, joined } from '../../logic/bytes';
import { useHexColumns } from '../../ui/hex';
import { Icon } from '../../ui/icons';
import { Copy, Problem } from '../../ui/parts';
import { Safe } from '../../ui/Safe';
import { bytes as inWords } from '../transaction/Exchange';

type View = 'text' | 'hex';

export function Entry({ opened }: { opened: OpenedLetter }) {
  const [bytes, setBytes] = useState(() => fromBase64(opened.content));
  const [next, setNext] = useState(opened.next);
  const [view, setView] = useState<View>(() => (isBinary(bytes) ? 'hex' : 'text'));
  const columns = useHexColumns();
  const [error, setError] = useState<unknown>(null);
  const more = (): void => {
    get<OpenedLetter>(`dead-letters/${opened.letter.id}?offset=${next}`).then(
      (found) => {
        setBytes(joined(bytes, fromBase64(found.content)));
        setNext(found.next);
        setError(null);
      },
      (cause: unknown) => {
        if (!isAbort(cause)) setError(cause);
      },
    );
  };
  return (
    <section class="card" aria-labelledby="entry-title">
      <header class="card-head">
        <h2 id="entry-title">The entry as it came</h2>
        <span class="quiet small">
          {inWords(opened.raw_bytes)} · SHA-256 <span class="mono">{opened.digest.slice(0, 12)}…</span>
          <Copy text={opened.digest} label="the digest" />
        </span>
        <div class="segments" role="group" aria-label="Show it as">
          {(['text', 'hex'] as const).map((one) => (
            <button key={one} type="button" aria-pressed={view === one} onClick={() => setView(one)}>
              {one === 'text' ? 'Text' : 'Hex'}
            </button>
          ))}
        </div>
        <a class="button" href={`/api/v1/dead-letters/${opened.letter.id}/raw`} download>
          <Icon name="download" />
          Raw entry
        </a>
      </header>
      {opened.raw_bytes === 0 && <p class="quiet">It has no bytes.</p>}
      {opened.raw_bytes > 0 && view === 'text' && (
        <pre class="block entry" tabIndex={0} aria-label="The entry as text">
          <Safe text={asText(bytes)} length={12_000} tokens={1200} lines more />
        </pre>
      )}
      {opened.raw_bytes > 0 && view === 'hex' && (
        <pre class="block entry hex" tabIndex={0} aria-label="The entry in hexadecimal">
          {hexLines(bytes, columns).join('\n')}
        </pre>
      )}
      {error !== null && <Problem error={error} retry={more} />}
      {next !== null && (
        <p class="entry-more">
          <span class="quiet small">
            The first {inWords(bytes.length)} of {inWords(opened.raw_bytes)}.
          </span>
          <button type="button" class="button" onClick={more}>
            Load 64 KiB more
          </button>
        </p>
      )}
    </section>
  );
}
