/** A small still map on which a place is shown, and chosen by pointing at it. */
import type { LonLat } from '../logic/arcs';
import { drawGround } from './backdrop';
import { glowOf } from './marks';
import type { Palette } from './palette';
import { FLAT_MIDDLE } from './shapes';
import { flatSurface, naturalEarth } from './surface';
import type { World } from './atlas';

const RADIANS = Math.PI / 180;
const STEPS = 12;

/** The place whose projection this is (radians of the flat map), by Newton's method; null outside. */
export function placeAt(x: number, y: number): LonLat | null {
  let latitude = y;
  for (let step = 0; step < STEPS; step += 1) {
    const [, at] = naturalEarth(0, latitude);
    const [, beside] = naturalEarth(0, latitude + 1e-6);
    latitude -= (at - y) / ((beside - at) / 1e-6);
  }
  const [width] = naturalEarth(1, latitude);
  const longitude = x / width;
  if (!(Math.abs(latitude) <= Math.PI / 2) || !(Math.abs(longitude) <= Math.PI)) return null;
  const east = longitude / RADIANS + FLAT_MIDDLE;
  return [east > 180 ? east - 360 : east < -180 ? east + 360 : east, latitude / RADIANS];
}

/** Where the pointer is on the earth; null beside it. */
export function pointedAt(canvas: HTMLCanvasElement, offsetX: number, offsetY: number): LonLat | null {
  const { clientWidth: width, clientHeight: height } = canvas;
  const { centre, radius } = flatSurface({ left: 0, top: 0, width, height });
  return placeAt((offsetX - centre[0]) / radius, (centre[1] - offsetY) / radius);
}

export function drawPicker(canvas: HTMLCanvasElement, world: World, palette: Palette, place: LonLat | null): void {
  const context = canvas.getContext('2d');
  const { clientWidth: width, clientHeight: height } = canvas;
  if (!context || width === 0) return;
  const density = Math.min(3, window.devicePixelRatio || 1);
  canvas.width = Math.round(width * density);
  canvas.height = Math.round(height * density);
  context.setTransform(density, 0, 0, density, 0, 0);
  const surface = flatSurface({ left: 0, top: 0, width, height });
  drawGround(context, surface, { world, heat: new Map() }, palette);
  const at = place && surface.point(place);
  if (!at) return;
  const [x, y] = at;
  context.globalAlpha = palette.isDark ? 0.8 : 0.35;
  context.drawImage(glowOf(palette.sensor), x - 22, y - 22, 44, 44);
  context.globalAlpha = 1;
  context.fillStyle = palette.sensorCore;
  context.strokeStyle = palette.sensor;
  context.lineWidth = 2.5;
  context.beginPath();
  context.arc(x, y, 5.5, 0, 2 * Math.PI);
  context.fill();
  context.stroke();
}
