/** Who is logged in, and the build this page was made by. */
import { computed, signal } from '@preact/signals';
import { get, post, put, remove, whenLoggedOut } from './api/client';
import type { Session } from './api/types';
import { closeFeed } from './live/stream';

export const session = signal<Session | null>(null);
export const isAdmin = computed(() => session.value?.person?.role === 'admin');

/** The build when this page was loaded: a later answer with another one means "new version". */
let firstBuild: string | null = null;

export function loadedBuild(): string | null {
  return firstBuild;
}

function take(next: Session): Session {
  firstBuild ??= next.build;
  session.value = next;
  return next;
}

export async function loadSession(): Promise<Session> {
  return take(await get<Session>('session'));
}

export async function logIn(name: string, password: string): Promise<void> {
  take({ ...session.value, ...(await post<Session>('login', { name, password })) });
}

export async function setUp(code: string, name: string, password: string): Promise<void> {
  take({ ...session.value, ...(await post<Session>('setup', { code, name, password })) });
}

export async function acceptInvitation(code: string, password: string): Promise<void> {
  take({ ...session.value, ...(await post<Session>('welcome', { code, password })) });
}

/** The old session ends with the old password; what still asks with it meanwhile means nothing. */
let isRenewing = false;

export async function changePassword(present: string, password: string): Promise<void> {
  isRenewing = true;
  try {
    take({ ...session.value, ...(await put<Session>('password', { present, password })) });
  } finally {
    isRenewing = false;
  }
}

export async function logOut(): Promise<void> {
  closeFeed();
  const after = take({ ...session.value, ...(await post<Session>('logout')) });
  if (after.sign_out !== null) location.assign(after.sign_out);
}

export async function logOutEverywhere(): Promise<void> {
  closeFeed();
  take({ ...session.value, ...(await remove<Session>('sessions')) });
}

/** Asked again, since a request may have been on its way with a session that was just renewed. */
whenLoggedOut(() => {
  if (isRenewing || session.value?.state !== 'ready') return;
  loadSession().then(
    (now) => {
      if (now.state !== 'ready') closeFeed();
    },
    () => undefined,
  );
});
