/** What can be taken away from the page: id, link, a curl command, Markdown for a ticket. */
import { useState } from 'preact/hooks';
import type { TransactionDetail } from '../../api/types';
import { curlOf, likelyTarget } from '../../logic/curl';
import { ticketOf } from '../../logic/ticket';
import { Icon } from '../../ui/icons';
import { Dialog } from '../../ui/parts';
import { Tokens } from '../../ui/Safe';
import { tokenise } from '../../logic/safe';
import { decoding } from './decoding';

const SHOWN_MS = 1600;

/** A button with words that copies and says that it did. */
function CopyButton({ text, label }: { text: () => string; label: string }) {
  const [isDone, setDone] = useState(false);
  const copy = (): void => {
    void navigator.clipboard?.writeText(text()).then(() => {
      setDone(true);
      window.setTimeout(() => setDone(false), SHOWN_MS);
    });
  };
  return (
    <button type="button" class="button" onClick={copy}>
      <Icon name={isDone ? 'check' : 'copy'} />
      <span aria-live="polite">{isDone ? 'Copied' : label}</span>
    </button>
  );
}

function Preview({ text }: { text: string }) {
  return (
    <pre class="block copy-preview" tabIndex={0} aria-label="What will be copied">
      <bdi class="payload">
        <Tokens tokens={tokenise(text, { length: 6000, tokens: 900, lines: true }).tokens} />
      </bdi>
    </pre>
  );
}

function CurlDialog({ detail, onClose }: { detail: TransactionDetail; onClose: () => void }) {
  const [target, setTarget] = useState(() => likelyTarget(detail.transaction));
  const [withoutCredentials, setWithout] = useState(true);
  const { command, notes } = curlOf(detail.transaction, { target: target.trim().replace(/\/+$/, ''), withoutCredentials });
  return (
    <Dialog title="Copy as curl" onClose={onClose}>
      <div class="copy-dialog">
        <p class="warning-line">
          <Icon name="warn" />
          This is the request of an attacker, maybe. Send it to a server of yours that may break.
        </p>
        <label class="field">
          Send it to (empty: a variable to be set)
          <input value={target} maxLength={300} autocomplete="off" spellcheck={false} placeholder="http://127.0.0.1:8080" onInput={(event) => setTarget(event.currentTarget.value)} />
        </label>
        <label class="tick-label">
          <input type="checkbox" checked={withoutCredentials} onChange={(event) => setWithout(event.currentTarget.checked)} />
          Leave out credentials (Authorization, Cookie, API keys)
        </label>
        <Preview text={command} />
        {notes.length > 0 && (
          <ul class="quiet small copy-notes">
            {notes.map((note) => (
              <li key={note}>{note}</li>
            ))}
          </ul>
        )}
        <footer class="row-of-buttons">
          <CopyButton text={() => command} label="Copy the command" />
        </footer>
      </div>
    </Dialog>
  );
}

function TicketDialog({ detail, onClose }: { detail: TransactionDetail; onClose: () => void }) {
  const [withPayload, setPayload] = useState(false);
  const link = `${location.origin}/transactions/${detail.row.id}`;
  const text = ticketOf(detail, { link, withPayload });
  return (
    <Dialog title="Copy as Markdown" onClose={onClose}>
      <div class="copy-dialog">
        <p class="quiet">For a ticket. What the client wrote stands in code only, so that nothing of it becomes a link, a mention or markup there.</p>
        {detail.may_see_payload && (
          <label class="tick-label">
            <input type="checkbox" checked={withPayload} onChange={(event) => setPayload(event.currentTarget.checked)} />
            With the payload: query, headers (without credentials), body, matched data
          </label>
        )}
        <Preview text={text} />
        <footer class="row-of-buttons">
          <CopyButton text={() => text} label="Copy the Markdown" />
        </footer>
      </div>
    </Dialog>
  );
}

export function Copying({ detail }: { detail: TransactionDetail }) {
  const [open, setOpen] = useState<'curl' | 'ticket' | null>(null);
  const { row, older } = detail;
  const hasRequest = detail.may_see_payload && detail.has_payload;
  return (
    <div class="copying row-of-buttons" role="group" aria-label="Copy and tools">
      <CopyButton text={() => row.id} label="Copy id" />
      <CopyButton text={() => `${location.origin}/transactions/${row.id}`} label="Copy link" />
      {hasRequest && (
        <button type="button" class="button" onClick={() => setOpen('curl')}>
          <Icon name="copy" />
          curl …
        </button>
      )}
      <button type="button" class="button" onClick={() => setOpen('ticket')}>
        <Icon name="copy" />
        Markdown …
      </button>
      {detail.may_see_payload && (
        <button type="button" class="button" onClick={() => (decoding.value = '')}>
          Decode …
        </button>
      )}
      {older && (
        <a class="button" href={`/compare/${row.id}/${older}`}>
          Compare …
        </a>
      )}
      {open === 'curl' && <CurlDialog detail={detail} onClose={() => setOpen(null)} />}
      {open === 'ticket' && <TicketDialog detail={detail} onClose={() => setOpen(null)} />}
    </div>
  );
}

