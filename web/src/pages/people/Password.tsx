/** A new password for oneself; all other sessions end. */
import { useState } from 'preact/hooks';
import { changePassword, session } from '../../session';
import { NewPassword, useNewPassword } from '../../ui/NewPassword';
import { Problem } from '../../ui/parts';

export function PasswordForm() {
  const [present, setPresent] = useState('');
  const name = session.value?.person?.name ?? '';
  const chosen = useNewPassword(name);
  const [isBusy, setBusy] = useState(false);
  const [isDone, setDone] = useState(false);
  const [error, setError] = useState<unknown>(null);
  const isReady = present !== '' && chosen.isReady;
  const submit = (event: Event): void => {
    event.preventDefault();
    if (!isReady) return;
    setBusy(true);
    setError(null);
    setDone(false);
    changePassword(present, chosen.password)
      .then(() => {
        setDone(true);
        setPresent('');
        chosen.clear();
      }, setError)
      .finally(() => setBusy(false));
  };
  return (
    <form class="password-form" onSubmit={submit}>
      {error !== null && <Problem error={error} />}
      <input class="hidden" type="text" autocomplete="username" value={name} readOnly tabIndex={-1} aria-hidden="true" />
      <label class="field">
        Present password
        <input type="password" value={present} autocomplete="current-password" required onInput={(event) => setPresent(event.currentTarget.value)} />
      </label>
      <NewPassword chosen={chosen} name={name} label="New password" />
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
