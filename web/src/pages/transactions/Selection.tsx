/** What can be done with the rows that are ticked. */
import type { ComponentChildren } from 'preact';
import type { Row } from '../../api/types';
import { Icon } from '../../ui/icons';

interface Props {
  rows: Row[];
  onClear: () => void;
  /** Further actions, such as judging all of them. */
  children?: ComponentChildren;
}

export function Selection({ rows, onClear, children }: Props) {
  const [one, other, ...rest] = rows;
  const copyIds = (): void => void navigator.clipboard?.writeText(rows.map(({ unique_id, id }) => unique_id ?? id).join('\n'));
  return (
    <div class="selection" role="region" aria-label="Selected transactions">
      <strong aria-live="polite">{rows.length.toLocaleString('en')} selected</strong>
      {one && other && rest.length === 0 ? (
        <a class="button" href={`/compare/${one.id}/${other.id}`}>
          <Icon name="compare" />
          Compare
        </a>
      ) : (
        <button type="button" class="button" disabled title="Select two to compare them">
          <Icon name="compare" />
          Compare
        </button>
      )}
      <button type="button" class="button" onClick={copyIds}>
        <Icon name="copy" />
        Copy ids
      </button>
      {children}
      <span class="spacer" />
      <button type="button" class="link" onClick={onClear}>
        clear
      </button>
    </div>
  );
}
