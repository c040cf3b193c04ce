/** Greedy label placement: what comes first keeps its place, what would overlap is left out. */

export interface Box {
  x: number;
  y: number;
  width: number;
  height: number;
}

export class Boxes {
  private readonly taken: Box[] = [];

  isFree({ x, y, width, height }: Box): boolean {
    return this.taken.every(
      (other) =>
        x >= other.x + other.width ||
        x + width <= other.x ||
        y >= other.y + other.height ||
        y + height <= other.y,
    );
  }

  take(box: Box): void {
    this.taken.push(box);
  }

  /** Takes the first of the boxes that is free. */
  first(candidates: readonly Box[]): Box | null {
    const found = candidates.find((box) => this.isFree(box)) ?? null;
    if (found) this.take(found);
    return found;
  }
}

/** The boxes, moved sideways so that nothing is cut off at the edges of what is `width` wide. */
export function within(boxes: readonly Box[], width: number): Box[] {
  const margin = 4;
  return boxes.map((box) => ({ ...box, x: Math.max(margin, Math.min(width - margin - box.width, box.x)) }));
}

/** Right, left, above and below of a point. */
export function around(x: number, y: number, width: number, height: number, gap: number): Box[] {
  return [
    { x: x + gap, y: y - height / 2, width, height },
    { x: x - gap - width, y: y - height / 2, width, height },
    { x: x - width / 2, y: y - gap - height, width, height },
    { x: x - width / 2, y: y + gap, width, height },
  ];
}
