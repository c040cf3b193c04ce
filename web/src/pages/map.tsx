/** The live attack map: the first page, and the one on the wall. */
import { useEffect, useMemo, useRef, useState } from 'preact/hooks';
import type { Scene, View } from '../map/scene';
import { clock, day } from '../logic/when';
import { Empty } from '../ui/Empty';
import { FeedState } from '../ui/FeedState';
import { Icon } from '../ui/icons';
import { address, navigate } from '../router';
import { useKeys } from '../ui/keys';
import { lazy } from '../ui/lazy';
import { Problem } from '../ui/parts';
import { Safe } from '../ui/Safe';
import { second } from '../ui/tick';
import { isWall, startWall, toggleWall } from '../ui/wall';
import { Categories, Counters, Countries, whole } from './map/Counters';
import { Demo } from './map/Demo';
import { FeedTable } from './map/FeedTable';
import { Numbers, WINDOWS, type Window } from './map/numbers';
import { Stage } from './map/Stage';

const MapTools = lazy(() => import('./map/Tools').then((module) => module.MapTools));
const Tables = lazy(() => import('./rest').then((module) => module.Tables));

const RELEASE_EVERY_MS = 200;
const DEFAULT_FPS = 30;

interface Options {
  view: View;
  window: Window;
  /** The search text; null shows everything. */
  text: string | null;
  fps: number;
}

function optionsFrom(search: string): Options {
  const query = new URLSearchParams(search);
  const window_ = WINDOWS.find((name) => name === query.get('window')) ?? '24h';
  const fps = Number(query.get('fps') ?? DEFAULT_FPS);
  return {
    view: query.get('view') === 'globe' ? 'globe' : 'flat',
    window: window_,
    text: query.get('q')?.trim() || null,
    fps: Number.isFinite(fps) ? Math.max(0, Math.min(60, fps)) : DEFAULT_FPS,
  };
}

/** Keeps the choice in the address, so that a reload or a kiosk shows the same. */
function remember(name: string, value: string, standard: string): void {
  const url = new URL(location.href);
  if (value === standard) url.searchParams.delete(name);
  else url.searchParams.set(name, value);
  navigate(url.pathname + url.search, { replace: true });
}

