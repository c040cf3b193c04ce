/** What the live feed is doing: always in words, and since when. */
import { feed, reconnectNow } from '../live/stream';
import type { FeedName } from '../logic/feed';
import { duration } from '../logic/when';
import { second } from './tick';

const TITLES: Record<FeedName, string> = {
  connecting: 'Connecting to the live feed',
  live: 'Transactions are arriving',
  idle: 'Connected; no transaction has arrived lately',
  reconnecting: 'The connection broke; trying again',
  lost: 'No connection: what you see is old',
};

export function FeedState() {
  const { name, since_ms } = feed.value;
  const passed_s = Math.max(0, (second.value && Date.now() - since_ms) / 1000);
  const isBroken = name === 'lost' || name === 'reconnecting';
  return (
    <span class={`feed feed-${name}`} role="status" title={TITLES[name]}>
      <span class="feed-dot" aria-hidden="true" />
      <span>{name}</span>
      {name !== 'live' && name !== 'connecting' && passed_s >= 5 && <span class="quiet">{duration(passed_s)}</span>}
      {isBroken && (
        <button type="button" class="link" onClick={reconnectNow}>
          retry
        </button>
      )}
    </span>
  );
}
