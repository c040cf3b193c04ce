/** The slim bar on top. */
import { address } from '../router';
import { isAdmin, session } from '../session';
import { theme, toggleTheme } from '../theme';
import { FeedState } from './FeedState';
import { Icon, type IconName, Logo } from './icons';
import { letterCount, maySeeLetters } from './letters';
import { LookupBox } from './LookupBox';

const LINKS: [href: string, label: string, icon: IconName][] = [
  ['/', 'Map', 'map'],
  ['/overview', 'Overview', 'board'],
  ['/transactions', 'Transactions', 'list'],
  ['/sensors', 'Sensors', 'sensor'],
];

const ADMIN = ['/people', '/sessions', '/tokens', '/trail', '/redaction'];

function isHere(href: string, path: string): boolean {
  if (href === '/') return path === '/' || path === '/map';
  if (href === '/sensors' && path === '/add-sensor') return true;
  if (href === '/overview' && path === '/hosts') return true;
  return path === href || path.startsWith(`${href}/`);
}

/** With the number of them, since each is an entry that nobody sees elsewhere. */
function LettersLink({ isHere: isCurrent }: { isHere: boolean }) {
  const count = letterCount.value;
  const shown = count > 999 ? '999+' : String(count);
  return (
    <a href="/dead-letters" aria-current={isCurrent ? 'page' : undefined} aria-label={count > 0 ? `Dead letters ${shown}` : 'Dead letters'}>
      <Icon name="letter" />
      <span>Dead letters</span>{' '}
      {count > 0 && <b class="nav-count">{shown}</b>}
    </a>
  );
}

export function Nav({ onHelp }: { onHelp: () => void }) {
  const { path } = address.value;
  const person = session.value?.person;
  return (
    <header class="nav">
      <a class="brand" href="/" aria-label="Bartizan, live attack map">
        <Logo />
        <span>Bartizan</span>
      </a>
      <nav aria-label="Main">
        {LINKS.map(([href, label, icon]) => (
          <a key={href} href={href} aria-current={isHere(href, path) ? 'page' : undefined} aria-label={label}>
            <Icon name={icon} />
            <span>{label}</span>
          </a>
        ))}
        {maySeeLetters.value && <LettersLink isHere={isHere('/dead-letters', path)} />}
        <a class="wide-only" href="/retention" aria-current={isHere('/retention', path) ? 'page' : undefined} aria-label="Retention">
          <Icon name="keep" />
          <span>Retention</span>
        </a>
        {isAdmin.value && (
          <a class="wide-only" href="/people" aria-current={ADMIN.includes(path) ? 'page' : undefined} aria-label="People">
            <Icon name="people" />
            <span>People</span>
          </a>
        )}
      </nav>
      <div class="nav-end">
        <LookupBox />
        <FeedState />
        <button type="button" class="ghost wide-only" onClick={onHelp} aria-label="Keyboard help" title="Keyboard help (?)">
          <Icon name="help" />
        </button>
        <button type="button" class="ghost wide-only" onClick={toggleTheme} aria-label={theme.value === 'dark' ? 'Light theme' : 'Dark theme'} title="Dark or light (D)">
          <Icon name="theme" />
        </button>
        <a class="ghost" href="/account" aria-current={path === '/account' ? 'page' : undefined} aria-label={person ? `Account: ${person.name}` : 'Account'} title={person ? `${person.name} (${person.role})` : 'Account'}>
          <Icon name="person" />
          <span class="wide-only">{person?.name}</span>
        </a>
      </div>
    </header>
  );
}
