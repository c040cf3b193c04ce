/** The login. */
import { useState } from 'preact/hooks';
import { ApiError } from '../api/client';
import { logIn, session } from '../session';
import { Logo } from '../ui/icons';
import { Problem } from '../ui/parts';

function waiting(error: unknown): string | null {
  const seconds = error instanceof ApiError ? error.retryAfterS : null;
  return seconds === null ? null : `Try again in ${seconds} s.`;
}

const PROBLEMS: Record<string, string> = {
  'provider-away': 'The provider of the single sign-on does not answer. Try again, or log in with a password.',
  'provider-says-no': 'The single sign-on let nobody in.',
  'no-role': 'You are known, but none of your groups may use this console.',
  'wrong-domain': 'Your e-mail address is not of a domain that may log in here.',
  disabled: 'An administrator has shut this account.',
  'name-taken': 'Your name is taken here by somebody with a password. Ask an administrator.',
  'bad-state': 'This log-in took too long, or began in another browser. Try again.',
};

/** What went wrong elsewhere comes back as a code in the address. */
function problemFromAddress(): string | null {
  const code = new URLSearchParams(location.search).get('problem');
  if (code === null) return null;
  return PROBLEMS[code] ?? 'The single sign-on failed. The log of Bartizan says why.';
}

/** A link and not a request: the browser leaves for the provider, and comes back. */
function Elsewhere({ provider }: { provider: string }) {
  const next = new URLSearchParams(location.search).get('next') ?? '/';
  return (
    <>
      <a class="button button-strong" target="_self" href={`/oidc/start?${new URLSearchParams({ next })}`}>
        Log in with {provider}
      </a>
      <p class="gate-or">or with a password</p>
    </>
  );
}

export function LoginPage() {
  const [problem] = useState(problemFromAddress);
  const provider = session.value?.provider ?? null;
  const [name, setName] = useState('');
  const [password, setPassword] = useState('');
  const [isBusy, setBusy] = useState(false);
  const [error, setError] = useState<unknown>(null);
  const submit = (event: Event): void => {
    event.preventDefault();
    setBusy(true);
    setError(null);
    logIn(name, password).catch((cause: unknown) => {
      setError(cause);
      setPassword('');
      setBusy(false);
    });
  };
  return (
    <main class="gate" id="content">
      <form class="card gate-card" onSubmit={submit}>
        <div class="gate-brand">
          <Logo />
          <h1>Bartizan</h1>
        </div>
        {problem !== null && error === null && (
          <p class="gate-problem" role="alert">
            {problem}
          </p>
        )}
        {provider !== null && <Elsewhere provider={provider} />}
        {error !== null && <Problem error={error} />}
        {waiting(error) && <p class="quiet">{waiting(error)}</p>}
        <label>
          Name
          <input value={name} onInput={(event) => setName(event.currentTarget.value)} autocomplete="username" required autofocus={provider === null} spellcheck={false} />
        </label>
        <label>
          Password
          <input type="password" value={password} onInput={(event) => setPassword(event.currentTarget.value)} autocomplete="current-password" required />
        </label>
        <button type="submit" class={provider === null ? 'button button-strong' : 'button gate-submit'} disabled={isBusy}>
          Log in
        </button>
      </form>
    </main>
  );
}
