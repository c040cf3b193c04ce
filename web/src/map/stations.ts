/** The sensors on the map: a lantern each, with its name where there is room. */
import type { Sensor } from '../api/types';
import { around, Boxes, within } from './labels';
import { glowOf } from './marks';
import type { Palette } from './palette';
import type { Surface } from './surface';

const NARROW_PX = 600;

export interface Station {
  longitude: number;
  latitude: number;
  /** The first sensor's label; others at the same place are counted. */
  text: string;
  /** For a narrow map. */
  short: string;
  isDemo: boolean;
}

function cut(text: string, most: number): string {
  return text.length > most ? `${text.slice(0, most - 1)}…` : text;
}

/** Sensors at one place (such as all whose position nobody set) share one lantern. */
export function stationsOf(sensors: Iterable<Sensor>): Station[] {
  const places = new Map<string, Sensor[]>();
  for (const sensor of sensors) {
    if (sensor.latitude === null || sensor.longitude === null || !sensor.is_enabled) continue;
    const key = `${sensor.latitude.toFixed(1)},${sensor.longitude.toFixed(1)}`;
    places.set(key, [...(places.get(key) ?? []), sensor]);
  }
  return [...places.values()].map((group) => {
    const [first] = group as [Sensor];
    const name = first.label || first.name;
    const plain = first.is_demo ? name.replace(/^Demo: /, '') : name;
    const more = group.length > 1 ? ` +${group.length - 1}` : '';
    return {
      longitude: first.longitude ?? 0,
      latitude: first.latitude ?? 0,
      text: cut(name, 28) + more,
      short: cut(plain, 12) + more,
      isDemo: first.is_demo,
    };
  });
}

function lantern(context: CanvasRenderingContext2D, x: number, y: number, palette: Palette, pulse: number, scale: number): void {
  const glow = (20 + pulse * 5) * scale;
  context.globalAlpha = palette.isDark ? 0.62 : 0.3;
  context.drawImage(glowOf(palette.sensor), x - glow, y - glow, glow * 2, glow * 2);
  context.globalAlpha = 1;
  context.fillStyle = palette.sensorCore;
  context.strokeStyle = palette.sensor;
  context.lineWidth = 2.2;
  context.beginPath();
  context.arc(x, y, 6.2 * scale, 0, 2 * Math.PI);
  context.fill();
  context.stroke();
  context.fillStyle = palette.sensor;
  context.beginPath();
  context.arc(x, y, 2.4 * scale, 0, 2 * Math.PI);
  context.fill();
}

export function drawStations(
  context: CanvasRenderingContext2D, surface: Surface, stations: readonly Station[], palette: Palette, width_px: number, now_ms: number, isStill: boolean,
): void {
  const boxes = new Boxes();
  const seen = stations.flatMap((station) => {
    const at = surface.point([station.longitude, station.latitude]);
    return at ? [{ station, at }] : [];
  });
  for (const { at } of seen) boxes.take({ x: at[0] - 8, y: at[1] - 8, width: 16, height: 16 });
  const isNarrow = width_px < NARROW_PX;
  context.font = isNarrow ? '600 11px system-ui, sans-serif' : '600 12px system-ui, sans-serif';
  context.textAlign = 'left';
  context.textBaseline = 'middle';
  for (const [index, { station, at }] of seen.entries()) {
    lantern(context, at[0], at[1], palette, isStill ? 0.5 : 0.5 + 0.5 * Math.sin(now_ms / 900 + index), isNarrow ? 0.7 : 1);
    const text = isNarrow ? station.short : station.text;
    const width = context.measureText(text).width + 12;
    const box = boxes.first(within(around(at[0], at[1], width, isNarrow ? 17 : 20, isNarrow ? 10 : 13), width_px));
    if (!box) continue;
    context.fillStyle = palette.sensorPlate;
    context.beginPath();
    context.roundRect(box.x, box.y, box.width, box.height, 5);
    context.fill();
    context.fillStyle = palette.sensorLabel;
    context.fillText(text, box.x + 6, box.y + box.height / 2 + 0.5);
  }
}
