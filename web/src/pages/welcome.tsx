/** A one-time link: whoever has it chooses their password. */
import { useEffect, useState } from 'preact/hooks';
import { post } from '../api/client';
import { strengthOf } from '../logic/password';
import { navigate } from '../router';
import { acceptInvitation } from '../session';
import { Logo } from '../ui/icons';
import { Bar, Problem } from '../ui/parts';

/** The code stands behind "#", where it is sent to nobody; it is cleared from the address at once. */
function codeFromAddress(): string {
  return new URLSearchParams(location.hash.slice(1)).get('code') ?? '';
}

export function WelcomePage() {
  const [code] = useState(codeFromAddress);
  const [name, setName] = useState<string | null>(null);
  const [password, setPassword] = useState('');
  const [again, setAgain] = useState('');
  const [isBusy, setBusy] = useState(false);
  const [error, setError] = useState<unknown>(null);
  useEffect(() => {
    if (location.hash) history.replaceState(null, '', location.pathname);
    post<{ name: string }>('invitation', { code }).then((invited) => setName(invited.name), setError);
  }, []);
  const strength = strengthOf(password, name ?? '');
  const differs = again !== '' && again !== password;
  const isReady = name !== null && strength.level > 0 && again === password;
  const submit = (event: Event): void => {
    event.preventDefault();
    if (!isReady) return;
    setBusy(true);
    setError(null);
    acceptInvitation(code, password).then(
      () => navigate('/', { replace: true }),
      (cause: unknown) => {
        setError(cause);
        setBusy(false);
      },
    );
  };
  return (
    <main class="gate" id="content">
      <form class="card gate-card" onSubmit={submit}>
        <div class="gate-brand">
          <Logo />
          <h1>Welcome to Bartizan</h1>
        </div>
        {error !== null && <Problem error={error} />}
        {name === null && error !== null && <p class="quiet">Whoever invited you can make another link.</p>}
        {name !== null && (
          <>
            <p class="quiet">Choose a password. You log in with it and with your name.</p>
            <label>
              Name
              <input value={name} autocomplete="username" readOnly />
            </label>
            <label>
              Password
              <input type="password" value={password} onInput={(event) => setPassword(event.currentTarget.value)} autocomplete="new-password" required autofocus aria-describedby="strength" />
            </label>
            <p id="strength" class={`strength strength-${strength.level}`}>
              <Bar part={password === '' ? 0 : Math.max(0.08, strength.level / 4)} />
              <span>{password === '' ? 'a long sentence is best' : strength.label}</span>
            </p>
            <label>
              Password again
              <input type="password" value={again} onInput={(event) => setAgain(event.currentTarget.value)} autocomplete="new-password" required aria-invalid={differs} aria-describedby="again" />
            </label>
            <p id="again" class="field-error" aria-live="polite">
              {differs && 'The two passwords differ.'}
            </p>
            <button type="submit" class="button button-strong" disabled={!isReady || isBusy}>
              Log in
            </button>
          </>
        )}
      </form>
    </main>
  );
}
