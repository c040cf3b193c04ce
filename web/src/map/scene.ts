/**
 * The map's engine: a backdrop canvas that is drawn when something on it changed, above it the ways
 * that glow on, and on top a canvas that is drawn `fps` times a second. It stops in a hidden tab.
 */
import type { MapCell, Row, Sensor } from '../api/types';
import { ARCS_PER_S, type Flight, flightOf, plan } from '../logic/aggregate';
import { drawBackdrop } from './backdrop';
import { Flights } from './flights';
import type { Palette } from './palette';
import { drawStations, type Station, stationsOf } from './stations';
import { flatSurface, type Frame, globeSurface, type Surface } from './surface';
import type { World } from './atlas';
import { world } from './world';

export type View = 'flat' | 'globe';

export interface SceneData {
  heat: ReadonlyMap<string, number>;
  cells: readonly MapCell[];
  sensors: ReadonlyMap<string, Sensor>;
}

export interface Drawn {
  isAggregated: boolean;
  left: number;
}

const SPIN_DEGREES_PER_S = 2.2;
const TILT = 18;
const REST_AFTER_DRAG_MS = 8000;
const MOST_WAITING = 5000;
/** When busy, arcs wait longer for others to share their way with. */
const GATHER_MS = 1000;
const EMBERS_EVERY_MS = 250;

export interface Canvases {
  backdrop: HTMLCanvasElement;
  embers: HTMLCanvasElement;
  overlay: HTMLCanvasElement;
}

export class Scene {
  private view: View = 'flat';
  private frame: Frame = { left: 0, top: 0, width: 1, height: 1 };
  private size: [width: number, height: number] = [1, 1];
  private surface: Surface = flatSurface(this.frame);
  private data: SceneData = { heat: new Map(), cells: [], sensors: new Map() };
  private stations: Station[] = [];
  private coarse: World | null = null;
  private fine: World | null = null;
  private readonly flights = new Flights();
  private waiting: Flight[] = [];
  private longitude = 0;
  private latitude = TILT;
  private restUntil_ms = 0;
  private isBackdropDue = true;
  private isFineShown = false;
  private lastFrame_ms = 0;
  private embersDue_ms = 0;
  private timer = 0;
  private released_ms = 0;
  private isStopped = false;

  constructor(
    private readonly canvases: Canvases,
    private palette: Palette,
    private readonly fps: number,
    private readonly isCalm: () => boolean,
    private readonly onDrawn: (drawn: Drawn) => void,
  ) {
    void world('110m').then((loaded) => {
      this.coarse = loaded;
      this.invalidate();
    });
    void world('50m').then((loaded) => {
      this.fine = loaded;
      this.invalidate();
    });
  }

  start(): void {
    document.addEventListener('visibilitychange', this.onVisibility);
    this.timer = requestAnimationFrame(this.onFrame);
  }

  stop(): void {
    this.isStopped = true;
    document.removeEventListener('visibilitychange', this.onVisibility);
    cancelAnimationFrame(this.timer);
  }

  setPalette(palette: Palette): void {
    this.palette = palette;
    this.invalidate();
  }

  setView(view: View): void {
    if (view === this.view) return;
    this.view = view;
    if (view === 'globe') this.lookAtSensors();
    this.layOut();
  }

  setData(data: SceneData): void {
    const hadSensors = this.stations.length > 0;
    this.data = data;
    this.stations = stationsOf(data.sensors.values());
    if (!hadSensors) this.lookAtSensors();
    this.layOut();
  }

  resize(width: number, height: number, frame: Frame): void {
    this.size = [width, height];
    this.frame = frame;
    const density = Math.min(2, window.devicePixelRatio || 1);
    for (const canvas of Object.values(this.canvases) as HTMLCanvasElement[]) {
      canvas.width = Math.round(width * density);
      canvas.height = Math.round(height * density);
      canvas.getContext('2d')?.setTransform(density, 0, 0, density, 0, 0);
    }
    this.layOut();
  }

  /** Rows from the feed. While nobody sees the map they are dropped, so no burst follows. */
  launch(rows: readonly Row[]): void {
    if (document.hidden) return;
    for (const row of rows) {
      const flight = flightOf(row, this.data.sensors);
      if (flight) this.waiting.push(flight);
    }
    if (this.waiting.length > MOST_WAITING) this.waiting.splice(0, this.waiting.length - MOST_WAITING);
  }

