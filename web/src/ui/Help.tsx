/** The keyboard help, the same everywhere; opened with "?". */
import { Dialog } from './parts';

const GROUPS: [title: string, keys: [key: string, what: string][]][] = [
  ['Everywhere', [['?', 'this help'], ['D', 'dark or light']]],
  ['Map', [['G', 'globe or flat'], ['T', 'the same data as tables'], ['F', 'full screen, for a wall'], ['Esc', 'back from the wall']]],
  ['Transactions, dead letters', [['/', 'search'], ['j', 'next row'], ['k', 'previous row'], ['Enter', 'open the row (also o)']]],
  ['One transaction', [['[', 'newer'], [']', 'older']]],
];

export function Help({ onClose }: { onClose: () => void }) {
  return (
    <Dialog title="Keyboard" onClose={onClose}>
      <div class="help">
        {GROUPS.map(([title, keys]) => (
          <section key={title}>
            <h3>{title}</h3>
            <dl>
              {keys.map(([key, what]) => (
                <div key={key}>
                  <dt>
                    <kbd>{key}</kbd>
                  </dt>
                  <dd>{what}</dd>
                </div>
              ))}
            </dl>
          </section>
        ))}
      </div>
    </Dialog>
  );
}
