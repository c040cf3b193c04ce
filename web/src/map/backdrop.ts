/** Everything that stands still: ocean, graticule, countries with their heat, names, quiet trails. */
import type { MapCell, Sensor } from '../api/types';
import { categoryKey } from '../logic/category';
import { courseOf } from './course';
import { Boxes, around } from './labels';
import type { Palette } from './palette';
import { graticule, type Shape } from './shapes';
import type { Surface } from './surface';
import type { Country, World } from './atlas';

export interface Scenery {
  world: World;
  /** Transactions per country code. */
  heat: ReadonlyMap<string, number>;
  cells: readonly MapCell[];
  sensors: ReadonlyMap<string, Sensor>;
}

const GRATICULE = graticule(20);

const MOST_TRAILS = 110;
const TRAIL_POINTS = 36;
const FONT = 'system-ui, sans-serif';

function drawOcean(context: CanvasRenderingContext2D, surface: Surface, palette: Palette): void {
  const [x, y] = surface.centre;
  const reach = surface.kind === 'globe' ? surface.radius : surface.radius * 2.75;
  if (surface.kind === 'globe') {
    const halo = context.createRadialGradient(x, y, reach * 0.96, x, y, reach * 1.24);
    halo.addColorStop(0, palette.halo);
    halo.addColorStop(1, palette.haloEnd);
    context.fillStyle = halo;
    context.fillRect(x - reach * 1.3, y - reach * 1.3, reach * 2.6, reach * 2.6);
  }
  const lit = surface.kind === 'globe' ? [x - reach * 0.35, y - reach * 0.4] : [x, y - reach * 0.1];
  const ocean = context.createRadialGradient(lit[0] ?? x, lit[1] ?? y, reach * 0.05, x, y, reach);
  ocean.addColorStop(0, palette.oceanInner);
  ocean.addColorStop(1, palette.oceanOuter);
  context.beginPath();
  surface.edge(context);
  context.fillStyle = ocean;
  context.fill();
  context.strokeStyle = palette.rim;
  context.lineWidth = 1.2;
  context.stroke();
  context.beginPath();
  for (const line of GRATICULE) surface.line(context, line);
  context.strokeStyle = palette.graticule;
  context.lineWidth = 1;
  context.stroke();
}

/** Logarithmic, so that one loud country does not make all others look quiet. */
export function heatStep(count: number, most: number, steps: number): number {
  if (count <= 0) return -1;
  return Math.min(steps - 1, Math.floor((Math.log1p(count) / Math.log1p(most)) ** 1.6 * steps));
}

interface Outlines {
  surface: Surface;
  countries: Path2D[];
  borders: Path2D;
  coasts: Path2D;
}

const outlines = new WeakMap<World, Outlines>();

/** Projected once per layout: new numbers change the colours, not the shapes. */
function outlinesOf(world: World, surface: Surface): Outlines {
  const present = outlines.get(world);
  if (present?.surface === surface) return present;
  const lines = (shapes: readonly Shape[]): Path2D => {
    const path = new Path2D();
    for (const shape of shapes) surface.line(path, shape);
    return path;
  };
  const countries = world.countries.map(({ rings }) => {
    const path = new Path2D();
    for (const ring of rings) surface.ring(path, ring);
    return path;
  });
  const made = { surface, countries, borders: lines(world.borders), coasts: lines(world.coasts) };
  outlines.set(world, made);
  return made;
}

function drawCountries(context: CanvasRenderingContext2D, surface: Surface, { world, heat }: Pick<Scenery, 'world' | 'heat'>, palette: Palette): void {
  const most = Math.max(1, ...heat.values());
  const { countries, borders, coasts } = outlinesOf(world, surface);
  const groups = new Map<string, Path2D>();
  for (const [index, { code }] of world.countries.entries()) {
    const step = heatStep(heat.get(code) ?? 0, most, palette.heat.length);
    const colour = palette.heat[step] ?? palette.land;
    const group = groups.get(colour) ?? new Path2D();
    group.addPath(countries[index] as Path2D);
    groups.set(colour, group);
  }
  for (const [colour, group] of groups) {
    context.fillStyle = colour;
    context.fill(group);
  }
  context.lineJoin = 'round';
  for (const [lines, colour, width] of [
    [borders, palette.landEdge, 0.8],
    [coasts, palette.coast, 0.7],
  ] as const) {
    context.strokeStyle = colour;
    context.lineWidth = width;
    context.stroke(lines);
  }
}

/** The sphere's edge is darker than its middle, which is what makes it look round. */
function drawShade(context: CanvasRenderingContext2D, surface: Surface, palette: Palette): void {
  const [x, y] = surface.centre;
  const { radius } = surface;
  const shade = context.createRadialGradient(x - radius * 0.3, y - radius * 0.35, radius * 0.35, x, y, radius);
  shade.addColorStop(0, 'rgba(0,0,0,0)');
  shade.addColorStop(0.7, palette.isDark ? 'rgba(2,5,12,.16)' : 'rgba(30,60,110,.05)');
  shade.addColorStop(1, palette.isDark ? 'rgba(2,5,12,.66)' : 'rgba(30,60,110,.24)');
  context.beginPath();
  context.arc(x, y, radius, 0, 2 * Math.PI);
  context.fillStyle = shade;
  context.fill();
}

