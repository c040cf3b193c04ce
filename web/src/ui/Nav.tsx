/** The slim bar on top. */
import { address } from '../router';
import { session } from '../session';
import { theme, toggleTheme } from '../theme';
import { FeedState } from './FeedState';
import { Icon, type IconName, Logo } from './icons';

const LINKS: [href: string, label: string, icon: IconName][] = [
  ['/', 'Map', 'map'],
  ['/transactions', 'Transactions', 'list'],
  ['/sensors', 'Sensors', 'sensor'],
];

function isHere(href: string, path: string): boolean {
  if (href === '/') return path === '/' || path === '/map';
  return path === href || path.startsWith(`${href}/`);
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
      </nav>
      <div class="nav-end">
        <FeedState />
        <button type="button" class="ghost wide-only" onClick={onHelp} aria-label="Keyboard help" title="Keyboard help (?)">
          <Icon name="help" />
        </button>
        <button type="button" class="ghost" onClick={toggleTheme} aria-label={theme.value === 'dark' ? 'Light theme' : 'Dark theme'} title="Dark or light (D)">
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
