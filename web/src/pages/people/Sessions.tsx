/** Where people are logged in: one's own, or everybody's. */
import { useState } from 'preact/hooks';
import { remove } from '../../api/client';
import type { LoginSession } from '../../api/types';
import { browserOf } from '../../logic/browser';
import { local, relative } from '../../logic/when';
import { useLoad } from '../../ui/load';
import { Problem, Progress } from '../../ui/parts';
import { Safe } from '../../ui/Safe';
import { second } from '../../ui/tick';
import { Frame } from './Parts';

interface Props {
  /** `sessions` are one's own, `all-sessions` everybody's. */
  path: 'sessions' | 'all-sessions';
}

export function SessionList({ path }: Props) {
  const { value, error, isLoading, reload } = useLoad<{ sessions: LoginSession[] }>(path);
  const [problem, setProblem] = useState<unknown>(null);
  const end = (id: string): void => {
    setProblem(null);
    remove<object>(`${path}/${encodeURIComponent(id)}`).then(reload, setProblem);
  };
  const isAll = path === 'all-sessions';
  return (
    <>
      <Progress isOn={isLoading} />
      {(error ?? problem) !== null && <Problem error={error ?? problem} retry={reload} />}
      <ul class="sessions">
        {value?.sessions.map((one) => (
          <li key={one.id} class="card">
            <div>
              <span>
                {isAll && (
                  <>
                    <strong>
                      <Safe text={one.person} length={100} />
                    </strong>
                    {' · '}
                  </>
                )}
                <span title={one.user_agent}>{one.user_agent === '' ? 'a program that does not say its name' : (browserOf(one.user_agent) ?? <Safe text={one.user_agent} length={80} />)}</span>
                {one.source === 'oidc' && <span class="tag session-tag">single sign-on</span>}
              </span>
              <span class="quiet small">
                <Safe text={one.peer_address} length={60} /> · since {local(new Date(one.created_at))} · last used {relative(Date.parse(one.seen_at), second.value)}
              </span>
            </div>
            {one.is_current ? (
              <span class="tag tag-strong">this one</span>
            ) : (
              <button type="button" class="button" onClick={() => end(one.id)} aria-label={`Log out ${isAll ? one.person : 'this session'} at ${one.peer_address}`}>
                Log it out
              </button>
            )}
          </li>
        ))}
      </ul>
    </>
  );
}

export function SessionsPage() {
  return (
    <Frame here="/sessions" says="Where people are logged in. Whoever is logged out here is out at once.">
      <SessionList path="all-sessions" />
    </Frame>
  );
}
