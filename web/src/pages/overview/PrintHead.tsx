/** What a printed overview says of itself: of what it is, and who printed it when. */
import { FIELD_LABELS, FIELDS, type Filters } from '../../logic/filters';
import { ends } from '../../logic/period';
import { stamp, zoneName } from '../../logic/zone';
import { session } from '../../session';
import { Safe } from '../../ui/Safe';
import { second } from '../../ui/tick';
import { zone } from '../../ui/zone';

function rangeWords(filters: Filters, now_ms: number): string {
  const range = ends(filters, now_ms);
  if (!range) return 'all time';
  const [since, until] = range.map((at) => stamp(new Date(at), zone.value));
  return `${since} to ${until}`;
}

export function PrintHead({ filters, title }: { filters: Filters; title: string }) {
  const person = session.value?.person;
  const now_ms = second.value;
  const chosen = FIELDS.filter((field) => filters.values[field].length > 0);
  const isNarrow = chosen.length > 0 || filters.text !== null || filters.blocked !== null || filters.uniqueId !== null;
  return (
    <header class="print-head">
      <p class="print-title">Bartizan · {title}</p>
      <dl>
        <div>
          <dt>Time</dt>
          <dd>
            {rangeWords(filters, now_ms)} ({zoneName(zone.value)})
          </dd>
        </div>
        <div>
          <dt>Filter</dt>
          <dd>
            {!isNarrow && 'none'}
            {chosen.map((field) => (
              <span key={field}>
                {FIELD_LABELS[field]}: <Safe text={filters.values[field].join(', ')} length={300} />{' '}
              </span>
            ))}
            {filters.blocked !== null && <span>Action: {filters.blocked ? 'blocked' : 'detected'} </span>}
            {filters.uniqueId !== null && (
              <span>
                Unique id: <Safe text={filters.uniqueId} length={100} />{' '}
              </span>
            )}
            {filters.text !== null && (
              <span>
                Search: <Safe text={filters.text} length={300} class="mono" />
              </span>
            )}
          </dd>
        </div>
        <div>
          <dt>Sees</dt>
          <dd>{person?.scope ? <Safe text={person.scope} length={300} class="mono" /> : 'everything'}</dd>
        </div>
        <div>
          <dt>Printed</dt>
          <dd>
            by {person ? <Safe text={person.name} length={100} /> : 'nobody'}, {stamp(new Date(now_ms), zone.value)}
          </dd>
        </div>
      </dl>
    </header>
  );
}
