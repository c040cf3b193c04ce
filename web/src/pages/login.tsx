/** The login. */
import { useState } from 'preact/hooks';
import { ApiError } from '../api/client';
import { logIn } from '../session';
import { Logo } from '../ui/icons';
import { Problem } from '../ui/parts';

function waiting(error: unknown): string | null {
  const seconds = error instanceof ApiError ? error.retryAfterS : null;
  return seconds === null ? null : `Try again in ${seconds} s.`;
}

export function LoginPage() {
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
        {error !== null && <Problem error={error} />}
        {waiting(error) && <p class="quiet">{waiting(error)}</p>}
        <label>
          Name
          <input value={name} onInput={(event) => setName(event.currentTarget.value)} autocomplete="username" required autofocus spellcheck={false} />
        </label>
        <label>
          Password
          <input type="password" value={password} onInput={(event) => setPassword(event.currentTarget.value)} autocomplete="current-password" required />
        </label>
        <button type="submit" class="button button-strong" disabled={isBusy}>
          Log in
        </button>
      </form>
    </main>
  );
}