/** Where the transactions of the window came from: quiet, so that the live ones stand out. */
function drawTrails(context: CanvasRenderingContext2D, surface: Surface, { cells, sensors }: Scenery, palette: Palette): void {
  const loudest = [...cells].sort((a, b) => b.transactions - a.transactions);
  const most = Math.log1p(loudest[0]?.transactions ?? 1);
  context.lineCap = 'round';
  for (const cell of loudest.slice(0, MOST_TRAILS)) {
    const sensor = sensors.get(cell.sensor);
    if (!sensor || sensor.latitude === null || sensor.longitude === null) continue;
    const weight = Math.log1p(cell.transactions) / most;
    context.strokeStyle = palette.arcs[categoryKey(cell.category)] ?? palette.coast;
    context.globalAlpha = 0.06 + weight * (palette.isDark ? 0.17 : 0.2);
    context.lineWidth = 0.6 + weight * 0.7;
    const from = [cell.longitude, cell.latitude] as const;
    const { points, cuts } = courseOf(surface, from, [sensor.longitude, sensor.latitude], TRAIL_POINTS);
    context.beginPath();
    for (const [index, at] of points.entries()) {
      const before = points[index - 1] ?? null;
      if (!at) continue;
      if (before && !cuts.has(index)) context.lineTo(at[0], at[1]);
      else context.moveTo(at[0], at[1]);
    }
    context.stroke();
  }
  for (const cell of loudest) {
    const at = surface.point([cell.longitude, cell.latitude]);
    if (!at) continue;
    const weight = Math.log1p(cell.transactions) / most;
    context.fillStyle = palette.arcs[categoryKey(cell.category)] ?? palette.coast;
    context.globalAlpha = 0.35 + weight * 0.4;
    context.beginPath();
    context.arc(at[0], at[1], 1 + weight * 1.6, 0, 2 * Math.PI);
    context.fill();
  }
  context.globalAlpha = 1;
}

function namesByRank({ world, heat }: Scenery): Country[] {
  const rank = ({ size, code }: Country): number => size * (heat.has(code) ? 2.2 : 1);
  const seen = new Set<string>();
  return world.countries
    .filter(({ size, code }) => size > 0.05 || heat.has(code))
    .sort((a, b) => rank(b) - rank(a))
    .filter(({ code, name }) => {
      const isFirst = !seen.has(code || name);
      seen.add(code || name);
      return isFirst;
    });
}

function drawNames(
  context: CanvasRenderingContext2D, surface: Surface, scenery: Scenery, palette: Palette, most: number,
): void {
  const boxes = new Boxes();
  for (const sensor of scenery.sensors.values()) {
    const at = sensor.latitude === null || sensor.longitude === null ? null : surface.point([sensor.longitude, sensor.latitude]);
    const sides = at ? around(at[0], at[1], 84, 22, 4) : [];
    if (at) boxes.take({ x: at[0] - 10, y: at[1] - 10, width: 20, height: 20 });
    if (sides[0]) boxes.take(sides[0]);
  }
  context.textAlign = 'center';
  context.textBaseline = 'middle';
  context.lineJoin = 'round';
  let drawn = 0;
  for (const { name, code, size, at: place } of namesByRank(scenery)) {
    const at = surface.point(place);
    const isAtLimb = surface.kind === 'globe' && at && Math.hypot(at[0] - surface.centre[0], at[1] - surface.centre[1]) > surface.radius * 0.84;
    if (!at || isAtLimb || drawn >= most) continue;
    const px = Math.max(10, Math.min(14, 8.5 + size * 7)) * Math.min(1.15, Math.max(0.9, surface.radius / 300));
    context.font = `500 ${px}px ${FONT}`;
    const width = context.measureText(name).width + 8;
    const roomy = size * surface.radius > width * 0.42 || scenery.heat.has(code);
    const box = { x: at[0] - width / 2, y: at[1] - px * 0.7, width, height: px * 1.4 };
    if (!roomy || !boxes.first([box])) continue;
    context.strokeStyle = palette.labelHalo;
    context.lineWidth = 3;
    context.strokeText(name, at[0], at[1]);
    context.fillStyle = palette.label;
    context.fillText(name, at[0], at[1]);
    drawn += 1;
  }
}

/** The earth without anything on it but the countries' heat. */
export function drawGround(
  context: CanvasRenderingContext2D, surface: Surface, ground: Pick<Scenery, 'world' | 'heat'>, palette: Palette,
): void {
  drawOcean(context, surface, palette);
  drawCountries(context, surface, ground, palette);
}

/** Draws the whole backdrop. `isMoving` leaves out what a turning globe has no time for. */
export function drawBackdrop(
  context: CanvasRenderingContext2D, surface: Surface, scenery: Scenery, palette: Palette, isMoving: boolean,
): void {
  drawGround(context, surface, scenery, palette);
  if (surface.kind === 'globe') drawShade(context, surface, palette);
  drawTrails(context, surface, scenery, palette);
  drawNames(context, surface, scenery, palette, surface.kind === 'globe' ? (isMoving ? 26 : 40) : 90);
}
