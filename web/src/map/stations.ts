/** The sensors on the map: a lantern each, with its name where there is room. */
import type { Sensor } from '../api/types';
import { Boxes, around } from './labels';
import { glowOf } from './marks';
import type { Palette } from './palette';
import type { Surface } from './surface';

export interface Station {
  longitude: number;
  latitude: number;
  /** The first sensor's label; others at the same place are counted. */
  text: string;
  isDemo: boolean;
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
    const shown = name.length > 22 ? `${name.slice(0, 21)}…` : name;
    return {
      longitude: first.longitude ?? 0,
      latitude: first.latitude ?? 0,
      text: group.length > 1 ? `${shown} +${group.length - 1}` : shown,
      isDemo: first.is_demo,
    };
  });
}

function lantern(context: CanvasRenderingContext2D, x: number, y: number, palette: Palette, pulse: number): void {
  const glow = 20 + pulse * 5;
  context.globalAlpha = palette.isDark ? 0.62 : 0.3;
  context.drawImage(glowOf(palette.sensor), x - glow, y - glow, glow * 2, glow * 2);
  context.globalAlpha = 1;
  context.fillStyle = palette.sensorCore;
  context.strokeStyle = palette.sensor;
  context.lineWidth = 2.2;
  context.beginPath();
  context.arc(x, y, 6.2, 0, 2 * Math.PI);
  context.fill();
  context.stroke();
  context.fillStyle = palette.sensor;
  context.beginPath();
  context.arc(x, y, 2.4, 0, 2 * Math.PI);
  context.fill();
}

export function drawStations(
  context: CanvasRenderingContext2D, surface: Surface, stations: readonly Station[], palette: Palette, now_ms: number, isStill: boolean,
): void {
  const boxes = new Boxes();
  const seen = stations.flatMap((station) => {
    const at = surface.point([station.longitude, station.latitude]);
    return at ? [{ station, at }] : [];
  });
  for (const { at } of seen) boxes.take({ x: at[0] - 8, y: at[1] - 8, width: 16, height: 16 });
  context.font = '600 12px system-ui, sans-serif';
  context.textAlign = 'left';
  context.textBaseline = 'middle';
  for (const [index, { station, at }] of seen.entries()) {
    lantern(context, at[0], at[1], palette, isStill ? 0.5 : 0.5 + 0.5 * Math.sin(now_ms / 900 + index));
    const width = context.measureText(station.text).width + 12;
    const box = boxes.first(around(at[0], at[1], width, 20, 13));
    if (!box) continue;
    context.fillStyle = palette.sensorPlate;
    context.beginPath();
    context.roundRect(box.x, box.y, box.width, box.height, 5);
    context.fill();
    context.fillStyle = palette.sensorLabel;
    context.fillText(station.text, box.x + 6, box.y + box.height / 2 + 0.5);
  }
}
