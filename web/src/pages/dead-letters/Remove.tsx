/** Removing is for good, so it asks, and says what goes. Administrators only. */
import { useState } from 'preact/hooks';
import { isAdmin } from '../../session';
import { Dialog } from '../../ui/parts';
import { type Choice, isChanging, start } from './change';

interface Props {
  choice: Choice;
  count: number;
  /** What they are, as the end of "Remove 12 letters ...?" */
  what: string;
  onRemoved?: () => void;
}

export function Remove({ choice, count, what, onRemoved }: Props) {
  const [isAsking, setAsking] = useState(false);
  if (!isAdmin.value) return null;
  const letters = count === 1 ? 'this letter' : `${count.toLocaleString('en')} letters`;
  const confirm = (): void => {
    setAsking(false);
    void start('remove', choice, count).then(onRemoved);
  };
  return (
    <>
      <button type="button" class="button" disabled={isChanging()} onClick={() => setAsking(true)}>
        Remove
      </button>
      {isAsking && (
        <Dialog title={`Remove ${letters}${what}?`} onClose={() => setAsking(false)}>
          <p>
            {count === 1 ? 'It is' : 'They are'} deleted for good, and the sensor does not have {count === 1 ? 'it' : 'them'} any more.
            Removing is written to the log with your name.
          </p>
          <footer class="row-of-buttons">
            <button type="button" class="button" autofocus onClick={() => setAsking(false)}>
              Keep {count === 1 ? 'it' : 'them'}
            </button>
            <button type="button" class="button button-danger" onClick={confirm}>
              Remove {letters}
            </button>
          </footer>
        </Dialog>
      )}
    </>
  );
}
