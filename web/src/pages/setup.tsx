/** The first set-up: the one-time code from the server's terminal, then the first admin. */
import { useEffect, useState } from 'preact/hooks';
import { strengthOf } from '../logic/password';
import { setUp } from '../session';
import { Logo } from '../ui/icons';
import { Bar, Problem } from '../ui/parts';

/** The code may come in the address, behind "#", where it is sent to nobody; it is cleared at once. */
function codeFromAddress(): string {
  return new URLSearchParams(location.hash.slice(1)).get('code') ?? '';
}

export function SetupPage() {
  const [code, setCode] = useState(codeFromAddress);
  const [name, setName] = useState('');
  const [password, setPassword] = useState('');
  const [again, setAgain] = useState('');
  const [isBusy, setBusy] = useState(false);
  const [error, setError] = useState<unknown>(null);
  useEffect(() => {
    if (location.hash) history.replaceState(null, '', location.pathname + location.search);
  }, []);
  const strength = strengthOf(password, name);
  const differs = again !== '' && again !== password;
  const isReady = code !== '' && name !== '' && strength.level > 0 && again === password;
  const submit = (event: Event): void => {
    event.preventDefault();
    if (!isReady) return;
    setBusy(true);
    setError(null);
    setUp(code.trim(), name.trim(), password).catch((cause: unknown) => {
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
        <label>
          Password
          <input type="password" value={password} onInput={(event) => setPassword(event.currentTarget.value)} autocomplete="new-password" required aria-describedby="strength" />
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
          Create the account
        </button>
      </form>
    </main>
  );
}