  /** Lets what waits fly; spread over `spread_ms`, so that a batch does not start as one volley. */
  release(perSecond: number, spread_ms: number): void {
    if (this.waiting.length === 0) return;
    const now = performance.now();
    const isBusy = perSecond > ARCS_PER_S;
    if (isBusy && now - this.released_ms < GATHER_MS) return;
    this.released_ms = now;
    const { flights, isAggregated, left } = plan(this.waiting, perSecond, this.flights.size);
    this.waiting = [];
    for (const [index, flight] of flights.entries()) {
      this.flights.launch(flight, now + (index / flights.length) * (isBusy ? GATHER_MS : spread_ms));
    }
    this.onDrawn({ isAggregated, left });
  }

  /** Turns the globe by a drag of so many pixels. */
  turn(dx: number, dy: number): void {
    if (this.view !== 'globe') return;
    const perPixel = 60 / this.surface.radius;
    this.longitude -= dx * perPixel;
    this.latitude = Math.max(-65, Math.min(75, this.latitude + dy * perPixel));
    this.restUntil_ms = performance.now() + REST_AFTER_DRAG_MS;
    this.layOut();
  }

  private lookAtSensors(): void {
    const [first] = this.stations;
    if (first) this.longitude = first.longitude - 18;
  }

  private layOut(): void {
    this.surface =
      this.view === 'flat' ? flatSurface(this.frame) : globeSurface(this.frame, this.longitude, this.latitude);
    this.flights.forget();
    this.invalidate();
  }

  private invalidate(): void {
    this.isBackdropDue = true;
    this.embersDue_ms = 0;
    if (this.fps === 0) requestAnimationFrame(this.onFrame);
  }

  private readonly onVisibility = (): void => {
    this.waiting = [];
    this.flights.clear();
    this.lastFrame_ms = performance.now();
  };

  private readonly onFrame = (now_ms: number): void => {
    if (this.isStopped) return;
    if (this.fps > 0) {
      this.timer = requestAnimationFrame(this.onFrame);
      // Frames come at 60 Hz or so: half a frame early is better than a frame late.
      if (document.hidden || now_ms - this.lastFrame_ms < 1000 / this.fps - 8) return;
    }
    const passed_ms = Math.min(200, now_ms - this.lastFrame_ms);
    this.lastFrame_ms = now_ms;
    const isTurning = this.spin(passed_ms, now_ms);
    if (this.isBackdropDue || isTurning || (!this.isFineShown && this.fine)) this.paintBackdrop(isTurning);
    this.paintEmbers(now_ms, isTurning);
    this.paintOverlay(now_ms);
  };

  private spin(passed_ms: number, now_ms: number): boolean {
    const isTurning = this.view === 'globe' && this.fps > 0 && !this.isCalm() && now_ms > this.restUntil_ms;
    if (!isTurning) return false;
    this.longitude += (passed_ms / 1000) * SPIN_DEGREES_PER_S;
    this.surface = globeSurface(this.frame, this.longitude, this.latitude);
    return true;
  }

  private paintBackdrop(isTurning: boolean): void {
    const context = this.canvases.backdrop.getContext('2d');
    const world = isTurning ? this.coarse : (this.fine ?? this.coarse);
    if (!context || !world) return;
    this.isBackdropDue = false;
    this.isFineShown = isTurning || world === this.fine;
    context.clearRect(0, 0, ...this.size);
    drawBackdrop(context, this.surface, { world, ...this.data }, this.palette, isTurning);
  }

  private paintEmbers(now_ms: number, isTurning: boolean): void {
    const context = this.canvases.embers.getContext('2d');
    if (!context || (now_ms < this.embersDue_ms && !isTurning)) return;
    this.embersDue_ms = now_ms + EMBERS_EVERY_MS;
    context.clearRect(0, 0, ...this.size);
    if (this.fps > 0) this.flights.drawEmbers(context, this.surface, this.palette, now_ms);
  }

  private paintOverlay(now_ms: number): void {
    const context = this.canvases.overlay.getContext('2d');
    if (!context) return;
    context.clearRect(0, 0, ...this.size);
    if (this.fps === 0) this.flights.drawStill(context, this.surface, this.palette);
    else this.flights.draw(context, this.surface, this.palette, now_ms, this.isCalm());
    drawStations(context, this.surface, this.stations, this.palette, this.size[0], now_ms, this.fps === 0 || this.isCalm());
  }
}
