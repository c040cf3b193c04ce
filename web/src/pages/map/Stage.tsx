/** The canvases, and the scene that draws on them. */
import { useEffect, useRef } from 'preact/hooks';
import type { MapData } from '../../api/types';
import { paletteOf } from '../../map/palette';
import { type Drawn, Scene, type View } from '../../map/scene';
import { theme } from '../../theme';

interface Props {
  data: MapData | null;
  view: View;
  fps: number;
  label: string;
  onScene: (scene: Scene | null) => void;
  onDrawn: (drawn: Drawn) => void;
}

const calm = window.matchMedia('(prefers-reduced-motion: reduce)');
/** Heat changes slowly; the backdrop need not be drawn with every row. */
const HEAT_EVERY_MS = 3000;

export function Stage({ data, view, fps, label, onScene, onDrawn }: Props) {
  const stage = useRef<HTMLDivElement>(null);
  const frame = useRef<HTMLDivElement>(null);
  const backdrop = useRef<HTMLCanvasElement>(null);
  const embers = useRef<HTMLCanvasElement>(null);
  const overlay = useRef<HTMLCanvasElement>(null);
  const scene = useRef<Scene | null>(null);
  const shownAt_ms = useRef(0);
  const colours = theme.value;

  useEffect(() => {
    if (!backdrop.current || !embers.current || !overlay.current || !stage.current || !frame.current) return;
    const made = new Scene({ backdrop: backdrop.current, embers: embers.current, overlay: overlay.current }, paletteOf(theme.peek()), fps, () => calm.matches, onDrawn);
    const fit = (): void => {
      if (!stage.current || !frame.current) return;
      const outer = stage.current.getBoundingClientRect();
      const inner = frame.current.getBoundingClientRect();
      made.resize(outer.width, outer.height, {
        left: inner.left - outer.left,
        top: inner.top - outer.top,
        width: inner.width,
        height: inner.height,
      });
    };
    const observer = new ResizeObserver(fit);
    observer.observe(stage.current);
    observer.observe(frame.current);
    fit();
    made.setView(view);
    made.start();
    scene.current = made;
    onScene(made);
    return () => {
      observer.disconnect();
      made.stop();
      onScene(null);
    };
  }, []);

  useEffect(() => scene.current?.setPalette(paletteOf(colours)), [colours]);
  useEffect(() => scene.current?.setView(view), [view]);
  useEffect(() => {
    if (!data || !scene.current) return;
    if (shownAt_ms.current > 0 && Date.now() - shownAt_ms.current < HEAT_EVERY_MS) return;
    const isFirst = shownAt_ms.current === 0;
    shownAt_ms.current = Date.now();
    scene.current.setData({
      heat: new Map(data.countries.map(({ country, transactions }) => [country, transactions])),
      cells: data.cells,
      sensors: new Map(data.sensors.map((sensor) => [sensor.name, sensor])),
    });
    if (fps === 0 && isFirst) {
      scene.current.launch(data.recent);
      scene.current.release(0, 0);
    }
  }, [data]);

  const grip = useRef<{ x: number; y: number } | null>(null);
  const onDown = (event: PointerEvent): void => {
    grip.current = { x: event.clientX, y: event.clientY };
    frame.current?.setPointerCapture(event.pointerId);
  };
  const onMove = (event: PointerEvent): void => {
    if (!grip.current) return;
    scene.current?.turn(event.clientX - grip.current.x, event.clientY - grip.current.y);
    grip.current = { x: event.clientX, y: event.clientY };
  };
  const onUp = (): void => {
    grip.current = null;
  };

  return (
    <>
      <div class="stage" ref={stage} role="img" aria-label={label}>
        <canvas ref={backdrop} aria-hidden="true" />
        <canvas ref={embers} aria-hidden="true" />
        <canvas ref={overlay} aria-hidden="true" />
      </div>
      <div class={`stage-frame stage-${view}`} ref={frame} onPointerDown={onDown} onPointerMove={onMove} onPointerUp={onUp} onPointerCancel={onUp} />
    </>
  );
}
