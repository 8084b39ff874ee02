/** Lines of a chart: any number of points, of which as many are drawn as there are pixels. */

export interface ISeries {
  name: string;
  x: ArrayLike<number>;
  y: ArrayLike<number | null>;
  /** An interval around each point. */
  lower?: ArrayLike<number | null>;
  upper?: ArrayLike<number | null>;
  /** Single points instead of a line: few and far between, such as evaluations. */
  points?: boolean;
  /** The place in the palette, from 1; the same series has the same colour in every panel. */
  colour?: number;
}

export interface IPoint {
  x: number;
  y: number;
}

/** How many colours the palette has; beyond them the lines are dashed. */
export const COLOURS = 8;

export function colourOf(series: ISeries, at: number): string {
  return `var(--lw-series-${(((series.colour ?? at + 1) - 1) % COLOURS) + 1})`;
}

export function dashOf(series: ISeries, at: number): string | undefined {
  const round = Math.floor(((series.colour ?? at + 1) - 1) / COLOURS);
  return [undefined, '6 3', '2 3'][Math.min(round, 2)];
}

export function isNumber(value: unknown): value is number {
  return typeof value === 'number' && Number.isFinite(value);
}

/** The least and greatest of x, and of y within a range of x; null when there is no point. */
export function extent(
  all: readonly ISeries[],
  within?: readonly [number, number] | null
): { x: [number, number]; y: [number, number] } | null {
  const found = {
    x: [Infinity, -Infinity] as [number, number],
    y: [Infinity, -Infinity] as [number, number]
  };
  for (const series of all) {
    for (let at = 0; at < series.x.length; at += 1) {
      const x = series.x[at];
      if (!isNumber(x) || (within && (x < within[0] || x > within[1]))) {
        continue;
      }
      for (const y of [series.y[at], series.lower?.[at], series.upper?.[at]]) {
        if (isNumber(y)) {
          found.x = [Math.min(found.x[0], x), Math.max(found.x[1], x)];
          found.y = [Math.min(found.y[0], y), Math.max(found.y[1], y)];
        }
      }
    }
  }
  return found.x[0] <= found.x[1] ? found : null;
}

/**
 * Thin a line out: of each pixel's points the first, the last, the least and the greatest stay, so
 * that no spike is lost. A missing value parts the line.
 */
export function thinned(
  series: Pick<ISeries, 'x' | 'y'>,
  from: number,
  to: number,
  pixels: number
): IPoint[][] {
  const { x, y } = series;
  const width = (to - from) / Math.max(1, pixels) || 1;
  const lines: IPoint[][] = [];
  let line: IPoint[] = [];
  let held: IPoint[] = [];
  let bucket = NaN;
  const flush = () => {
    line.push(...kept(held));
    held = [];
  };
  for (let at = 0; at < x.length; at += 1) {
    const value = y[at];
    if (!isNumber(value) || !isNumber(x[at])) {
      flush();
      if (line.length > 0) {
        lines.push(line);
      }
      line = [];
      bucket = NaN;
      continue;
    }
    const now = Math.floor((x[at] - from) / width);
    if (now !== bucket) {
      flush();
      bucket = now;
    }
    held.push({ x: x[at], y: value });
  }
  flush();
  if (line.length > 0) {
    lines.push(line);
  }
  return lines;
}

function kept(points: IPoint[]): IPoint[] {
  if (points.length <= 4) {
    return points;
  }
  let least = 0;
  let most = 0;
  points.forEach((point, at) => {
    least = point.y < points[least].y ? at : least;
    most = point.y > points[most].y ? at : most;
  });
  return [...new Set([0, least, most, points.length - 1])]
    .sort((a, b) => a - b)
    .map(at => points[at]);
}

/** The place of the value nearest to x, in values that rise; -1 when there is none. */
export function nearest(x: ArrayLike<number>, value: number): number {
  let [low, high] = [0, x.length - 1];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (x[middle] < value) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  return low > 0 && value - x[low - 1] <= x[low] - value
    ? low - 1
    : low < x.length
      ? low
      : -1;
}

/** The x of all series, each once, in order: where the crosshair can stand. */
export function stops(
  all: readonly ISeries[],
  from: number,
  to: number
): number[] {
  const found = new Set<number>();
  for (const series of all) {
    for (let at = 0; at < series.x.length; at += 1) {
      const x = series.x[at];
      if (x >= from && x <= to && isNumber(series.y[at])) {
        found.add(x);
      }
    }
  }
  return [...found].sort((a, b) => a - b);
}
