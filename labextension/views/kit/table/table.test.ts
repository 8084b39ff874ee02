import { describe, expect, it } from 'vitest';
import { columnsBetween, layout, Scale, type IPlace } from './geometry';
import { moved } from './moves';

describe('scale', () => {
  const sizes = [0, 1, 10, 1000, 285_714, 1_000_000, 50_000_000];

  it.each(sizes)('of %s rows begins and ends with them', rows => {
    const scale = new Scale(rows, 28, 560);
    expect(scale.physical).toBeLessThanOrEqual(8_000_000);
    const start = scale.at(-5);
    const end = scale.at(Infinity);
    expect(scale.seen(start)[0]).toBe(0);
    expect(scale.seen(end)[1]).toBe(rows);
    expect(end.scrollTop).toBeCloseTo(Math.max(0, scale.physical - 560), 6);
  });

  it('moves by pixels under the wheel and by shares under the bar', () => {
    const scale = new Scale(1_000_000, 28, 560);
    const start = scale.at(0);
    const next = scale.scrolled(start, 120);
    expect(next.top).toBe(120);
    const jump = scale.scrolled(next, 4_000_000);
    expect(jump.top / 28).toBeCloseTo(500_000, -3);
    expect(scale.scrolled(jump, 8_000_000 - 560).top).toBe(28_000_000 - 560);
    expect(scale.scrolled(jump, 0).top).toBe(0);
  });

  it('stays inside and settles to where it is on any walk', () => {
    const scale = new Scale(1_000_000, 28, 560);
    let place: IPlace = scale.at(0);
    let seed = 7;
    for (let at = 0; at < 5000; at += 1) {
      seed = (Math.imul(seed, 1103515245) + 12345) >>> 0;
      const far = seed % 11 === 0;
      const to = far
        ? (seed % 8_000_000) - 560
        : place.scrollTop + ((seed >> 8) % 900) - 400;
      place = scale.scrolled(place, Math.min(8_000_000 - 560, Math.max(0, to)));
      const [first, last] = scale.seen(place);
      expect(first).toBeGreaterThanOrEqual(0);
      expect(last).toBeLessThanOrEqual(1_000_000);
      expect(last - first).toBeGreaterThanOrEqual(20);
      const settled = scale.at(place.top);
      expect(settled.top).toBeCloseTo(place.top, 6);
      if (at % 3 === 0) {
        place = settled;
      }
    }
  });

  it('brings any row into view with the least of movement', () => {
    const scale = new Scale(1_000_000, 28, 560);
    let place = scale.at(0);
    for (const row of [0, 19, 20, 5, 999_999, 999_980, 123_456, 123_440]) {
      place = scale.showing(place, row);
      expect(row * 28).toBeGreaterThanOrEqual(place.top - 1e-6);
      expect(row * 28 + 28).toBeLessThanOrEqual(place.top + 560 + 1e-6);
      expect(scale.showing(place, row)).toBe(place);
    }
  });
});

describe('layout', () => {
  const columns = [
    { key: 'text', width: 200 },
    { key: 'tokens', kind: 'number' as const, width: 80 },
    { key: 'label', width: 100 }
  ];
  it('gives what is left to the widest text', () => {
    expect(layout(columns, {}, 500).widths).toEqual([320, 80, 100]);
    expect(layout(columns, { text: 200 }, 500).widths).toEqual([200, 80, 220]);
    expect(layout(columns, {}, 100).width).toBe(380);
  });
  it('holds widths to what can be read', () => {
    expect(layout(columns, { text: 3, tokens: 99_999 }, 0).widths).toEqual([
      48, 1600, 100
    ]);
  });
  it('finds the columns that are seen as a search of all does', () => {
    const many = Array.from({ length: 50 }, (_, at) => ({
      key: String(at),
      width: 50 + (at % 7) * 30
    }));
    const place = layout(many, {}, 0);
    for (let from = 0; from < place.width; from += 37) {
      const [first, last] = columnsBetween(place, from, from + 400);
      const seen = many
        .map((_, at) => at)
        .filter(
          at =>
            place.starts[at] < from + 400 &&
            place.starts[at] + place.widths[at] > from
        );
      expect([first, last]).toEqual([seen[0], seen[seen.length - 1] + 1]);
    }
    expect(columnsBetween(layout([], {}, 0), 0, 10)).toEqual([0, 0]);
  });
});

describe('moves', () => {
  const grid = { rows: 100, columns: 5, page: 10, rtl: false };
  const press = (key: string, from = { row: 50, column: 2 }, more = {}) =>
    moved(from, { key, ctrlKey: false, metaKey: false }, { ...grid, ...more });
  it.each([
    ['ArrowDown', 51, 2],
    ['ArrowUp', 49, 2],
    ['ArrowRight', 50, 3],
    ['ArrowLeft', 50, 1],
    ['PageDown', 60, 2],
    ['PageUp', 40, 2],
    ['Home', 50, 0],
    ['End', 50, 4]
  ])('%s', (key, row, column) => {
    expect(press(key)).toEqual({ row, column });
  });
  it('go the other way from right to left', () => {
    expect(press('ArrowLeft', undefined, { rtl: true })?.column).toBe(3);
  });
  it('stop at the edges and at the header', () => {
    expect(press('ArrowUp', { row: 0, column: 0 })).toEqual({
      row: -1,
      column: 0
    });
    expect(press('ArrowUp', { row: -1, column: 0 })).toEqual({
      row: -1,
      column: 0
    });
    expect(press('ArrowDown', { row: 99, column: 4 })?.row).toBe(99);
    expect(press('PageUp', { row: 3, column: 4 })?.row).toBe(0);
    expect(press('ArrowDown', { row: -1, column: 0 }, { rows: 0 })?.row).toBe(
      -1
    );
    expect(press('x')).toBeNull();
  });
});
