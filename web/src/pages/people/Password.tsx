/** A new password for oneself; all other sessions end. */
import { useState } from 'preact/hooks';
import { strengthOf } from '../../logic/password';
import { changePassword, session } from '../../session';
import { Bar, Problem } from '../../ui/parts';

export function PasswordForm() {
  const [present, setPresent] = useState('');
  const [password, setPassword] = useState('');
  const [again, setAgain] = useState('');
  const [isBusy, setBusy] = useState(false);
  const [isDone, setDone] = useState(false);
  const [error, setError] = useState<unknown>(null);
  const strength = strengthOf(password, session.value?.person?.name ?? '');
  const differs = again !== '' && again !== password;
  const isReady = present !== '' && strength.level > 0 && again === password;
  const submit = (event: Event): void => {
    event.preventDefault();
    if (!isReady) return;
    setBusy(true);
    setError(null);
    setDone(false);
    changePassword(present, password)
      .then(() => {
        setDone(true);
        setPresent('');
        setPassword('');
        setAgain('');
      }, setError)
      .finally(() => setBusy(false));
  };
  return (
    <form class="password-form" onSubmit={submit}>
      {error !== null && <Problem error={error} />}
      <input class="hidden" type="text" autocomplete="username" value={session.value?.person?.name} readOnly tabIndex={-1} aria-hidden="true" />
      <label class="field">
        Present password
        <input type="password" value={present} autocomplete="current-password" required onInput={(event) => setPresent(event.currentTarget.value)} />
      </label>
      <label class="field">
        New password
        <input type="password" value={password} autocomplete="new-password" required aria-describedby="strength" onInput={(event) => setPassword(event.currentTarget.value)} />
      </label>
      <p id="strength" class={`strength strength-${strength.level}`}>
        <Bar part={password === '' ? 0 : Math.max(0.08, strength.level / 4)} />
        <span>{password === '' ? 'a long sentence is best' : strength.label}</span>
      </p>
      <label class="field">
        New password again
        <input type="password" value={again} autocomplete="new-password" required aria-invalid={differs} aria-describedby="again" onInput={(event) => setAgain(event.currentTarget.value)} />
      </label>
      <p id="again" class="field-error" aria-live="polite">
        {differs && 'The two passwords differ.'}
      </p>
      <div class="row-of-buttons">
        <button type="submit" class="button button-strong" disabled={!isReady || isBusy}>
          Change the password
        </button>
        {isDone && (
          <span class="saved" role="status">
            Changed. You are logged out everywhere else.
          </span>
        )}
      </div>
    </form>
  );
}
