/** What the settings say, as they hold: how long, how much. */
import type { RetentionLimits } from '../../api/types';
import { span, whose } from '../../logic/retention';
import { plain } from '../../ui/Safe';
import { bytes } from '../transaction/Exchange';

export function Limits({ limits }: { limits: RetentionLimits }) {
  const { max_store_bytes, min_free_bytes } = limits;
  const isParticular = limits.ages.length > 1;
  return (
    <section class="card" aria-labelledby="limits-title">
      <h2 id="limits-title">What is kept how long</h2>
      <div class="scroll-sideways">
        <table class="plain-table limits">
          <thead>
            <tr>
              <th scope="col">Of</th>
              <th scope="col">Entries</th>
              <th scope="col">Transactions</th>
            </tr>
          </thead>
          <tbody>
            {[...limits.ages].reverse().map((ages) => (
              <tr key={`${ages.of} ${ages.sensor}`}>
                <th scope="row">{plain(whose(ages), 80)}</th>
                <td>{span(ages.payloads_hours)}</td>
                <td>{span(ages.transactions_hours)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      {isParticular && <p class="quiet small limits-note">A sensor’s own line counts before the others, and detected before all.</p>}
      <dl class="limit-list">
        <div>
          <dt>Statistics</dt>
          <dd>{span(limits.statistics_hours)}</dd>
        </div>
        <div>
          <dt>Size of the store</dt>
          <dd>{max_store_bytes === null ? 'no limit' : `at most ${bytes(max_store_bytes)}, then the oldest go`}</dd>
        </div>
        <div>
          <dt>Free disk</dt>
          <dd>{min_free_bytes === 0 ? 'no limit' : `at least ${bytes(min_free_bytes)}, else the oldest go at once`}</dd>
        </div>
      </dl>
      <p class="quiet small">
        Set under <code>[retention]</code> in <code>bartizan.toml</code>. Preserved transactions and those of a hold stay in any case.
      </p>
    </section>
  );
}
