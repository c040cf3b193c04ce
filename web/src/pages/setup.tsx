/** The first set-up: the one-time code from the server's terminal, then the first admin. */
import { useEffect, useState } from 'preact/hooks';
import { codeFromAddress } from '../logic/one-time-code';
import { setUp } from '../session';
import { Logo } from '../ui/icons';
import { NewPassword, useNewPassword } from '../ui/NewPassword';
import { Problem } from '../ui/parts';

export function SetupPage() {
  const [code, setCode] = useState(codeFromAddress);
  const [name, setName] = useState('');
  const chosen = useNewPassword(name);
  const [isBusy, setBusy] = useState(false);
  const [error, setError] = useState<unknown>(null);
  useEffect(() => {
    // The code is cleared from the address at once.
    if (location.hash) history.replaceState(null, '', location.pathname + location.search);
  }, []);
  const isReady = code !== '' && name !== '' && chosen.isReady;
  const submit = (event: Event): void => {
    event.preventDefault();
    if (!isReady) return;
    setBusy(true);
    setError(null);
    setUp(code.trim(), name.trim(), chosen.password).catch((cause: unknown) => {
      setError(cause);
      setBusy(false);
    });
  };
  return (
    <main class="gate" id="content">
      <form class="card gate-card" onSubmit={submit}>
        <div class="gate-brand">
          <Logo />
          <h1>Welcome to Bartizan</h1>
        </div>
        <p class="quiet">Make the first account, an admin. The one-time code is in the terminal where Bartizan was started.</p>
        {error !== null && <Problem error={error} />}
        <label>
          One-time code
          <input class="mono" value={code} onInput={(event) => setCode(event.currentTarget.value)} autocomplete="one-time-code" required spellcheck={false} />
        </label>
        <label>
          Name
          <input value={name} onInput={(event) => setName(event.currentTarget.value)} autocomplete="username" required spellcheck={false} />
        </label>
        <NewPassword chosen={chosen} name={name} />
        <button type="submit" class="button button-strong" disabled={!isReady || isBusy}>
          Create the account
        </button>
      </form>
    </main>
  );
}
