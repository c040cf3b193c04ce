/** Everything that moves: comets from client to sensor, rings where they arrive, the sensors. */
import type { Flight } from '../logic/aggregate';
import { distance, type LonLat, vector } from '../logic/arcs';
import { categoryKey } from '../logic/category';
import { type Course, globeCourse, mapCourse, type Rise, riseOf } from './course';
import { glowOf, shapeOf } from './marks';
import type { Palette } from './palette';
import type { Point, Surface } from './surface';

const POINTS = 44;
/** Part of the way that the tail is long. */
const TAIL = 0.5;
const TAIL_STEPS = 6;
const RING_MS = 1500;
/** Per sensor: more would only be a white disc. */
const MOST_RINGS = 9;
/** How long the way of a comet glows on after it arrived, and how many ways at most. */
const EMBER_MS = 6000;
const MOST_EMBERS = 170;
/** With more comets than this the lights grow weaker, so that they do not add up to white. */
const BRIGHT_COMETS = 50;

interface Arc {
  flight: Flight;
  from: LonLat;
  start_ms: number;
  length_ms: number;
  hasArrived: boolean;
  /** For the globe; made when it is first drawn there. */
  rise: Rise | null;
  /** On the flat map points never move: projected once per layout. */
  cache: Course | null;
}

/** The way of a comet that arrived. */
interface Ember {
  arc: Arc;
  start_ms: number;
}

interface Ring {
  flight: Flight;
  start_ms: number;
}

export class Flights {
  private arcs: Arc[] = [];
  private rings: Ring[] = [];
  private embers: Ember[] = [];
  /** A small map has small lights. */
  private scale = 1;

  /** How many comets are in the air. */
  get size(): number {
    return this.arcs.length;
  }

  get isQuiet(): boolean {
    return this.arcs.length === 0 && this.rings.length === 0 && this.embers.length === 0;
  }

  launch(flight: Flight, at_ms: number): void {
    if (flight.from === null) {
      this.arrive(flight, at_ms);
      return;
    }
    const angle = distance(vector(flight.from), vector(flight.to));
    this.arcs.push({
      flight,
      from: flight.from,
      rise: null,
      start_ms: at_ms,
      length_ms: 1300 + Math.min(1, angle / 2) * 1300,
      hasArrived: false,
      cache: null,
    });
  }

  private arrive(flight: Flight, at_ms: number): void {
    const same = this.rings.filter((ring) => isSamePlace(ring.flight.to, flight.to));
    if (same.length >= MOST_RINGS) this.rings.splice(this.rings.indexOf(same[0] as Ring), 1);
    this.rings.push({ flight, start_ms: at_ms });
  }

  clear(): void {
    this.arcs = [];
    this.rings = [];
    this.embers = [];
  }

  /** The layout changed: what was projected is no longer true. */
  forget(): void {
    for (const arc of this.arcs) arc.cache = null;
    for (const { arc } of this.embers) arc.cache = null;
  }

  private course(arc: Arc, surface: Surface): Course {
    if (surface.kind === 'globe') {
      arc.rise ??= riseOf(arc.from, arc.flight.to, POINTS);
      return globeCourse(surface, arc.rise);
    }
    arc.cache ??= mapCourse(surface, arc.from, arc.flight.to, POINTS);
    return arc.cache;
  }

  draw(context: CanvasRenderingContext2D, surface: Surface, palette: Palette, now_ms: number, isStill: boolean): void {
    this.scale = Math.max(0.5, Math.min(1, surface.radius / 180));
    context.lineCap = 'round';
    context.lineJoin = 'round';
    const flying: Arc[] = [];
    for (const arc of this.arcs) {
      const age = (now_ms - arc.start_ms) / arc.length_ms;
      if (age < 0) {
        flying.push(arc);
        continue;
      }
      if (age >= 1 && !arc.hasArrived) {
        arc.hasArrived = true;
        this.arrive(arc.flight, now_ms);
        this.embers.push({ arc, start_ms: now_ms });
        if (this.embers.length > MOST_EMBERS) this.embers.shift();
      }
      if (age >= 1 + TAIL) continue;
      flying.push(arc);
      if (isStill) this.drawFading(context, arc, surface, palette, age / (1 + TAIL));
      else this.drawComet(context, arc, surface, palette, age);
    }
    this.arcs = flying;
    this.drawRings(context, surface, palette, now_ms, isStill);
    context.globalAlpha = 1;
  }

