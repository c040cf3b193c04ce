/** Columns, their order and width, density, and what is folded. */
import { useState } from 'preact/hooks';
import { type ColumnName, COLUMNS as NAMES, fittingWidth, type Grouping, type ListView, moved, type ShownColumn, USUAL } from '../../logic/list-view';
import { Icon } from '../../ui/icons';
import { Popover } from '../../ui/Popover';
import { COLUMNS } from './columns';

interface Props {
  view: ListView;
  onChange: (view: ListView) => void;
}

const WIDER = 24;
const USUAL_WIDTH = 240;

function ColumnLine({ column, at, view, onChange }: Props & { column: ShownColumn; at: number }) {
  const { name } = column;
  const { label } = COLUMNS[name];
  const set = (columns: ShownColumn[]): void => onChange({ ...view, columns });
  const widen = (by: number): void => {
    const width = fittingWidth((column.width ?? COLUMNS[name].width ?? USUAL_WIDTH) + by);
    set(view.columns.map((one) => (one.name === name ? { ...one, width } : one)));
  };
  return (
    <li>
      <label>
        <input
          type="checkbox"
          checked
          disabled={view.columns.length === 1}
          onChange={() => set(view.columns.filter((one) => one.name !== name))}
        />
        {label}
      </label>
      <button type="button" class="ghost" disabled={at === 0} onClick={() => set(moved(view.columns, name, -1))} aria-label={`${label} further left`}>
        <Icon name="up" />
      </button>
      <button
        type="button"
        class="ghost"
        disabled={at === view.columns.length - 1}
        onClick={() => set(moved(view.columns, name, 1))}
        aria-label={`${label} further right`}
      >
        <Icon name="down" />
      </button>
      <button type="button" class="ghost" onClick={() => widen(-WIDER)} aria-label={`${label} narrower`}>
        <Icon name="minus" />
      </button>
      <button type="button" class="ghost" onClick={() => widen(WIDER)} aria-label={`${label} wider`}>
        <Icon name="plus" />
      </button>
    </li>
  );
}

const GROUPINGS: [value: Grouping | null, label: string][] = [
  [null, 'Each'],
  ['similar', 'Similar'],
  ['network', 'Similar, per network'],
];

export function ViewMenu({ view, onChange }: Props) {
  const [isOpen, setOpen] = useState(false);
  const hidden = NAMES.filter((name) => !view.columns.some((column) => column.name === name));
  const show = (name: ColumnName): void => onChange({ ...view, columns: [...view.columns, { name, width: null }] });
  return (
    <Popover
      isOpen={isOpen}
      onOpen={setOpen}
      label="Columns and rows"
      class="view-menu"
      button={
        <>
          <Icon name="columns" />
          <span class="wide-label">Columns</span>
        </>
      }
    >
      <section>
        <h3>Rows</h3>
        <div class="segments" role="group" aria-label="Density">
          {(['comfortable', 'compact'] as const).map((density) => (
            <button key={density} type="button" aria-pressed={view.density === density} onClick={() => onChange({ ...view, density })}>
              {density}
            </button>
          ))}
        </div>
      </section>
      <section>
        <h3>Fold</h3>
        <div class="segments" role="group" aria-label="Fold similar transactions">
          {GROUPINGS.map(([value, label]) => (
            <button key={label} type="button" aria-pressed={view.grouping === value} onClick={() => onChange({ ...view, grouping: value })}>
              {label}
            </button>
          ))}
        </div>
        <p class="quiet small">Similar: the same rules, host, method, status and action, on paths that differ only in numbers and ids.</p>
      </section>
      <section>
        <h3>Columns</h3>
        <ol class="column-lines">
          {view.columns.map((column, at) => (
            <ColumnLine key={column.name} column={column} at={at} view={view} onChange={onChange} />
          ))}
        </ol>
        <ul class="column-lines column-more">
          {hidden.map((name) => (
            <li key={name}>
              <label>
                <input type="checkbox" checked={false} onChange={() => show(name)} />
                {COLUMNS[name].label}
              </label>
            </li>
          ))}
        </ul>
        <button type="button" class="link small" onClick={() => onChange({ ...view, ...USUAL })}>
          as usual
        </button>
      </section>
    </Popover>
  );
}
