/** Tables in which every column sorts: a click on its head, a second one the other way round. */
import { useState } from 'preact/hooks';
import { Icon } from './icons';

export interface Sorting<Column extends string> {
  by: Column;
  isReversed: boolean;
  choose: (column: Column) => void;
}

export function useSorting<Column extends string>(first: Column): Sorting<Column> {
  const [by, setBy] = useState<Column>(first);
  const [isReversed, setReversed] = useState(false);
  const choose = (column: Column): void => {
    setReversed(column === by && !isReversed);
    setBy(() => column);
  };
  return { by, isReversed, choose };
}

interface HeadProps<Column extends string> {
  columns: readonly Column[];
  /** Those of numbers, which stand at the right. */
  numbers: readonly Column[];
  sorting: Sorting<Column>;
}

export function SortedHead<Column extends string>({ columns, numbers, sorting: { by, isReversed, choose } }: HeadProps<Column>) {
  return (
    <thead>
      <tr>
        {columns.map((column) => (
          <th key={column} scope="col" aria-sort={column === by ? (isReversed ? 'descending' : 'ascending') : undefined} class={numbers.includes(column) ? 'number' : undefined}>
            <button type="button" class="sort" onClick={() => choose(column)}>
              {column}
              {column === by && <Icon name={isReversed ? 'up' : 'down'} />}
            </button>
          </th>
        ))}
      </tr>
    </thead>
  );
}
