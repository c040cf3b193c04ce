/** One person: what they may do, and everything an administrator can do about them. */
import { useState } from 'preact/hooks';
import { post, put, remove } from '../../api/client';
import type { Invited, Person, Terms } from '../../api/types';
import { session } from '../../session';
import { Dialog, Problem } from '../../ui/parts';
import { Safe } from '../../ui/Safe';
import { NO_TERMS, Once, TermsFields } from './Parts';

export function linkOf(code: string): string {
  return `${location.origin}/welcome#code=${code}`;
}

function Link({ name, code }: { name: string; code: string }) {
  return (
    <Once text={linkOf(code)} label="the link">
      For <Safe text={name} length={100} /> alone, works once, within three days. It is shown only now.
    </Once>
  );
}

interface InviteProps {
  onClose: () => void;
  onDone: () => void;
}

export function InviteDialog({ onClose, onDone }: InviteProps) {
  const [name, setName] = useState('');
  const [terms, setTerms] = useState<Terms>(NO_TERMS);
  const [invited, setInvited] = useState<Invited | null>(null);
  const [isBusy, setBusy] = useState(false);
  const [error, setError] = useState<unknown>(null);
  const submit = (event: Event): void => {
    event.preventDefault();
    setBusy(true);
    setError(null);
    post<Invited>('people', { name: name.trim(), ...terms })
      .then((made) => {
        setInvited(made);
        onDone();
      }, setError)
      .finally(() => setBusy(false));
  };
  if (invited) {
    return (
      <Dialog title={`${invited.person.name} is invited`} onClose={onClose}>
        <div class="dialog-form">
          <Link name={invited.person.name} code={invited.code} />
          <p class="quiet">Send it in a way that only they read. With it they choose a password and are logged in.</p>
        </div>
      </Dialog>
    );
  }
  return (
    <Dialog title="Invite a person" onClose={onClose}>
      <form class="dialog-form" onSubmit={submit}>
        {error !== null && <Problem error={error} />}
        <label class="field">
          Name
          <input value={name} maxLength={100} required autocomplete="off" spellcheck={false} autofocus onInput={(event) => setName(event.currentTarget.value)} />
          <span class="hint">With which they log in, such as anna or anna@shop.example.</span>
        </label>
        <TermsFields terms={terms} onChange={setTerms} />
        <footer class="row-of-buttons">
          <button type="button" class="button" onClick={onClose}>
            Cancel
          </button>
          <button type="submit" class="button button-strong" disabled={isBusy || name.trim() === ''}>
            Make the link
          </button>
        </footer>
      </form>
    </Dialog>
  );
}

interface PersonProps extends InviteProps {
  person: Person;
}

export function PersonDialog({ person, onClose, onDone }: PersonProps) {
  const [terms, setTerms] = useState<Terms>({ role: person.role, scope: person.scope, sees_payloads: person.payloads });
  const [code, setCode] = useState<string | null>(null);
  const [isSure, setSure] = useState(false);
  const [isBusy, setBusy] = useState(false);
  const [error, setError] = useState<unknown>(null);
  const act = (what: Promise<unknown>, { stay = false } = {}): void => {
    setBusy(true);
    setError(null);
    what
      .then(() => {
        onDone();
        if (!stay) onClose();
      }, setError)
      .finally(() => setBusy(false));
  };
  const path = `people/${person.id}`;
  const isSelf = person.name === session.value?.person?.name;
  const isVouched = person.source !== 'local';
  return (
    <Dialog title={person.name} onClose={onClose}>
      <form
        class="dialog-form"
        onSubmit={(event) => {
          event.preventDefault();
          act(put<Person>(path, terms));
        }}
      >
        {error !== null && <Problem error={error} />}
        {isVouched && <p class="notice-line">Role and scope come from the groups at each log-in; what is changed here holds until the next one.</p>}
        {isSelf && <p class="notice-line">This is you. A change ends your own session too.</p>}
        {code !== null && <Link name={person.name} code={code} />}
        <TermsFields terms={terms} onChange={setTerms} />
        <footer class="row-of-buttons">
          <button type="button" class="button" onClick={onClose}>
            Cancel
          </button>
          <button type="submit" class="button button-strong" disabled={isBusy}>
            Save
          </button>
        </footer>
      </form>
      <div class="dialog-acts">
        {!isVouched && (
          <button type="button" class="button" disabled={isBusy} onClick={() => act(post<Invited>(`${path}/invitation`).then((made) => setCode(made.code)), { stay: true })}>
            {person.state === 'active' ? 'New password by link' : 'New link'}
          </button>
        )}
        <button type="button" class="button" disabled={isBusy || person.sessions === 0} onClick={() => act(post<Person>(`${path}/log-out`))}>
          Log out everywhere
        </button>
        {person.state === 'disabled' ? (
          <button type="button" class="button" disabled={isBusy} onClick={() => act(post<Person>(`${path}/enable`))}>
            Let in again
          </button>
        ) : (
          <button type="button" class="button" disabled={isBusy} onClick={() => act(post<Person>(`${path}/disable`))}>
            Shut out
          </button>
        )}
        {isSure ? (
          <button type="button" class="button button-danger" disabled={isBusy} onClick={() => act(remove<object>(path))}>
            Remove for good
          </button>
        ) : (
          <button type="button" class="button" disabled={isBusy} onClick={() => setSure(true)}>
            Remove…
          </button>
        )}
      </div>
    </Dialog>
  );
}