  private stroke(context: CanvasRenderingContext2D, { points, cuts }: Course, from: number, to: number): void {
    const first = Math.max(0, from);
    const last = Math.min(1, to);
    if (last <= first) return;
    context.beginPath();
    let isDown = false;
    const visit = (at: Point | null, isCut: boolean): void => {
      if (!at) isDown = false;
      else if (isDown && !isCut) context.lineTo(at[0], at[1]);
      else {
        context.moveTo(at[0], at[1]);
        isDown = true;
      }
    };
    const start = first * (POINTS - 1);
    const end = last * (POINTS - 1);
    visit(along(points, cuts, start), false);
    for (let index = Math.floor(start) + 1; index < end; index += 1) {
      visit(points[index] ?? null, cuts.has(index));
    }
    visit(along(points, cuts, end), cuts.has(Math.ceil(end)) && Math.ceil(end) !== end);
    context.stroke();
  }

  private drawComet(context: CanvasRenderingContext2D, arc: Arc, surface: Surface, palette: Palette, age: number): void {
    const { flight } = arc;
    const course = this.course(arc, surface);
    const { points, cuts } = course;
    const colour = palette.arcs[categoryKey(flight.category)] ?? palette.head;
    const weight = Math.min(4, Math.log2(flight.count));
    const width = (1.5 + weight * 0.9) * Math.max(0.75, this.scale);
    context.strokeStyle = colour;
    context.lineWidth = Math.max(0.8, width * 0.5);
    context.globalAlpha = 0.3 * Math.min(1, (1 + TAIL - age) / TAIL);
    this.stroke(context, course, 0, Math.min(1, age));
    this.drawAura(context, course, age, width, palette);
    for (let step = 0; step < TAIL_STEPS; step += 1) {
      const near = age - (TAIL * step) / TAIL_STEPS;
      const far = age - (TAIL * (step + 1)) / TAIL_STEPS;
      const strength = 1 - step / TAIL_STEPS;
      context.globalAlpha = strength * (palette.isDark ? 1 : 0.96);
      context.lineWidth = width * (0.5 + 0.75 * strength);
      this.stroke(context, course, far, near);
    }
    this.drawOrigin(context, arc, points[0] ?? null, colour, Math.min(1, (1 + TAIL - age) * 1.6));
    if (age > 1) return;
    const head = along(points, cuts, age * (POINTS - 1));
    if (!head) return;
    const glow = ((palette.isDark ? 21 : 15) + weight * 5) * this.scale;
    this.shine(context, colour, head, glow, (palette.isDark ? 1 : 0.55) * this.dimming(), palette);
    context.globalAlpha = 1;
    context.fillStyle = palette.isDark ? palette.head : colour;
    context.beginPath();
    context.arc(head[0], head[1], (1.7 + width * 0.45) * Math.max(0.7, this.scale), 0, 2 * Math.PI);
    context.fill();
    if (flight.count > 9) this.drawCount(context, head, flight.count, palette);
  }

  /** The shimmer around a comet and its fresh tail, which a light map would only show as dirt. */
  private drawAura(context: CanvasRenderingContext2D, course: Course, age: number, width: number, palette: Palette): void {
    if (!palette.isDark) return;
    context.globalAlpha = 0.2 * this.dimming();
    context.lineWidth = width * 4.2;
    this.stroke(context, course, age - TAIL * 0.4, age);
  }

  private dimming(): number {
    return Math.min(1, BRIGHT_COMETS / Math.max(1, this.size));
  }

  /** A light; on the dark map lights add up. */
  private shine(context: CanvasRenderingContext2D, colour: string, [x, y]: Point, reach: number, alpha: number, palette: Palette): void {
    context.globalCompositeOperation = palette.isDark ? 'lighter' : 'source-over';
    context.globalAlpha = alpha;
    context.drawImage(glowOf(colour), x - reach, y - reach, reach * 2, reach * 2);
    context.globalCompositeOperation = 'source-over';
  }

  private drawCount(context: CanvasRenderingContext2D, [x, y]: Point, count: number, palette: Palette): void {
    context.font = '600 11px system-ui, sans-serif';
    context.textAlign = 'center';
    context.textBaseline = 'alphabetic';
    context.fillStyle = palette.head;
    context.fillText(`×${count}`, x, y - 9);
  }

  /** The category's shape where the client is: colour is never the only sign. */
  private drawOrigin(context: CanvasRenderingContext2D, arc: Arc, at: Point | null, colour: string, alpha: number): void {
    if (!at) return;
    context.save();
    context.translate(at[0], at[1]);
    context.scale(0.72 * this.scale, 0.72 * this.scale);
    context.globalAlpha = alpha;
    context.fillStyle = colour;
    context.fill(shapeOf(arc.flight.category), 'evenodd');
    context.restore();
  }

