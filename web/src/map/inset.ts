/** A small still map of one transaction: where the client is, where the sensor is, the way between. */
import type { LonLat } from '../logic/arcs';
import { categoryKey } from '../logic/category';
import { drawGround } from './backdrop';
import { mapCourse } from './course';
import { glowOf, shapeOf } from './marks';
import type { Palette } from './palette';
import { flatSurface, type Frame, type Point, type Surface } from './surface';
import type { World } from './atlas';

export interface Way {
  from: LonLat;
  to: LonLat;
  category: string | null;
}

const POINTS = 60;
const CLOSEST = 3.2;

function drawn(points: (Point | null)[]): Point[] {
  return points.filter((point) => point !== null);
}

/** The whole world if the way leaves the map at one side, else as near as both ends allow. */
function surfaceFor(width: number, height: number, { from, to }: Way): Surface {
  const whole: Frame = { left: 0, top: 0, width, height };
  const far = flatSurface(whole);
  const { points, cuts } = mapCourse(far, from, to, POINTS);
  const way = drawn(points);
  if (cuts.size > 0 || way.length === 0) return far;
  const xs = way.map(([x]) => x);
  const ys = way.map(([, y]) => y);
  const [left, right, top, bottom] = [Math.min(...xs), Math.max(...xs), Math.min(...ys), Math.max(...ys)];
  const scale = Math.min(CLOSEST, (width * 0.66) / Math.max(1, right - left), (height * 0.52) / Math.max(1, bottom - top));
  if (scale <= 1) return far;
  const shift = (middle: number, size: number): number => Math.max(size - size * scale, Math.min(0, size / 2 - middle * scale));
  return flatSurface({
    left: shift((left + right) / 2, width),
    top: shift((top + bottom) / 2, height),
    width: width * scale,
    height: height * scale,
  });
}

export function drawInset(canvas: HTMLCanvasElement, world: World, palette: Palette, way: Way): void {
  const context = canvas.getContext('2d');
  const { clientWidth: width, clientHeight: height } = canvas;
  if (!context || width === 0) return;
  const density = Math.min(3, window.devicePixelRatio || 1);
  canvas.width = Math.round(width * density);
  canvas.height = Math.round(height * density);
  context.setTransform(density, 0, 0, density, 0, 0);
  const surface = surfaceFor(width, height, way);
  const heat = new Map<string, number>();
  drawGround(context, surface, { world, heat }, palette);
  const colour = palette.arcs[categoryKey(way.category)] ?? palette.head;
  const { points, cuts } = mapCourse(surface, way.from, way.to, POINTS);
  context.strokeStyle = colour;
  context.lineCap = 'round';
  for (const [alpha, thickness] of [[0.22, 7], [1, 2]] as const) {
    context.globalAlpha = alpha;
    context.lineWidth = thickness;
    context.beginPath();
    for (const [index, point] of points.entries()) {
      if (!point) continue;
      if (index === 0 || cuts.has(index)) context.moveTo(point[0], point[1]);
      else context.lineTo(point[0], point[1]);
    }
    context.stroke();
  }
  const [x, y] = surface.point(way.to) ?? [0, 0];
  context.globalAlpha = palette.isDark ? 0.7 : 0.3;
  context.drawImage(glowOf(palette.sensor), x - 18, y - 18, 36, 36);
  context.globalAlpha = 1;
  context.fillStyle = palette.sensorCore;
  context.strokeStyle = palette.sensor;
  context.lineWidth = 2;
  context.beginPath();
  context.arc(x, y, 5, 0, 2 * Math.PI);
  context.fill();
  context.stroke();
  const start = surface.point(way.from) ?? [0, 0];
  context.translate(start[0], start[1]);
  context.fillStyle = colour;
  context.strokeStyle = palette.labelHalo;
  context.stroke(shapeOf(way.category));
  context.fill(shapeOf(way.category), 'evenodd');
}
