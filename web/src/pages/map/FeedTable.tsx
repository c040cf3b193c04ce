/** The newest transactions, one line each. */
import type { Row } from '../../api/types';
import { categoryLook } from '../../logic/category';
import { clock } from '../../logic/when';
import { ActionBadge, Mark } from '../../ui/parts';
import { Safe } from '../../ui/Safe';

export function placeName({ place }: Row): string {
  if (!place) return 'unknown';
  if (place.kind === 'internal') return 'internal';
  if (place.kind === 'reserved') return 'reserved';
  return place.country_name ?? place.country ?? 'unknown';
}

function FeedRow({ row }: { row: Row }) {
  return (
    <tr>
      <td class="feed-time">{clock(new Date(row.at))}</td>
      <td class="feed-client">
        <Safe text={row.client.address} length={45} />
      </td>
      <td class="feed-country">{placeName(row)}</td>
      <td class="feed-category">
        {row.category === null ? (
          <span class="quiet">–</span>
        ) : (
          <>
            <Mark category={row.category} />
            {categoryLook(row.category).short}
          </>
        )}
      </td>
      <td class="feed-sensor">
        <Safe text={row.sensor} length={24} />
      </td>
      <td class="feed-request">
        <a href={`/transactions/${row.id}`}>
          <span class="method">
            <Safe text={row.method} length={12} />
          </span>{' '}
          <Safe text={row.uri} length={220} tokens={60} />
        </a>
      </td>
      <td class="feed-action">
        <ActionBadge row={row} />
      </td>
    </tr>
  );
}

export function FeedTable({ rows }: { rows: Row[] }) {
  return (
    <table class="feed-table" aria-label="Newest transactions">
      <thead>
        <tr>
          <th scope="col">Time</th>
          <th scope="col">Client</th>
          <th scope="col">Country</th>
          <th scope="col">Category</th>
          <th scope="col">Sensor</th>
          <th scope="col">Request</th>
          <th scope="col">Action</th>
        </tr>
      </thead>
      <tbody>
        {rows.map((row) => (
          <FeedRow key={row.id} row={row} />
        ))}
      </tbody>
    </table>
  );
}
