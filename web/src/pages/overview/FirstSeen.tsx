/** What this span has and no time before it had: looked for among the most frequent values. */
import type { FirstSeen as Found } from '../../api/boards';
import { toSearch } from '../../logic/filters';
import { useLoad } from '../../ui/load';
import { plain, Safe } from '../../ui/Safe';
import { Card } from './Card';
import { type BoardProps, Line, toggled } from './Values';

const NOUNS = { rule: 'rule', path: 'path' } as const;

function checkedWords({ checked, is_complete, of }: Found): string {
  const count = checked.toLocaleString('en');
  const what = `${NOUNS[of]}${checked === 1 ? '' : 's'}`;
  return is_complete ? `all ${count} ${what} of this time looked for before it` : `the ${count} most frequent ${what} looked for before it`;
}

function whyNone({ values, has_before, of, checked }: Found, hasStart: boolean): string | null {
  if (!hasStart) return 'Choose a time range that has a beginning: new is what was not there before it.';
  if (!has_before) return 'Nothing is stored from before this time, so nothing can be called new.';
  if (values.length > 0) return null;
  return checked === 0 ? `No ${NOUNS[of]} in these transactions.` : 'Nothing new.';
}

export function FirstSeen({ of, filters, onChange, turn }: BoardProps & { of: 'rule' | 'path' }) {
  const hasStart = filters.since !== null;
  const query = new URLSearchParams(toSearch(filters));
  query.set('of', of);
  const loaded = useLoad<Found>(`overview/first-seen?${query}#${turn}`);
  const { value } = loaded;
  return (
    <Card
      title={of === 'rule' ? 'First-seen rules' : 'First-seen paths'}
      class="board-half"
      loaded={loaded}
      lines={4}
      aside={value?.has_before && value.checked > 0 && <span class="quiet small">{checkedWords(value)}</span>}
      empty={(found) => whyNone(found, hasStart)}
    >
      {({ values }) => {
        const most = Math.max(1, ...values.map(({ transactions }) => transactions));
        return (
          <ul class="lines-of-values">
            {values.map((one) => (
              <Line
                key={one.value}
                name={
                  of === 'rule' ? (
                    <>
                      <span class="code">{one.value}</span> {one.message !== null && <Safe text={one.message} length={160} />}
                    </>
                  ) : (
                    <Safe text={one.value} length={120} class="mono" />
                  )
                }
                label={plain(one.message ? `${one.value}, ${one.message}` : one.value, 200)}
                counts={one}
                most={most}
                isChosen={filters.values[of].includes(one.value)}
                onToggle={() => onChange(toggled(filters, of, one.value))}
              />
            ))}
          </ul>
        );
      }}
    </Card>
  );
}
