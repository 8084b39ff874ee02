import { describe, expect, it } from 'vitest';
import { zoomed } from './reading';
import { extent, nearest, stops, thinned } from './series';
import { linear, logarithmic, short, step, ticks, writeTicks } from './ticks';

describe('ticks', () => {
  it('are round, in order, inside, and not too many', () => {
    for (let at = 0; at < 4000; at += 1) {
      const least = (((at * 7919) % 1000) - 500) * 10 ** ((at % 13) - 6);
      const most = least + (1 + (at % 17)) * 10 ** ((at % 11) - 5);
      const found = ticks(least, most, 6);
      const size = step(most - least, 6);
      expect(String(Number(size.toPrecision(6)))).toMatch(
        /^[^1-9]*[125]0*(e[-+]\d+)?$/
      );
      expect(found.length).toBeLessThanOrEqual(7);
      found.forEach((tick, number) => {
        expect(tick).toBeGreaterThanOrEqual(least - size * 1e-6);
        expect(tick).toBeLessThanOrEqual(most + size * 1e-6);
        expect(number === 0 || tick > found[number - 1]).toBe(true);
      });
    }
  });
  it('are written alike', () => {
    expect(writeTicks([0, 0.5, 1])).toEqual(['0.0', '0.5', '1.0']);
    expect(writeTicks([0, 5000, 10000])).toEqual(['0', '5,000', '10,000']);
    expect(writeTicks([-2, 0])).toEqual(['−2', '0']);
    expect(short(2_000_000)).toBe('2M');
    expect(short(1e-5)).toBe('1e−5');
  });
});

describe('axes', () => {
  it('lead from a value to its place and back', () => {
    for (const axis of [linear(-3, 7, 5), logarithmic(0.001, 50, 5)]) {
      for (let share = 0; share <= 1; share += 0.05) {
        expect(axis.share(axis.value(share))).toBeCloseTo(share, 9);
      }
    }
  });
  it('stand for a single value, too', () => {
    expect(linear(2, 2, 4).share(2)).toBeCloseTo(0.5);
    expect(linear(0, 0, 4).share(0)).toBeCloseTo(0.5);
    expect(logarithmic(2, 2, 4).share(2)).toBe(0);
  });
  it('of logarithms have at least two numbers', () => {
    for (const [least, most] of [
      [0.9, 1.1],
      [1e-6, 1e6],
      [3, 31]
    ]) {
      expect(logarithmic(least, most, 4).ticks.length).toBeGreaterThan(1);
    }
  });
});

describe('series', () => {
  const x = Array.from({ length: 100_000 }, (_, at) => at);
  const y = x.map(at => Math.sin(at / 50) + (at === 54_321 ? 40 : 0));

  it('lose no spike when they are thinned out', () => {
    const [line] = thinned({ x, y }, 0, 99_999, 500);
    expect(line.length).toBeLessThanOrEqual(4 * 501);
    expect(Math.max(...line.map(point => point.y))).toBe(Math.max(...y));
    expect(line[0].x).toBe(0);
    expect(line[line.length - 1].x).toBe(99_999);
    line.forEach((point, at) => {
      expect(at === 0 || point.x > line[at - 1].x).toBe(true);
    });
  });
  it('are parted where a value is missing', () => {
    const found = thinned({ x: [0, 1, 2, 3], y: [1, null, 2, NaN] }, 0, 3, 100);
    expect(found).toEqual([[{ x: 0, y: 1 }], [{ x: 2, y: 2 }]]);
  });
  it('find the nearest point as a search of all does', () => {
    const places = [0, 1, 4, 9, 16, 25];
    for (let value = -3; value < 30; value += 0.37) {
      const gaps = places.map(place => Math.abs(place - value));
      expect(gaps[nearest(places, value)]).toBe(Math.min(...gaps));
    }
    expect(nearest([], 1)).toBe(-1);
  });
  it('know their extent and their stops', () => {
    const one = { name: 'a', x: [0, 1, 2], y: [5, null, 3], lower: [4, 0, 1] };
    expect(extent([one])).toEqual({ x: [0, 2], y: [0, 5] });
    expect(extent([one], [2, 3])?.y).toEqual([1, 3]);
    expect(extent([])).toBeNull();
    expect(stops([one], 0, 2)).toEqual([0, 2]);
  });
  it('are zoomed around a place, and out to the whole again', () => {
    expect(zoomed([0, 100], [0, 100], 50, 0.5)).toEqual([25, 75]);
    expect(zoomed([25, 75], [0, 100], 50, 2)).toBeNull();
    expect(zoomed([0, 10], [0, 100], 0, 2)).toEqual([0, 20]);
  });
});
