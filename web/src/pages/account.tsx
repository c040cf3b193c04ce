/** The account: what one may see, appearance, password, tokens, where one is logged in, the way out. */
import { useState } from 'preact/hooks';
import { isAdmin, logOut, logOutEverywhere, session } from '../session';
import { chooseTheme, themeChoice } from '../theme';
import { Problem } from '../ui/parts';
import { ScopeWords } from './people/Parts';
import { PasswordForm } from './people/Password';
import { SessionList } from './people/Sessions';
import { TokenList } from './people/Tokens';

const ADMINISTRATION: [href: string, label: string, says: string][] = [
  ['/people', 'People', 'invite, change, shut out'],
  ['/sessions', 'Sessions', 'who is logged in where'],
  ['/tokens', 'Tokens', 'of everybody’s programs'],
  ['/trail', 'Access trail', 'who did what'],
  ['/redaction', 'Redaction', 'what is not stored'],
];

function Administration() {
  return (
    <section>
      <h2>Administration</h2>
      <ul class="admin-links">
        {ADMINISTRATION.map(([href, label, says]) => (
          <li key={href}>
            <a class="card" href={href}>
              <strong>{label}</strong>
              <span class="quiet small">{says}</span>
            </a>
          </li>
        ))}
      </ul>
    </section>
  );
}

export function AccountPage() {
  const person = session.value?.person;
  const [error, setError] = useState<unknown>(null);
  if (!person) return null;
  return (
    <main class="page account-page" id="content">
      <div>
        <h1>{person.name}</h1>
        <p class="quiet">
          {person.role}, sees <ScopeWords scope={person.scope} />
          {!person.sees_payloads && ', without payloads'}
        </p>
      </div>
      {isAdmin.value && <Administration />}
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
      {person.has_password && (
        <section>
          <h2>Password</h2>
          <details class="card fold">
            <summary>Change the password</summary>
            <PasswordForm />
          </details>
        </section>
      )}
      <section>
        <h2>Tokens</h2>
        <TokenList path="tokens" />
      </section>
      <section>
        <h2>Where you are logged in</h2>
        <SessionList path="sessions" />
      </section>
      <section>
        {error !== null && <Problem error={error} />}
        <div class="row-of-buttons">
          <button type="button" class="button" onClick={() => void logOut().catch(setError)}>
            Log out
          </button>
          <button type="button" class="button" onClick={() => void logOutEverywhere().catch(setError)}>
            Log out everywhere
          </button>
        </div>
        {person.means === 'header' && <p class="quiet small">Your proxy logs you in; log out there.</p>}
      </section>
      <p class="quiet small">Bartizan {session.value?.version}</p>
    </main>
  );
}
