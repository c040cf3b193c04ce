/** Wall mode: no navigation, large numbers, hidden pointer, the screen kept awake. */
import { effect, signal } from '@preact/signals';

export const isWall = signal(new URLSearchParams(location.search).get('wall') === '1');

const SHIFT_EVERY_MS = 60_000;
const POINTER_HIDES_AFTER_MS = 3000;
/** A few pixels a minute, so that nothing burns into the panel. */
const SHIFTS = [[0, 0], [3, 1], [4, 4], [1, 5], [-3, 3], [-4, -1], [-2, -4], [2, -3]] as const;

export function toggleWall(): void {
  const next = !isWall.value;
  isWall.value = next;
  if (next) void document.documentElement.requestFullscreen?.().catch(() => undefined);
  else if (document.fullscreenElement) void document.exitFullscreen();
}

/** Applies the mode while the map is on screen; gives back what ends it. */
export function startWall(): () => void {
  const root = document.documentElement;
  let step = 0;
  let pointerTimer = 0;
  let lock: WakeLockSentinel | null = null;
  const shift = window.setInterval(() => {
    step = (step + 1) % SHIFTS.length;
    const [x, y] = isWall.value ? (SHIFTS[step] ?? [0, 0]) : [0, 0];
    root.style.setProperty('--shift-x', `${x}px`);
    root.style.setProperty('--shift-y', `${y}px`);
  }, SHIFT_EVERY_MS);
  const onPointer = (): void => {
    delete root.dataset['pointer'];
    window.clearTimeout(pointerTimer);
    if (!isWall.value) return;
    pointerTimer = window.setTimeout(() => {
      root.dataset['pointer'] = 'hidden';
    }, POINTER_HIDES_AFTER_MS);
  };
  const onFullscreen = (): void => {
    if (!document.fullscreenElement) isWall.value = false;
  };
  document.addEventListener('pointermove', onPointer);
  document.addEventListener('fullscreenchange', onFullscreen);
  const endEffect = effect(() => {
    if (isWall.value) {
      root.dataset['wall'] = 'on';
      void navigator.wakeLock?.request('screen').then(
        (granted) => {
          lock = granted;
        },
        () => undefined,
      );
    } else {
      delete root.dataset['wall'];
      void lock?.release();
    }
    onPointer();
  });
  return () => {
    endEffect();
    window.clearInterval(shift);
    window.clearTimeout(pointerTimer);
    document.removeEventListener('pointermove', onPointer);
    document.removeEventListener('fullscreenchange', onFullscreen);
    delete root.dataset['wall'];
    delete root.dataset['pointer'];
    void lock?.release();
  };
}
