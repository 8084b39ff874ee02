/** A range of bins, the last one not included. */
export type Bins = [number, number];

/** The bin under a share of the width. */
export function binOf(share: number, bins: number): number {
  return Math.min(bins - 1, Math.max(0, Math.floor(share * bins)));
}

/** The bins that a range of values covers, or null for all. */
export function bounded(
  edges: readonly number[],
  range: readonly [number, number] | null
): Bins | null {
  const bins = edges.length - 1;
  if (range === null || bins < 1) {
    return null;
  }
  let first = 0;
  while (first < bins - 1 && edges[first + 1] <= range[0]) {
    first += 1;
  }
  let last = bins;
  while (last > first + 1 && edges[last - 1] >= range[1]) {
    last -= 1;
  }
  return [first, last];
}
