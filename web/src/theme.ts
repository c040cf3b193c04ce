/** Dark, light or as the system says. `?theme=` in the address wins and is not remembered. */
import { computed, effect, signal } from '@preact/signals';

export type Theme = 'dark' | 'light';
export type ThemeChoice = Theme | 'system';

const KEY = 'bartizan.theme';
const systemIsLight = window.matchMedia('(prefers-color-scheme: light)');
const system = signal<Theme>(systemIsLight.matches ? 'light' : 'dark');

function isTheme(value: string | null): value is Theme {
  return value === 'dark' || value === 'light';
}

/** Storage may be switched off; then the choice lasts as long as the page. */
function remembered(): ThemeChoice {
  try {
    const value = localStorage.getItem(KEY);
    return isTheme(value) ? value : 'system';
  } catch {
    return 'system';
  }
}

const fromAddress = new URLSearchParams(location.search).get('theme');

export const themeChoice = signal<ThemeChoice>(isTheme(fromAddress) ? fromAddress : remembered());
export const theme = computed<Theme>(() => {
  return themeChoice.value === 'system' ? system.value : themeChoice.value;
});

export function chooseTheme(choice: ThemeChoice): void {
  themeChoice.value = choice;
  try {
    if (choice === 'system') localStorage.removeItem(KEY);
    else localStorage.setItem(KEY, choice);
  } catch {
    // Not remembered, but applied.
  }
}

export function toggleTheme(): void {
  chooseTheme(theme.value === 'dark' ? 'light' : 'dark');
}

export function startTheme(): void {
  systemIsLight.addEventListener('change', ({ matches }) => {
    system.value = matches ? 'light' : 'dark';
  });
  effect(() => {
    document.documentElement.dataset['theme'] = theme.value;
  });
}
