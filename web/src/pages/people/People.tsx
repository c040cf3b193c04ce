/** Everybody who may use the console. */
import { useState } from 'preact/hooks';
import type { Person } from '../../api/types';
import { relative } from '../../logic/when';
import { isAdmin } from '../../session';
import { Icon } from '../../ui/icons';
import { useLoad } from '../../ui/load';
import { Problem, Progress } from '../../ui/parts';
import { Safe } from '../../ui/Safe';
import { second } from '../../ui/tick';
import { Frame, ScopeWords } from './Parts';
import { InviteDialog, PersonDialog } from './PersonDialog';

const STATES: Partial<Record<Person['state'], string>> = { invited: 'invited', lapsed: 'link too old', disabled: 'shut out' };
const SOURCES: Record<Person['source'], string> = { local: 'password', oidc: 'single sign-on', header: 'trusted proxy' };

function PersonLine({ person, onOpen }: { person: Person; onOpen: () => void }) {
  const state = STATES[person.state];
  return (
    <tr class={person.state === 'disabled' ? 'is-off' : undefined}>
      <th scope="row">
        <button type="button" class="line-link" onClick={onOpen}>
          <Safe text={person.name} length={100} />
        </button>{' '}
        {state && <span class={`tag${person.state === 'invited' ? '' : ' tag-warn'}`}>{state}</span>}
      </th>
      <td data-label="Role">{person.role}</td>
      <td data-label="Sees">
        <ScopeWords scope={person.scope} />
        {!person.sees_payloads && <span class="second-line">without payloads</span>}
      </td>
      <td data-label="Logs in by">{SOURCES[person.source]}</td>
      <td data-label="Last log-in">{person.seen_at ? relative(Date.parse(person.seen_at), second.value) : 'never'}</td>
      <td data-label="Sessions" class="number">
        {person.sessions}
      </td>
      <td data-label="Tokens" class="number">
        {person.tokens}
      </td>
    </tr>
  );
}

function Everybody() {
  const { value, error, isLoading, reload } = useLoad<{ people: Person[] }>('people');
  const [isInviting, setInviting] = useState(false);
  const [open, setOpen] = useState<Person | null>(null);
  const invite = (
    <button type="button" class="button button-strong" onClick={() => setInviting(true)}>
      <Icon name="plus" />
      Invite a person
    </button>
  );
  return (
    <Frame here="/people" says="Who may use this console, and what each of them sees." button={invite}>
      <Progress isOn={isLoading} />
      {error !== null && <Problem error={error} retry={reload} />}
      {value && (
        <table class="lines">
          <thead>
            <tr>
              <th scope="col">Name</th>
              <th scope="col">Role</th>
              <th scope="col">Sees</th>
              <th scope="col">Logs in by</th>
              <th scope="col">Last log-in</th>
              <th scope="col" class="number">
                Sessions
              </th>
              <th scope="col" class="number">
                Tokens
              </th>
            </tr>
          </thead>
          <tbody>
            {value.people.map((person) => (
              <PersonLine key={person.id} person={person} onOpen={() => setOpen(person)} />
            ))}
          </tbody>
        </table>
      )}
      {isInviting && <InviteDialog onClose={() => setInviting(false)} onDone={reload} />}
      {open && <PersonDialog person={open} onClose={() => setOpen(null)} onDone={reload} />}
    </Frame>
  );
}

export function PeoplePage() {
  return isAdmin.value ? <Everybody /> : <Frame here="/people" says="" />;
}
