/** The keyboard help, the same everywhere; opened with "?". */
import { Dialog } from './parts';

const GROUPS: [title: string, keys: [key: string, what: string][]][] = [
  ['Everywhere', [['?', 'this help'], ['V', 'saved views, where a page has them'], ['I', 'look up an id, an address or a URL'], ['D', 'dark or light']]],
  ['Map', [['/', 'search, saved views'], ['G', 'globe or flat'], ['T', 'the same data as tables'], ['F', 'full screen, for a wall'], ['Esc', 'back from the wall']]],
  [
    'Transactions',
    [
      ['/', 'search'], ['j', 'next row'], ['k', 'previous row'], ['o', 'open beside; again: as a page'], ['Esc', 'close it'], ['m', 'judge what is open beside (arrows, Enter)'],
      ['x', 'exclude the value under focus or pointer'], ['⇧F10', 'what can be done with a value'],
    ],
  ],
  [
    'The list of transactions',
    [
      ['t', 'time'], ['[', 'the period before'], [']', 'the period after'], ['l', 'live'], ['f', 'counts by field'], ['e', 'export'],
      ['y', 'copy a link to these rows'],
    ],
  ],
  ['Dead letters', [['j', 'next row'], ['k', 'previous row'], ['Enter', 'open the row (also o)']]],
  ['One transaction', [['j', 'older (also ])'], ['k', 'newer (also [)'], ['m', 'judge it (arrows, Enter)']]],
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
