/** How long ago something was; the moment itself in the title. */
import { relative, utc } from '../logic/when';
import { second } from './tick';

export function Ago({ at }: { at: string | null }) {
  if (at === null) return <span class="quiet">never</span>;
  return (
    <time dateTime={at} title={utc(at)}>
      {relative(Date.parse(at), second.value)}
    </time>
  );
}
