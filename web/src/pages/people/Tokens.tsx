/** Tokens of programs: one's own on the account page, everybody's for administrators. */
import { useState } from 'preact/hooks';
import { post, remove } from '../../api/client';
import type { Terms, Token, TokenMade } from '../../api/types';
import { day, relative } from '../../logic/when';
import { session } from '../../session';
import { Icon } from '../../ui/icons';
import { useLoad } from '../../ui/load';
import { Dialog, Problem, Progress } from '../../ui/parts';
import { Safe } from '../../ui/Safe';
import { second } from '../../ui/tick';
import { Frame, NO_TERMS, Once, ScopeWords, TermsFields } from './Parts';

type Path = 'tokens' | 'all-tokens';

const DAYS = [30, 90, 365];

function endOf(days: number): string | null {
  return days === 0 ? null : new Date(Date.now() + days * 86_400_000).toISOString();
}

interface NewProps {
  path: Path;
  onClose: () => void;
  onDone: () => void;
}

function NewToken({ path, onClose, onDone }: NewProps) {
  const [name, setName] = useState('');
  const [days, setDays] = useState(90);
  const [terms, setTerms] = useState<Terms>(NO_TERMS);
  const [made, setMade] = useState<TokenMade | null>(null);
  const [isBusy, setBusy] = useState(false);
  const [error, setError] = useState<unknown>(null);
  const submit = (event: Event): void => {
    event.preventDefault();
    setBusy(true);
    setError(null);
    post<TokenMade>(path, { name: name.trim(), ...terms, until: endOf(days) })
      .then((token) => {
        setMade(token);
        onDone();
      }, setError)
      .finally(() => setBusy(false));
  };
  if (made) {
    return (
      <Dialog title={`The token ${made.token.name}`} onClose={onClose}>
        <div class="dialog-form">
          <Once text={made.secret} label="the token">
            It is shown only now: keep it where your program finds it.
          </Once>
          <div class="command">
            <code>curl -H "Authorization: Bearer $TOKEN" {location.origin}/api/v1/transactions</code>
          </div>
        </div>
      </Dialog>
    );
  }
  return (
    <Dialog title="New token" onClose={onClose}>
      <form class="dialog-form" onSubmit={submit}>
        {error !== null && <Problem error={error} />}
        <label class="field">
          Name
          <input value={name} maxLength={100} required autocomplete="off" spellcheck={false} autofocus onInput={(event) => setName(event.currentTarget.value)} />
          <span class="hint">What it is for, such as dashboard or nightly export.</span>
        </label>
        <label class="field">
          Ends
          <select value={String(days)} onChange={(event) => setDays(Number(event.currentTarget.value))}>
            {DAYS.map((count) => (
              <option key={count} value={count}>
                in {count} days
              </option>
            ))}
            <option value="0">never</option>
          </select>
        </label>
        <TermsFields terms={terms} onChange={setTerms} most={path === 'tokens' ? (session.value?.person?.role ?? 'viewer') : 'admin'} />
        <footer class="row-of-buttons">
          <button type="button" class="button" onClick={onClose}>
            Cancel
          </button>
          <button type="submit" class="button button-strong" disabled={isBusy || name.trim() === ''}>
            Make the token
          </button>
        </footer>
      </form>
    </Dialog>
  );
}

function isOver(token: Token): boolean {
  return token.until !== null && Date.parse(token.until) <= second.value;
}

interface LineProps {
  token: Token;
  isAll: boolean;
  onRevoke: () => void;
}

function TokenLine({ token, isAll, onRevoke }: LineProps) {
  return (
    <tr class={isOver(token) ? 'is-off' : undefined}>
      <th scope="row">
        <Safe text={token.name} length={100} /> {isOver(token) && <span class="tag tag-warn">over</span>}
      </th>
      {isAll && <td data-label="Whose">{token.person ? <Safe text={token.person} length={100} /> : 'the installation’s'}</td>}
      <td data-label="Role">{token.role}</td>
      <td data-label="Sees">
        <ScopeWords scope={token.scope} />
        {!token.sees_payloads && <span class="second-line">without payloads</span>}
      </td>
      <td data-label="Ends">{token.until ? day(new Date(token.until)) : 'never'}</td>
      <td data-label="Last used">{token.used_at ? relative(Date.parse(token.used_at), second.value) : 'never'}</td>
      <td class="line-end">
        <button type="button" class="button" onClick={onRevoke} aria-label={`Revoke ${token.name}`}>
          Revoke
        </button>
      </td>
    </tr>
  );
}

function TokenTable({ tokens, isAll, onRevoke }: { tokens: Token[]; isAll: boolean; onRevoke: (id: string) => void }) {
  if (tokens.length === 0) return <p class="quiet">There is none yet. A token lets a program read what its person may see.</p>;
  return (
    <table class="lines">
      <thead>
        <tr>
          <th scope="col">Name</th>
          {isAll && <th scope="col">Whose</th>}
          <th scope="col">Role</th>
          <th scope="col">Sees</th>
          <th scope="col">Ends</th>
          <th scope="col">Last used</th>
          <th scope="col">
            <span class="hidden">Revoke</span>
          </th>
        </tr>
      </thead>
      <tbody>
        {tokens.map((token) => (
          <TokenLine key={token.id} token={token} isAll={isAll} onRevoke={() => onRevoke(token.id)} />
        ))}
      </tbody>
    </table>
  );
}

export function TokenList({ path }: { path: Path }) {
  const { value, error, isLoading, reload } = useLoad<{ tokens: Token[] }>(path);
  const [isMaking, setMaking] = useState(false);
  const [problem, setProblem] = useState<unknown>(null);
  const revoke = (id: string): void => {
    setProblem(null);
    remove<object>(`${path}/${id}`).then(reload, setProblem);
  };
  return (
    <div class="token-list">
      <Progress isOn={isLoading} />
      {(error ?? problem) !== null && <Problem error={error ?? problem} retry={reload} />}
      {value && <TokenTable tokens={value.tokens} isAll={path === 'all-tokens'} onRevoke={revoke} />}
      <button type="button" class="button" onClick={() => setMaking(true)}>
        <Icon name="plus" />
        {path === 'tokens' ? 'New token' : 'New token of the installation'}
      </button>
      {isMaking && <NewToken path={path} onClose={() => setMaking(false)} onDone={reload} />}
    </div>
  );
}

export function TokensPage() {
  return (
    <Frame here="/tokens" says="What programs show instead of a password. A token may never do more than its person.">
      <TokenList path="all-tokens" />
    </Frame>
  );
}
