/** The numbers on the left: rate, window, share blocked, categories, countries. */
import type { MapData } from '../../api/types';
import type { Rate } from '../../logic/aggregate';
import { categoryLook } from '../../logic/category';
import { noFilters, pageOf, withValue } from '../../logic/filters';
import { Bar, Mark } from '../../ui/parts';
import type { Window } from './numbers';

const LISTED = 20;
const RATE_OVER_S = 10;

export function whole(number: number): string {
  return number.toLocaleString('en');
}

function perSecond(rate: number): string {
  return rate >= 10 || rate === 0 ? String(Math.round(rate)) : rate.toFixed(1);
}

/** Transactions per second of the last minute. */
function Sparkline({ series }: { series: number[] }) {
  const most = Math.max(4, ...series);
  const bars = series.map((count, index) => {
    const height = (count / most) * 26;
    return `M${index * 4 + 1.5} 28V${(28 - Math.max(height, 0.8)).toFixed(1)}`;
  });
  return (
    <svg class="sparkline" viewBox="0 0 240 28" preserveAspectRatio="none" aria-hidden="true">
      <path d={bars.join('')} />
    </svg>
  );
}

export function Counters({ data, rate, window }: { data: MapData; rate: Rate; window: Window }) {
  const { transactions, intercepted } = data.total;
  const now = Date.now();
  return (
    <section class="card counters" aria-label="Counters">
      <dl>
        <div class="counter counter-rate">
          <dt>Attacks per second</dt>
          <dd>{perSecond(rate.perSecond(now, RATE_OVER_S))}</dd>
        </div>
        <div class="counter">
          <dt>Last {window.replace('m', ' min').replace('h', ' h').replace('d', ' d')}</dt>
          <dd>{whole(transactions)}</dd>
        </div>
        <div class="counter">
          <dt>Blocked</dt>
          <dd>{transactions === 0 ? '–' : `${Math.round((100 * intercepted) / transactions)}%`}</dd>
        </div>
      </dl>
      <Sparkline series={rate.series(now)} />
    </section>
  );
}

/** A list entry leads to the transactions it counts. */
function link(field: 'category' | 'country', value: string, window: Window): string {
  return pageOf({ ...withValue(noFilters(), field, value), since: `now-${window}` });
}

export function Categories({ data, window }: { data: MapData; window: Window }) {
  const most = Math.max(1, ...data.categories.map(({ transactions }) => transactions));
  return (
    <section class="card ranking categories" aria-labelledby="categories-title">
      <h2 id="categories-title">Categories</h2>
      {data.categories.length === 0 && <p class="quiet none">nothing yet</p>}
      <ul>
        {data.categories.slice(0, LISTED).map(({ category, transactions }) => (
          <li key={category}>
            <a href={link('category', category, window)}>
              <Mark category={category} />
              <span class="name">{categoryLook(category).label}</span>
              <Bar part={transactions / most} class={`cat-${category}`} />
              <span class="number">{whole(transactions)}</span>
            </a>
          </li>
        ))}
      </ul>
    </section>
  );
}

export function Countries({ data, window }: { data: MapData; window: Window }) {
  const most = Math.max(1, ...data.countries.map(({ transactions }) => transactions));
  return (
    <section class="card ranking" aria-labelledby="countries-title">
      <h2 id="countries-title">Countries</h2>
      {data.countries.length === 0 && <p class="quiet none">nothing yet</p>}
      <ul>
        {data.countries.slice(0, LISTED).map(({ country, name, transactions }) => (
          <li key={country}>
            <a href={link('country', country, window)} title={name}>
              <span class="code">{country}</span>
              <span class="name">{name}</span>
              <Bar part={transactions / most} />
              <span class="number">{whole(transactions)}</span>
            </a>
          </li>
        ))}
      </ul>
    </section>
  );
}