export function MapPage() {
  const { search } = address.value;
  const options = useMemo(() => optionsFrom(search), [search]);
  const { view, window: window_, text } = options;
  const [isTable, setTable] = useState(false);
  const [isSearching, setSearching] = useState(false);
  const [drawn, setDrawn] = useState({ isAggregated: false, left: 0 });
  const scene = useRef<Scene | null>(null);
  const numbers = useMemo(() => new Numbers((rows) => scene.current?.launch(rows)), []);

  useEffect(() => {
    numbers.start(window_, text);
    const release = window.setInterval(() => {
      scene.current?.release(numbers.rate.perSecond(Date.now(), 5), RELEASE_EVERY_MS * 2);
    }, RELEASE_EVERY_MS);
    const endWall = startWall();
    return () => {
      numbers.stop();
      window.clearInterval(release);
      endWall();
    };
  }, []);

  useEffect(() => numbers.choose(window_, text), [window_, text]);

  const chooseView = (next: View): void => {
    setTable(false);
    remember('view', next, 'flat');
  };
  const chooseWindow = (next: Window): void => remember('window', next, '24h');
  const toggleView = (): void => chooseView(view === 'flat' ? 'globe' : 'flat');
  const toggleFull = (): void => {
    toggleWall();
    remember('wall', isWall.value ? '1' : '', '');
  };
  const leave = (): void => {
    if (isWall.value) toggleFull();
    setTable(false);
  };
  useKeys({ g: toggleView, t: () => setTable(!isTable), f: toggleFull, Escape: leave, '/': () => setSearching(true), v: () => setSearching(true) });

  const data = numbers.data.value;
  const error = numbers.error.value;
  void numbers.version.value;
  const total = data ? `${whole(data.total.transactions)} transactions in the last ${window_}` : 'loading';
  const onDrawn = (next: { isAggregated: boolean; left: number }): void => {
    setDrawn((present) => (present.isAggregated === next.isAggregated && (present.left > 0) === (next.left > 0) ? present : next));
  };

  return (
    <main class="map-page" id="content">
      <Stage data={data} view={view} fps={options.fps} onDrawn={onDrawn} onScene={(made) => (scene.current = made)}
        label={`World map of attacks: ${total}. Press T for the same data as tables.`} />
      <div class="map-bar">
        <h1>Live attack map</h1>
        {isWall.value && <FeedState />}
        {data?.sensors.some(({ is_demo }) => is_demo) && <Demo onRemoved={() => void numbers.load()} />}
        <span class="spacer" />
        {isWall.value && <WallClock />}
        <div class="segments" role="group" aria-label="Time window">
          {WINDOWS.map((name) => (
            <button key={name} type="button" aria-pressed={name === window_} onClick={() => chooseWindow(name)}>
              {name}
            </button>
          ))}
        </div>
        <div class="segments" role="group" aria-label="View">
          <button type="button" aria-pressed={view === 'flat' && !isTable} onClick={() => chooseView('flat')} title="Flat map (G)">
            <Icon name="map" />
            Flat
          </button>
          <button type="button" aria-pressed={view === 'globe' && !isTable} onClick={() => chooseView('globe')} title="Globe (G)">
            <Icon name="globe" />
            Globe
          </button>
          <button type="button" aria-pressed={isTable} onClick={() => setTable(!isTable)} title="Tables (T)">
            <Icon name="table" />
            Table
          </button>
        </div>
        {!isWall.value && (
          <button type="button" class="ghost framed" aria-pressed={isSearching || text !== null} onClick={() => setSearching(!isSearching)} aria-label="Search the map" title="Search, saved views (/)">
            <Icon name="filter" />
          </button>
        )}
        <button type="button" class="ghost framed" onClick={toggleFull} aria-label="Full screen" title="Full screen (F)">
          <Icon name="full" />
        </button>
        {isWall.value && text !== null && (
          <span class="tag map-text">
            <Safe text={text} length={120} />
          </span>
        )}
        {!isWall.value && (isSearching || text !== null) && <MapTools />}
      </div>
      {data && (
        <aside class="rail" aria-label="Summary">
          <Counters data={data} rate={numbers.rate} window={window_} />
          <Categories data={data} window={window_} />
          <Countries data={data} window={window_} />
        </aside>
      )}
      {error !== null && (
        <div class="map-empty card">
          <Problem error={error} retry={() => void numbers.load()} />
        </div>
      )}
      {data?.empty && !error && (
        <div class="map-empty card">
          <Empty why={data.empty} onNewest={() => chooseWindow('7d')} />
        </div>
      )}
      {data && isTable && <Tables data={data} />}
      <section class="card feed-panel" aria-label="Newest transactions">
        {data && <FeedTable rows={data.recent} />}
        <footer class="credits">
          {data && <Credits data={data} />}
          {drawn.isAggregated && <span class="tag">busy: one arc stands for several transactions</span>}
          {drawn.left > 0 && <span class="tag">not every transaction is drawn; all are counted</span>}
          <span class="spacer" />
          <span class="legend wide-only">
            <span class="legend-ring" /> blocked <span class="legend-ring legend-dashed" /> detected
          </span>
          <span class="hints wide-only">
            <kbd>G</kbd> globe <kbd>T</kbd> table <kbd>D</kbd> theme <kbd>F</kbd> full screen <kbd>?</kbd> help
          </span>
        </footer>
      </section>
    </main>
  );
}

function Credits({ data }: { data: NonNullable<Numbers['data']['value']> }) {
  const { text, url, date, notice } = data.attribution;
  return (
    <span class="credit">
      {url ? (
        <a href={url} target="_blank" rel="noopener noreferrer">
          {text}
        </a>
      ) : (
        text
      )}
      {date && ` (${date})`} · Map: Natural Earth{notice && <span class="credit-notice"> · {notice}</span>}
    </span>
  );
}

function WallClock() {
  const at = new Date(second.value);
  return (
    <time class="wall-clock" dateTime={at.toISOString()}>
      <span>{clock(at)}</span> <span class="quiet">{day(at)}</span>
    </time>
  );
}
