/** What people judged a transaction to be: the same small badge in the list and on its page. */
import type { TriageState } from '../api/types';
import { STATE_LABELS } from '../logic/triage';
import { Icon, type IconName } from './icons';
import { plain } from './Safe';

export const STATE_ICONS: Record<TriageState, IconName> = {
  open: 'eye',
  confirmed: 'warn',
  'false-positive': 'check',
  ignored: 'clock',
};

/** Nothing for what is open and has no labels: that is most of them. */
export function StateBadge({ state, labels = [], most = 2 }: { state: TriageState; labels?: string[]; most?: number }) {
  if (state === 'open' && labels.length === 0) return null;
  return (
    <span class="judged">
      {state !== 'open' && (
        <span class={`badge badge-state state-${state}`}>
          <Icon name={STATE_ICONS[state]} />
          {STATE_LABELS[state].toLowerCase()}
        </span>
      )}
      {labels.slice(0, most).map((label) => (
        <span key={label} class="label-chip">
          {plain(label, 40)}
        </span>
      ))}
      {labels.length > most && (
        <span class="quiet small" title={labels.join(', ')}>
          +{labels.length - most}
        </span>
      )}
    </span>
  );
}
