/** Retention: what is kept for how long, what takes room, what was removed, and what never goes. */
import { useEffect, useState } from 'preact/hooks';
import { post } from '../api/client';
import type { RetentionOverview, RetentionState } from '../api/types';
import { summary } from '../logic/retention';
import { duration, local, relative } from '../logic/when';
import { isAdmin } from '../session';
import { Icon } from '../ui/icons';
import { maySeeLetters as mayPreview } from '../ui/letters';
import { useLoad } from '../ui/load';
import { Problem, Progress } from '../ui/parts';
import { plain } from '../ui/Safe';
import { second } from '../ui/tick';
import { Holds } from './retention/Holds';
import { Limits } from './retention/Limits';
import { Disk, HowFarBack } from './retention/Pictures';
import { Preview } from './retention/Preview';
import { Runs } from './retention/Runs';

const RELOAD_EVERY_MS = 5000;
const SILENT_AFTER_MS = 120_000;

function Warnings({ found, onTrust }: { found: RetentionOverview; onTrust: () => void }) {
  const { state } = found;
  if (state === null) {
    if (found.runs.length > 0 || !isAdmin.value) return null;
    return (
      <p class="alert alert-quiet" role="status">
        <Icon name="clock" />
        No worker has looked yet: it does so a few seconds after <code>bartizan serve</code> starts.
      </p>
    );
  }
  const silent_ms = Date.parse(found.server_time) - Date.parse(state.looked_at);
  return (
    <>
      {state.is_emergency && (
        <p class="alert alert-bad" role="alert">
          <Icon name="warn" />
          <span>
            <strong>Emergency: the disk is nearly full.</strong> The oldest transactions are being removed, whatever the ages say
            {state.emergency_since !== null && <>, since {local(new Date(state.emergency_since))}</>}. Give it more disk, or shorter ages.
          </span>
        </p>
      )}
      {state.clock_doubted_since !== null && (
        <p class="alert alert-warn" role="alert">
          <Icon name="clock" />
          <span>
            <strong>The clock jumped ahead by {duration(state.clock_ahead_s)}.</strong> Nothing is removed for its age until it has been right for a day, or somebody says that it is.
          </span>
          {isAdmin.value && (
            <button type="button" class="button" onClick={onTrust}>
              The clock is right
            </button>
          )}
        </p>
      )}
      {silent_ms > SILENT_AFTER_MS && (
        <p class="alert alert-warn" role="status">
          <Icon name="warn" />
          <span>No worker has looked for {duration(silent_ms / 1000)}, so nothing is removed. The last one was on {plain(state.node, 80)}.</span>
        </p>
      )}
    </>
  );
}

function Next({ found, state }: { found: RetentionOverview; state: RetentionState }) {
  const running = found.runs.find((run) => run.outcome === 'running');
  if (running) {
    const removed = running.payloads + running.transactions + running.statistics;
    return <span role="status">A run goes on: {removed.toLocaleString('en')} removed so far.</span>;
  }
  if (found.is_requested) return <span role="status">A run begins in a moment.</span>;
  if (state.next_run_at === null) return null;
  const next_ms = Date.parse(state.next_run_at);
  return <span>Next run {next_ms <= second.value ? 'in a moment' : relative(next_ms, second.value)}.</span>;
}

export function RetentionPage() {
  const { value: found, error, isLoading, reload } = useLoad<RetentionOverview>('retention');
  const [failure, setFailure] = useState<unknown>(null);
  useEffect(() => {
    const timer = window.setInterval(() => {
      if (!document.hidden) reload();
    }, RELOAD_EVERY_MS);
    return () => window.clearInterval(timer);
  }, []);
  const run = (trusts_clock: boolean): void => {
    setFailure(null);
    post('retention/run', { trusts_clock }).then(reload, setFailure);
  };
  const state = found?.state ?? null;
  return (
    <main class="page retention-page" id="content">
      <Progress isOn={isLoading && found === null} />
      <header class="retention-head">
        <div>
          <h1>Retention</h1>
          {found && (
            <p class="quiet">
              {summary(found.limits)} {state && <Next found={found} state={state} />}
            </p>
          )}
        </div>
        {isAdmin.value && found && (
          <button type="button" class="button" onClick={() => run(false)} disabled={found.is_requested || found.runs.some(({ outcome }) => outcome === 'running')}>
            Run now
          </button>
        )}
      </header>
      {error !== null && <Problem error={error} retry={reload} />}
      {failure !== null && <Problem error={failure} />}
      {found && <Warnings found={found} onTrust={() => run(true)} />}
      {found && state && (
        <div class="retention-pictures">
          <HowFarBack found={found} />
          <Disk state={state} limits={found.limits} />
        </div>
      )}
      {found && (
        <div class="retention-columns">
          <Limits limits={found.limits} />
          <Holds holds={found.holds} released={found.released} preserved={found.preserved} onChange={reload} />
        </div>
      )}
      {found && mayPreview.value && <Preview />}
      {found && <Runs runs={found.runs} />}
    </main>
  );
}
