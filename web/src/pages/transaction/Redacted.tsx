/** What redaction took out of the entry, or hides of it. */
import { isAdmin } from '../../session';
import { Icon } from '../../ui/icons';

/** For those who may see entries as they are kept. */
function Original({ id }: { id: string }) {
  if (!isAdmin.value) return null;
  return (
    <a class="button" href={`/api/v1/transactions/${id}/original`} download>
      <Icon name="download" />
      As it is kept
    </a>
  );
}

/** Beside an entry that is shown. */
export function Redacted({ id, wasRedacted, hasOriginal }: { id: string; wasRedacted: boolean; hasOriginal: boolean }) {
  if (!wasRedacted && !hasOriginal) return null;
  return (
    <p class="redacted quiet small">
      <Icon name="shield" />
      <span>
        {wasRedacted && 'Secrets were taken out of this entry before it was stored. '}
        {hasOriginal && 'Secrets are hidden here; they are kept with the entry. '}
      </span>
      {hasOriginal && <Original id={id} />}
    </p>
  );
}

/** In the place of an entry out of which the secrets cannot be taken. */
export function Withheld({ id }: { id: string }) {
  return (
    <section class="card without-entry" aria-labelledby="withheld-title">
      <h2 id="withheld-title">The entry cannot be shown without its secrets</h2>
      <p class="quiet">The rules of redaction name something in it that stands in the way of everything else, so all of it is held back. What was decoded from it before is on this page.</p>
      <Original id={id} />
    </section>
  );
}
