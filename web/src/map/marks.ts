/** Category marks and glows for the canvas, made once per colour. */
import { categoryKey, categoryLook } from '../logic/category';

const shapes = new Map<string, Path2D>();

/** The category's shape, centred on the origin, 12 units wide. */
export function shapeOf(category: string | null): Path2D {
  const key = categoryKey(category);
  let shape = shapes.get(key);
  if (!shape) {
    shape = new Path2D();
    shape.addPath(new Path2D(categoryLook(category).shape), new DOMMatrix([1, 0, 0, 1, -6, -6]));
    shapes.set(key, shape);
  }
  return shape;
}

const glows = new Map<string, HTMLCanvasElement>();
const GLOW_PX = 48;

/** A soft round light in the colour; drawing an image is far cheaper than a canvas shadow. */
export function glowOf(colour: string): HTMLCanvasElement {
  let glow = glows.get(colour);
  if (!glow) {
    glow = document.createElement('canvas');
    glow.width = GLOW_PX;
    glow.height = GLOW_PX;
    const context = glow.getContext('2d');
    if (context) {
      const half = GLOW_PX / 2;
      const light = context.createRadialGradient(half, half, 0, half, half, half);
      light.addColorStop(0, `${colour}ff`);
      light.addColorStop(0.18, `${colour}99`);
      light.addColorStop(0.5, `${colour}2e`);
      light.addColorStop(1, `${colour}00`);
      context.fillStyle = light;
      context.fillRect(0, 0, GLOW_PX, GLOW_PX);
    }
    glows.set(colour, glow);
  }
  return glow;
}
