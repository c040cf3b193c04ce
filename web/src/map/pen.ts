/** Draws projected shapes on a canvas: d3-geo's `geoPath` without its measuring and its SVG text. */
import { geoStream, type GeoPermissibleObjects, type GeoProjection, type GeoStream } from 'd3-geo';

export type Pen = (shape: GeoPermissibleObjects) => void;

export function penOf(projection: GeoProjection, context: CanvasRenderingContext2D): Pen {
  let isRing = false;
  let isFirst = true;
  const sink: GeoStream = {
    point(x, y) {
      if (isFirst) context.moveTo(x, y);
      else context.lineTo(x, y);
      isFirst = false;
    },
    lineStart() {
      isFirst = true;
    },
    lineEnd() {
      if (isRing) context.closePath();
    },
    polygonStart() {
      isRing = true;
    },
    polygonEnd() {
      isRing = false;
    },
    sphere: () => undefined,
  };
  return (shape) => geoStream(shape, projection.stream(sink));
}
