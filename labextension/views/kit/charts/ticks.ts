/** The round numbers of an axis, and how to place values between its ends. */

export interface IAxis {
  ticks: number[];
  /** From a value to a share of the axis, 0 at its start. */
  share: (value: number) => number;
  /** From a share of the axis to a value. */
  value: (share: number) => number;
  least: number;
  most: number;
}

/** The step between ticks: 1, 2 or 5 times a power of ten, so that at most `count` of them fit. */
export function step(span: number, count: number): number {
  const rough = span / Math.max(1, count);
  const power = 10 ** Math.floor(Math.log10(rough) + 1e-9);
  const lead = rough / power - 1e-9;
  return (lead <= 1 ? 1 : lead <= 2 ? 2 : lead <= 5 ? 5 : 10) * power;
}

/** Round numbers between two values, both ends included where they are round themselves. */
export function ticks(least: number, most: number, count: number): number[] {
  if (!(most > least)) {
    return [least];
  }
  const size = step(most - least, count);
  const first = Math.ceil(least / size - 1e-9);
  const last = Math.floor(most / size + 1e-9);
  const digits = Math.max(0, -Math.floor(Math.log10(size) + 1e-9));
  return Array.from({ length: Math.max(0, last - first + 1) }, (_, at) =>
    Number(((first + at) * size).toFixed(Math.min(digits, 20)))
  );
}

/** An axis with even steps. */
export function linear(
  least: number,
  most: number,
  count: number,
  round = true
): IAxis {
  let [from, to] = [least, most];
  if (!(to > from)) {
    const half = Math.abs(from) * 0.1 || 1;
    [from, to] = [from - half, to + half];
  }
  if (round) {
    const size = step(to - from, count);
    from = Math.floor(from / size + 1e-9) * size;
    to = Math.ceil(to / size - 1e-9) * size;
  }
  const span = to - from;
  return {
    ticks: ticks(from, to, count),
    share: value => (value - from) / span,
    value: share => from + share * span,
    least: from,
    most: to
  };
}

/** An axis on which each tenfold has the same length; both ends must be above 0. */
export function logarithmic(least: number, most: number, count: number): IAxis {
  const from = Math.log10(least);
  const to = Math.log10(most > least ? most : least * 10);
  const span = to - from;
  const steps = span > 3 ? [1] : span > 1.2 ? [1, 3] : [1, 2, 5];
  const all: number[] = [];
  for (let power = Math.floor(from); power <= Math.ceil(to); power += 1) {
    for (const lead of steps) {
      const value = Number((lead * 10 ** power).toPrecision(12));
      if (value >= least * 0.999 && value <= most * 1.001) {
        all.push(value);
      }
    }
  }
  const skip = Math.ceil(all.length / Math.max(2, count * 1.5));
  const found = all.filter((_, at) => at % skip === 0);
  return {
    ticks: found.length > 1 ? found : ticks(least, most, count),
    share: value => (Math.log10(value) - from) / span,
    value: share => 10 ** (from + share * span),
    least,
    most
  };
}

/** Write the ticks of one axis, all with as many decimals as the step needs. */
export function writeTicks(values: readonly number[]): string[] {
  const size = Math.max(...values.map(Math.abs), 0);
  if (values.length < 2 || size === 0 || size >= 1e6 || size < 1e-3) {
    return values.map(short);
  }
  const gaps = values.slice(1).map((value, at) => value - values[at]);
  const even = Math.max(...gaps) - Math.min(...gaps) < 1e-9 * size;
  if (!even) {
    return values.map(short);
  }
  const digits = Math.max(0, -Math.floor(Math.log10(gaps[0]) + 1e-9));
  return values.map(value =>
    (Object.is(value, -0) ? 0 : value)
      .toLocaleString('en', {
        minimumFractionDigits: Math.min(digits, 20),
        maximumFractionDigits: Math.min(digits, 20)
      })
      .replace('-', '−')
  );
}

/** Write a number as briefly as an axis allows: `20k`, `1e−5`. */
export function short(value: number): string {
  const size = Math.abs(value);
  const before = value < 0 ? '−' : '';
  if (size === 0) {
    return '0';
  }
  if (size < 1e-3 || size >= 1e12) {
    const [lead, power] = size.toExponential().split('e');
    return `${before}${Number(Number(lead).toPrecision(3))}e${power
      .replace('+', '')
      .replace('-', '−')}`;
  }
  for (const [unit, name] of [
    [1e9, 'G'],
    [1e6, 'M'],
    [1e3, 'k']
  ] as const) {
    if (size >= unit * 10 || (size >= unit && unit > 1e3)) {
      return `${before}${Number((size / unit).toPrecision(3))}${name}`;
    }
  }
  return before + String(Number(size.toPrecision(4)));
}
