/** The letters themselves, the newest first, page after page. */
import { useEffect, useState } from 'preact/hooks';
import type { DeadLetterPage, Letter } from '../../api/types';
import { clock, day, relative } from '../../logic/when';
import { navigate } from '../../router';
import { useKeys } from '../../ui/keys';
import { usePages } from '../../ui/pages';
import { Problem, Progress } from '../../ui/parts';
import { Safe } from '../../ui/Safe';
import { second } from '../../ui/tick';
import { bytes } from '../transaction/Exchange';
import type { Filter } from './Kinds';

const PAGE = 50;

/** Details that say something which the reason does not: those that are not all the same. */
function tellingDetails(letters: Letter[]): ReadonlySet<string> {
  const byCode = new Map<string, Set<string>>();
  for (const { code, detail } of letters) byCode.set(code, (byCode.get(code) ?? new Set()).add(detail));
  return new Set([...byCode.values()].filter((details) => details.size > 1).flatMap((details) => [...details]));
}

interface RowProps {
  letter: Letter;
  hasDetail: boolean;
  isChosen: boolean;
  onChoose: () => void;
}

function Row({ letter, hasDetail, isChosen, onChoose }: RowProps) {
  const at = new Date(letter.died_at);
  const today = day(new Date(second.value));
  return (
    <tr class={isChosen ? 'chosen' : ''} data-id={letter.id} onClick={onChoose}>
      <td class="letter-time">
        <a class="row-open" href={`/dead-letters/${letter.id}`}>
          <time dateTime={letter.died_at}>{clock(at)}</time>
          <span class="second-line">{day(at) === today ? relative(at.getTime(), second.value) : day(at)}</span>
        </a>
      </td>
      <td class="letter-sensor">
        <Safe text={letter.sensor} length={40} />
        <span class="second-line mono">
          <Safe text={letter.code} length={30} />
        </span>
      </td>
      <td class="letter-head mono">
        <div class="letter-begin">
          <Safe text={letter.head} length={200} tokens={60} />
        </div>
        {hasDetail && (
          <span class="second-line">
            <Safe text={letter.detail} length={160} tokens={40} />
          </span>
        )}
      </td>
      <td class="letter-size">{bytes(letter.size_bytes)}</td>
    </tr>
  );
}

/** `stamp` changes whenever letters may have come or gone. */
export function Letters({ filter, stamp }: { filter: Filter; stamp: string }) {
  const query = new URLSearchParams({ limit: String(PAGE) });
  if (filter.sensor !== null) query.set('sensor', filter.sensor);
  if (filter.code !== null) query.set('code', filter.code);
  const { pages, error, isLoading, hasOlder, older, reload } = usePages<DeadLetterPage>(`dead-letters?${query}`, stamp);
  const [chosen, setChosen] = useState(-1);
  const letters = pages?.flatMap(({ dead_letters }) => dead_letters) ?? [];
  const details = tellingDetails(letters);
  useEffect(() => setChosen(-1), [filter.sensor, filter.code, stamp]);
  const move = (step: number): void => {
    const next = Math.max(0, Math.min(letters.length - 1, chosen + step));
    const letter = letters[next];
    if (!letter) return;
    setChosen(next);
    const row = document.querySelector<HTMLElement>(`tr[data-id="${letter.id}"]`);
    row?.scrollIntoView({ block: 'nearest' });
    row?.querySelector<HTMLElement>('.row-open')?.focus({ preventScroll: true });
  };
  const open = (): void => {
    const letter = letters[chosen];
    if (letter) navigate(`/dead-letters/${letter.id}`);
  };
  useKeys({ j: () => move(1), k: () => move(-1), Enter: open, o: open });
  return (
    <section class="list" aria-labelledby="letters-title" aria-busy={isLoading}>
      <Progress isOn={isLoading} />
      <h2 id="letters-title">Letters, the newest first</h2>
      {error !== null && <Problem error={error} retry={reload} />}
      {letters.length > 0 && (
        <table class={`rows letters${isLoading ? ' rows-old' : ''}`}>
          <thead>
            <tr>
              <th scope="col" class="letter-time">Set aside</th>
              <th scope="col" class="letter-sensor">Sensor</th>
              <th scope="col" class="letter-head">Begins with</th>
              <th scope="col" class="letter-size">Size</th>
            </tr>
          </thead>
          <tbody>
            {letters.map((letter, index) => (
              <Row key={letter.id} letter={letter} hasDetail={details.has(letter.detail)} isChosen={index === chosen} onChoose={() => setChosen(index)} />
            ))}
          </tbody>
        </table>
      )}
      {pages && letters.length === 0 && !isLoading && <p class="quiet">None of this sensor and reason (any more).</p>}
      {hasOlder && (
        <button type="button" class="button older" disabled={isLoading} onClick={older}>
          Older
        </button>
      )}
    </section>
  );
}
