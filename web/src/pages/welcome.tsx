/** A one-time link: whoever has it chooses their password. */
import { useEffect, useState } from 'preact/hooks';
import { post } from '../api/client';
import { codeFromAddress } from '../logic/one-time-code';
import { navigate } from '../router';
import { acceptInvitation } from '../session';
import { Logo } from '../ui/icons';
import { NewPassword, useNewPassword } from '../ui/NewPassword';
import { Problem } from '../ui/parts';

export function WelcomePage() {
  const [code] = useState(codeFromAddress);
  const [name, setName] = useState<string | null>(null);
  const chosen = useNewPassword(name ?? '');
  const [isBusy, setBusy] = useState(false);
  const [error, setError] = useState<unknown>(null);
  useEffect(() => {
    // The code is cleared from the address at once.
    if (location.hash) history.replaceState(null, '', location.pathname);
    post<{ name: string }>('invitation', { code }).then((invited) => setName(invited.name), setError);
  }, []);
  const isReady = name !== null && chosen.isReady;
  const submit = (event: Event): void => {
    event.preventDefault();
    if (!isReady) return;
    setBusy(true);
    setError(null);
    acceptInvitation(code, chosen.password).then(
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
            <NewPassword chosen={chosen} name={name} autofocus />
            <button type="submit" class="button button-strong" disabled={!isReady || isBusy}>
              Log in
            </button>
          </>
        )}
      </form>
    </main>
  );
}
