/** The access trail in words. */
import type { Deed } from '../api/types';

const WORDS: Record<string, string> = {
  'setup.done': 'set Bartizan up',
  'login.accepted': 'logged in',
  'login.refused': 'tried to log in and was refused',
  logout: 'logged out',
  'token.refused': 'showed a token that does not count',
  'password.changed': 'changed the password',
  'password.refused': 'stated a wrong password',
  'invitation.accepted': 'chose a password by a link',
  'session.ended': 'ended a session',
  'sessions.ended': 'logged out everywhere',
  'payload.opened': 'opened the payload',
  'payload.downloaded': 'downloaded the raw entry',
  'payload.original-downloaded': 'downloaded the original entry',
  'dead-letter.opened': 'opened a dead letter',
  'dead-letter.downloaded': 'downloaded a dead letter',
  'dead-letters.retried': 'had dead letters decoded again',
  'dead-letters.removed': 'removed dead letters',
  'demo.removed': 'removed the demo',
  'sensor.added': 'added the sensor',
  'sensor.changed': 'changed the sensor',
  'sensor.rotated': 'gave a new secret to the sensor',
  'sensor.enabled': 'enabled the sensor',
  'sensor.disabled': 'disabled the sensor',
  'person.added': 'added',
  'person.invited': 'made a link for',
  'person.changed': 'changed what may be done by',
  'person.removed': 'removed',
  'person.enabled': 'let in again',
  'person.disabled': 'shut out',
  'person.logged-out': 'ended all sessions of',
  'token.added': 'made the token',
  'token.revoked': 'revoked the token',
  'view.saved': 'shared the view',
  'view.changed': 'changed the view',
  'view.removed': 'removed the view',
  'trail.exported': 'exported this trail',
  'triage.state': 'judged',
  'triage.labels': 'labelled',
  'triage.note-added': 'wrote a note to',
  'triage.note-removed': 'removed a note from',
  'triage.many': 'judged',
};

export const KINDS: [value: string, label: string][] = [
  ['', 'Everything'],
  ['login.', 'Log-ins'],
  ['payload.', 'Payloads'],
  ['dead-letter', 'Dead letters'],
  ['sensor.', 'Sensors'],
  ['person.', 'People'],
  ['token.', 'Tokens'],
  ['triage.', 'Judgements'],
  ['view.', 'Views'],
];

/** What a kind asks the server for; `.` at the end stands for all that begin so. */
export function actionsOf(kind: string): string[] {
  return kind === 'dead-letter' ? ['dead-letter.', 'dead-letters.'] : [kind];
}

/** In words where there are any; a route without says what it is. */
export function deedInWords({ action }: Deed): string {
  return WORDS[action] ?? action;
}

const WAYS: Record<string, string> = { local: 'with a password', oidc: 'by single sign-on' };

/** How it was done, in words where there are any. */
export function detailInWords({ action, detail }: Deed): string {
  return action === 'login.accepted' ? (WAYS[detail] ?? detail) : detail;
}

/** Whether the subject is a transaction, which has a page. */
export function transactionOf({ action, subject }: Deed): string | null {
  return (action.startsWith('payload.') || action.startsWith('triage.')) && /^\d+$/.test(subject) ? subject : null;
}

export function isFailure({ action }: Deed): boolean {
  return action.endsWith('.refused');
}
