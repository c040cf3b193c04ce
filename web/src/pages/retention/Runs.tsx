/** What the last runs removed. */
import type { RetentionRun } from '../../api/types';
import { duration, local } from '../../logic/when';
import { plain } from '../../ui/Safe';
import { bytes } from '../transaction/Exchange';

const CAUSES = { schedule: 'on time', request: 'asked for', emergency: 'emergency' };
const OUTCOMES = { running: 'going on', done: 'done', stopped: 'stopped', failed: 'failed' };

function Took({ run }: { run: RetentionRun }) {
  if (run.ended_at === null) return null;
  const seconds = (Date.parse(run.ended_at) - Date.parse(run.began_at)) / 1000;
  return <span class="second-line">{seconds < 1 ? 'less than 1 s' : duration(seconds)}</span>;
}

function Row({ run }: { run: RetentionRun }) {
  const isBad = run.outcome === 'failed' || run.cause === 'emergency';
  return (
    <tr>
      <th scope="row">
        {local(new Date(run.began_at))}
        <Took run={run} />
      </th>
      <td>
        <span class={isBad ? 'tag tag-bad' : 'tag'}>{CAUSES[run.cause]}</span> {OUTCOMES[run.outcome]}
        {run.note !== '' && <span class="second-line">{plain(run.note, 300)}</span>}
      </td>
      <td class="number">{run.payloads.toLocaleString('en')}</td>
      <td class="number">{run.transactions.toLocaleString('en')}</td>
      <td class="number">{run.statistics.toLocaleString('en')}</td>
      <td class="number">{bytes(run.raw_bytes)}</td>
    </tr>
  );
}

export function Runs({ runs }: { runs: RetentionRun[] }) {
  if (runs.length === 0) return null;
  return (
    <section class="card" aria-labelledby="runs-title">
      <h2 id="runs-title">The last runs</h2>
      <div class="scroll-sideways">
        <table class="plain-table runs">
          <thead>
            <tr>
              <th scope="col">Began</th>
              <th scope="col">Why</th>
              <th scope="col" class="number">
                Entries
              </th>
              <th scope="col" class="number">
                Transactions
              </th>
              <th scope="col" class="number">
                Counts
              </th>
              <th scope="col" class="number">
                As received
              </th>
            </tr>
          </thead>
          <tbody>
            {runs.map((run) => (
              <Row key={run.id} run={run} />
            ))}
          </tbody>
        </table>
      </div>
    </section>
  );
}
