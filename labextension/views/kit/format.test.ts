import { describe, expect, it } from 'vitest';
import * as format from './format';

/** Numbers of all sizes, the same in each run. */
function* numbers(count: number): Generator<number> {
  let seed = 20261124;
  const next = () => {
    seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0;
    return seed / 2 ** 32;
  };
  for (let at = 0; at < count; at += 1) {
    yield (next() - 0.5) * 10 ** (next() * 24 - 12);
  }
}

function read(text: string): number {
  return Number(text.replace(/,/g, '').replaceAll('−', '-'));
}

describe('number', () => {
  it.each([
    [0, '0'],
    [0.8713, '0.871'],
    [-0.5, '−0.500'],
    [1, '1'],
    [10605, '10,605'],
    [12345.678, '12,300'],
    [999.96, '1,000'],
    [0.00012, '0.000120'],
    [0.00001234, '1.23e−5'],
    [1234567, '1.23e6'],
    [NaN, '–'],
    [Infinity, '∞'],
    [-Infinity, '−∞'],
    [null, '–'],
    [undefined, '–']
  ])('writes %s as %s', (value, text) => {
    expect(format.number(value)).toBe(text);
  });

  it('says the same as three significant digits of the platform', () => {
    for (const value of numbers(5000)) {
      expect(read(format.number(value))).toBeCloseTo(
        Number(value.toPrecision(3)),
        15
      );
    }
  });
});

describe('estimate', () => {
  it.each([
    [0.8713, 0.831, 0.911, '0.87', '±0.04'],
    [0.25, 0.12, 0.38, '0.25', '±0.13'],
    [-0.09, -0.16, -0.02, '−0.09', '±0.07'],
    [0.8713, 0.61, 0.89, '0.87', '0.61–0.89'],
    [0.5, 0.5, 0.5, '0.500', '±0'],
    [12.34, 11.9, 12.8, '12.3', '±0.5'],
    [12345, 12000, 12690, '12,345', '±350'],
    [0.001, -0.03, 0.03, '0.00', '±0.03'],
    [null, 0.1, 0.3, '–', '0.10–0.30'],
    [0.5, null, null, '0.500', '']
  ])('writes %s within %s and %s', (value, lower, upper, first, second) => {
    expect(format.estimate(value, lower, upper)).toEqual({
      value: first,
      interval: second
    });
  });

  it('never moves a value further than its interval is wide', () => {
    const all = [...numbers(3000)].map(value => value % 1000);
    all.forEach((value, at) => {
      const half = Math.abs(value) * ((at % 97) / 97 + 0.01);
      const { value: text } = format.estimate(
        value,
        value - half,
        value + half
      );
      expect(Math.abs(read(text) - value)).toBeLessThanOrEqual(
        half + Math.abs(value) * 0.005
      );
    });
  });
});

describe('seconds', () => {
  it.each([
    [0, '0 s'],
    [0.34, '340 ms'],
    [0.9999, '1 s'],
    [1.24, '1.2 s'],
    [12, '12 s'],
    [59.6, '1 min'],
    [200, '3 min 20 s'],
    [3599.7, '1 h'],
    [7500, '2 h 5 min'],
    [86400, '1 d'],
    [90000, '1 d 1 h'],
    [null, '–'],
    [-5, '−5 s']
  ])('writes %s as %s', (value, text) => {
    expect(format.seconds(value)).toBe(text);
  });

  it('never writes 60 of a unit', () => {
    for (let at = 0; at < 200_000; at += 7.3) {
      expect(format.seconds(at)).not.toMatch(/\b60 (s|min)|\b24 h/);
    }
  });
});

describe('tokens and bytes', () => {
  it.each([
    [0, '0'],
    [999, '999'],
    [1200, '1.2 k'],
    [999_600, '1 M'],
    [3_400_000, '3.4 M'],
    [182, '182'],
    [182_400, '182 k']
  ])('writes %s tokens as %s', (value, text) => {
    expect(format.tokens(value)).toBe(text);
  });
  it('writes sizes', () => {
    expect(format.bytes(0)).toBe('0 B');
    expect(format.bytes(2_400_000_000)).toBe('2.4 GB');
    expect(format.bytes(1_000_000)).toBe('1 MB');
  });
});

describe('percent', () => {
  it.each([
    [0, '0 %'],
    [0.021, '2.1 %'],
    [0.64, '64 %'],
    [1, '100 %'],
    [0.9999, '99.99 %'],
    [0.99999, '99.99 %'],
    [0.00004, '0.004 %'],
    [1.5, '150 %'],
    [null, '–']
  ])('writes %s as %s', (value, text) => {
    expect(format.percent(value)).toBe(text);
  });
});

describe('signed, count and moments', () => {
  it('puts a sign before what is above 0 only', () => {
    expect(format.signed(0.25)).toBe('+0.25');
    expect(format.signed(-0.25)).toBe('−0.25');
    expect(format.signed(0)).toBe('0');
  });
  it('writes counts in full', () => {
    expect(format.count(1_234_567)).toBe('1,234,567');
    expect(format.count(NaN)).toBe('–');
  });
  it('writes the time today and the day before', () => {
    const now = new Date(2026, 10, 24, 12, 0);
    const options = { now, locale: 'en-GB' };
    expect(format.time(new Date(2026, 10, 24, 9, 5), options)).toBe('09:05');
    expect(format.time(new Date(2026, 10, 3), options)).toBe('3 Nov');
    expect(format.time(new Date(2025, 10, 3), options)).toBe('3 Nov 2025');
    expect(format.time('no date', options)).toBe('–');
    expect(format.time(now.getTime() / 1000, options)).toBe('12:00');
  });
  it('says how long ago', () => {
    const now = new Date(1_000_000_000_000);
    expect(format.ago(now.getTime() - 200_000, now)).toBe('3 min');
    expect(format.ago(now.getTime() + 5_000, now)).toBe('0 s');
  });
});
