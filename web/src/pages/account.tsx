/** The account: appearance, where one is logged in, and the way out. */
import { useState } from 'preact/hooks';
import { remove } from '../api/client';
import type { LoginSession } from '../api/types';
import { local, relative } from '../logic/when';
import { logOut, session } from '../session';
import { chooseTheme, themeChoice } from '../theme';
import { useLoad } from '../ui/load';
import { Problem } from '../ui/parts';
import { Safe } from '../ui/Safe';
import { second } from '../ui/tick';

function Sessions() {
  const { value, error, reload } = useLoad<{ sessions: LoginSession[] }>('sessions');
  const [problem, setProblem] = useState<unknown>(null);
  const revoke = (id: string): void => {
    remove<object>(`sessions/${encodeURIComponent(id)}`).then(reload, setProblem);
  };
  return (
    <section>
      <h2>Where you are logged in</h2>
      {(error ?? problem) !== null && <Problem error={error ?? problem} retry={reload} />}
      <ul class="sessions">
        {value?.sessions.map((one) => (
          <li key={one.id} class="card">
            <div>
              <Safe text={one.user_agent} length={120} />
              <span class="quiet small">
                <Safe text={one.peer_address} length={60} /> · since {local(new Date(one.created_at))} · last seen{' '}
                {relative(Date.parse(one.seen_at), second.value)}
              </span>
            </div>
            {one.is_current ? (
              <span class="tag tag-strong">this one</span>
            ) : (
              <button type="button" class="button" onClick={() => revoke(one.id)}>
                Log it out
              </button>
            )}
          </li>
        ))}
      </ul>
    </section>
  );
}

export function AccountPage() {
  const person = session.value?.person;
  const [error, setError] = useState<unknown>(null);
  return (
    <main class="page" id="content">
      <h1>{person?.name ?? 'Account'}</h1>
      <p class="quiet">Role: {person?.role}</p>
      <section>
        <h2>Appearance</h2>
        <div class="segments" role="group" aria-label="Theme">
          {(['system', 'dark', 'light'] as const).map((choice) => (
            <button key={choice} type="button" aria-pressed={themeChoice.value === choice} onClick={() => chooseTheme(choice)}>
              {choice}
            </button>
          ))}
        </div>
      </section>
      <Sessions />
      <section>
        {error !== null && <Problem error={error} />}
        <button type="button" class="button" onClick={() => void logOut().catch(setError)}>
          Log out
        </button>
      </section>
      <p class="quiet small">Bartizan {session.value?.version}</p>
    </main>
  );
}
