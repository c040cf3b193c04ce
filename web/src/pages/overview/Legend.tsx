/** What the colours of the bars say: the categories of this time, the most frequent first. */
import type { FacetCounts } from '../../api/types';
import { categoryLook } from '../../logic/category';
import type { Filters } from '../../logic/filters';
import { useLoad } from '../../ui/load';
import { Mark } from '../../ui/parts';
import { facetPath } from './Values';

const SHOWN = 6;

export function Legend({ filters, turn }: { filters: Filters; turn: number }) {
  const { value } = useLoad<FacetCounts>(facetPath(filters, 'category', SHOWN, turn));
  const chosen = filters.values.category;
  const shown = (value?.values ?? []).filter((one) => chosen.length === 0 || chosen.includes(one.value));
  return (
    <ul class="legend small" aria-label="Colours">
      {shown.map((one) => (
        <li key={one.value}>
          <Mark category={one.value} />
          {categoryLook(one.value).short}
        </li>
      ))}
    </ul>
  );
}