  /** For people who asked for less motion: the whole line, fading in and out. */
  private drawFading(context: CanvasRenderingContext2D, arc: Arc, surface: Surface, palette: Palette, age: number): void {
    const course = this.course(arc, surface);
    const colour = palette.arcs[categoryKey(arc.flight.category)] ?? palette.head;
    context.strokeStyle = colour;
    context.globalAlpha = Math.sin(Math.PI * Math.min(1, age)) * 0.8;
    context.lineWidth = 1.5 + Math.min(4, Math.log2(arc.flight.count)) * 0.9;
    this.stroke(context, course, 0, 1);
    this.drawOrigin(context, arc, course.points[0] ?? null, colour, context.globalAlpha);
  }

  /** A closed double ring: intercepted. A dashed one: only detected. */
  private drawRings(context: CanvasRenderingContext2D, surface: Surface, palette: Palette, now_ms: number, isStill: boolean): void {
    this.rings = this.rings.filter(({ start_ms }) => now_ms - start_ms < RING_MS);
    for (const { flight, start_ms } of this.rings) {
      const at = surface.point(flight.to);
      if (!at || now_ms < start_ms) continue;
      const age = (now_ms - start_ms) / RING_MS;
      const grown = isStill ? 0.5 : 1 - (1 - age) ** 3;
      const colour = palette.arcs[categoryKey(flight.category)] ?? palette.head;
      const reach = (8 + grown * (22 + Math.min(4, Math.log2(flight.count)) * 5)) * this.scale;
      context.strokeStyle = colour;
      context.globalAlpha = (1 - age) * 0.9;
      context.lineWidth = 2.2 * (1 - age) + 0.5;
      if (!flight.intercepted) context.setLineDash([4, 4]);
      circle(context, at, reach);
      context.setLineDash([]);
      if (flight.intercepted && grown > 0.2) {
        context.globalAlpha = (1 - age) * 0.45;
        circle(context, at, reach * 0.62);
      }
      if (palette.isDark && age < 0.4) {
        this.shine(context, colour, at, 24 * this.scale, (0.4 - age) * 1.6 * this.dimming(), palette);
      }
    }
  }

  /**
   * The ways that glow on, on a canvas of their own: they fade slowly enough to be drawn four times
   * a second, which so many lines could not be with every frame.
   */
  drawEmbers(context: CanvasRenderingContext2D, surface: Surface, palette: Palette, now_ms: number): void {
    this.embers = this.embers.filter(({ start_ms }) => now_ms - start_ms < EMBER_MS);
    context.lineCap = 'round';
    context.lineJoin = 'round';
    for (const { arc, start_ms } of this.embers) {
      const rest = 1 - (now_ms - start_ms) / EMBER_MS;
      context.strokeStyle = palette.arcs[categoryKey(arc.flight.category)] ?? palette.head;
      context.globalAlpha = rest * rest * (palette.isDark ? 0.42 : 0.36);
      context.lineWidth = 0.9 + Math.min(4, Math.log2(arc.flight.count)) * 0.5;
      this.stroke(context, this.course(arc, surface), 0, 1);
    }
    context.globalAlpha = 1;
  }

  /** A still picture (`fps=0`): each arc at a place of its own along its way. */
  drawStill(context: CanvasRenderingContext2D, surface: Surface, palette: Palette): void {
    context.lineCap = 'round';
    context.lineJoin = 'round';
    for (const [index, arc] of this.arcs.entries()) {
      this.drawComet(context, arc, surface, palette, 0.2 + ((index * 0.37) % 0.8));
    }
    context.globalAlpha = 1;
  }
}

/** The point at a fractional index; null where it is hidden or the map is cut. */
function along(points: (Point | null)[], cuts: ReadonlySet<number>, index: number): Point | null {
  const before = points[Math.floor(index)] ?? null;
  const after = points[Math.ceil(index)] ?? null;
  if (!before || !after || before === after) return before;
  if (cuts.has(Math.ceil(index))) return index % 1 < 0.5 ? before : after;
  const part = index - Math.floor(index);
  return [before[0] + (after[0] - before[0]) * part, before[1] + (after[1] - before[1]) * part];
}

function isSamePlace(a: LonLat, b: LonLat): boolean {
  return a[0] === b[0] && a[1] === b[1];
}

function circle(context: CanvasRenderingContext2D, [x, y]: Point, radius: number): void {
  context.beginPath();
  context.arc(x, y, radius, 0, 2 * Math.PI);
  context.stroke();
}
