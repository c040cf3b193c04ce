/** Demo traffic never passes for real: a badge while there is any, and one click to remove it. */
import { useState } from 'preact/hooks';
import { remove } from '../../api/client';
import { isAdmin } from '../../session';
import { Dialog, Problem, Progress } from '../../ui/parts';

export function Demo({ onRemoved }: { onRemoved: () => void }) {
  const [isAsking, setAsking] = useState(false);
  const [isBusy, setBusy] = useState(false);
  const [error, setError] = useState<unknown>(null);
  const confirm = (): void => {
    setBusy(true);
    setError(null);
    remove<{ transactions: number }>('demo').then(
      () => {
        setAsking(false);
        setBusy(false);
        onRemoved();
      },
      (cause: unknown) => {
        setError(cause);
        setBusy(false);
      },
    );
  };
  return (
    <span class="demo">
      <span class="demo-badge" title="At least one sensor is a demo: its transactions are made up">
        DEMO
      </span>
      {isAdmin.value && (
        <button type="button" class="link" onClick={() => setAsking(true)}>
          remove demo data
        </button>
      )}
      {isAsking && (
        <Dialog title="Remove the demo data?" onClose={() => setAsking(false)}>
          <p>The demo sensors and every transaction they sent are deleted. Your own sensors stay.</p>
          <div class="dialog-wait" role="status">
            <Progress isOn={isBusy} />
            {isBusy && 'Removing. Entries that are still on their way are waited for; this takes some seconds.'}
          </div>
          {error !== null && <Problem error={error} />}
          <footer class="row-of-buttons">
            <button type="button" class="button" autofocus onClick={() => setAsking(false)} disabled={isBusy}>
              Keep it
            </button>
            <button type="button" class="button button-danger" onClick={confirm} disabled={isBusy}>
              {isBusy ? 'Removing …' : 'Remove demo data'}
            </button>
          </footer>
        </Dialog>
      )}
    </span>
  );
}
