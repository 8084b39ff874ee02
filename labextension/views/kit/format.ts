/**
 * How numbers are written, in every panel alike: never more than three significant digits, times as
 * `12 s` or `3 min 20 s`, tokens as `1.2 k`. `full` gives the whole value, for a title or a copy.
 */

const MISSING = '–';
const MINUS = '−';

function absent(value: number | null | undefined): value is null | undefined {
  return value === null || value === undefined || Number.isNaN(value);
}

function sign(value: number): string {
  return value < 0 ? MINUS : '';
}

function grouped(digits: string): string {
  return digits.replace(/\B(?=(\d{3})+(?!\d))/g, ',');
}

/** Write a number with at most `digits` significant digits; whole numbers stay whole. */
export function number(value: number | null | undefined, digits = 3): string {
  if (absent(value)) {
    return MISSING;
  }
  if (!Number.isFinite(value)) {
    return `${sign(value)}∞`;
  }
  const size = Math.abs(value);
  if (size === 0) {
    return '0';
  }
  if (size >= 1e6 || size < 1e-4) {
    const [mantissa, exponent] = size.toExponential(digits - 1).split('e');
    const power = String(Number(exponent)).replace('-', MINUS);
    return `${sign(value)}${trimmed(mantissa)}e${power}`;
  }
  if (Number.isInteger(value)) {
    return sign(value) + grouped(String(size));
  }
  const short = Number(size.toPrecision(digits));
  return sign(value) + fixed(short, decimals(short, digits));
}

function trimmed(text: string): string {
  return text.includes('.') ? text.replace(/\.?0+$/, '') : text;
}

/** Write a count in full, with separators: `10,605`. */
export function count(value: number | null | undefined): string {
  return absent(value) || !Number.isFinite(value)
    ? MISSING
    : sign(value) + grouped(String(Math.round(Math.abs(value))));
}

/** Write a share between 0 and 1: `2.1 %`. */
export function percent(value: number | null | undefined, digits = 2): string {
  if (absent(value) || !Number.isFinite(value)) {
    return MISSING;
  }
  const hundredth = value * 100;
  const size = Math.abs(hundredth);
  // 99.97 % must not read as 100 %, nor 0.004 % as nothing.
  if (size > 99 && size < 100) {
    return `${sign(value)}${(Math.floor(size * 100) / 100).toString()} %`;
  }
  return `${sign(value)}${trimmed(number(size, size >= 100 ? 3 : digits))} %`;
}

/** Write a duration in seconds: `12 s`, `3 min 20 s`, `2 h 5 min`, `340 ms`. */
export function seconds(value: number | null | undefined): string {
  if (absent(value) || !Number.isFinite(value)) {
    return MISSING;
  }
  const size = Math.abs(value);
  const before = sign(value);
  if (size === 0) {
    return '0 s';
  }
  if (size < 0.9995) {
    return `${before}${trimmed(number(size * 1000, 2))} ms`;
  }
  if (size < 9.95) {
    return `${before}${trimmed(size.toFixed(1))} s`;
  }
  const whole = Math.round(size);
  if (whole < 60) {
    return `${before}${whole} s`;
  }
  if (whole < 3600) {
    return before + pair(Math.floor(whole / 60), 'min', whole % 60, 's');
  }
  const minutes = Math.round(size / 60);
  if (minutes < 1440) {
    return before + pair(Math.floor(minutes / 60), 'h', minutes % 60, 'min');
  }
  const hours = Math.round(size / 3600);
  return before + pair(Math.floor(hours / 24), 'd', hours % 24, 'h');
}

function pair(more: number, unit: string, less: number, lower: string): string {
  return less === 0 ? `${more} ${unit}` : `${more} ${unit} ${less} ${lower}`;
}

function scaled(value: number, step: number, units: readonly string[]): string {
  let size = Math.abs(value);
  let unit = 0;
  // 999.5 k would round to 1000 k: it is 1 M.
  while (size >= step * 0.9995 && unit < units.length - 1) {
    size /= step;
    unit += 1;
  }
  const digits = unit === 0 ? 3 : 2;
  const text = size >= 100 ? String(Math.round(size)) : number(size, digits);
  const shown = unit === 0 ? text : trimmed(text);
  return `${sign(value)}${shown}${units[unit] ? ` ${units[unit]}` : ''}`;
}

/** Write a number of tokens, or of anything counted by the thousand: `1.2 k`, `3.4 M`. */
export function tokens(value: number | null | undefined): string {
  return absent(value) || !Number.isFinite(value)
    ? MISSING
    : scaled(value, 1000, ['', 'k', 'M', 'G', 'T']);
}

/** Write a size in bytes, by powers of 1000: `1.2 kB`, `2.4 GB`. */
export function bytes(value: number | null | undefined): string {
  return absent(value) || !Number.isFinite(value)
    ? MISSING
    : scaled(value, 1000, ['B', 'kB', 'MB', 'GB', 'TB', 'PB']);
}

/** Decimals that a number needs to show so many significant digits. */
function decimals(size: number, digits: number): number {
  return size === 0
    ? 0
    : Math.max(0, digits - 1 - Math.floor(Math.log10(size)));
}

/** Write a number with so many decimals. */
function fixed(value: number, places: number): string {
  const [before, after] = Math.abs(value).toFixed(places).split('.');
  const text = grouped(before) + (after ? `.${after}` : '');
  return (Number(text.replace(/,/g, '')) === 0 ? '' : sign(value)) + text;
}

/** A value and its interval, as they are written beside each other. */
export interface IEstimate {
  value: string;
  /** `±0.04`, or `0.61–0.89` when the interval is lopsided; empty when there is none. */
  interval: string;
}

/**
 * Write a value to the digit that its interval makes sense of: `0.87` and `±0.04`.
 *
 * An interval is itself an estimate: of it one digit is shown, two when the first is 1 or 2.
 */
export function estimate(
  value: number | null | undefined,
  lower: number | null | undefined,
  upper: number | null | undefined,
  digits = 3
): IEstimate {
  const plain = { value: number(value, digits), interval: '' };
  if (absent(lower) || absent(upper)) {
    return plain;
  }
  const half = Number(((upper - lower) / 2).toPrecision(6));
  const size = Math.max(Math.abs(value ?? 0), Math.abs(lower), Math.abs(upper));
  if (!Number.isFinite(half) || half < 0 || size >= 1e6 || size < 1e-3) {
    return { ...plain, interval: `${number(lower, 2)}–${number(upper, 2)}` };
  }
  if (half === 0) {
    return { ...plain, interval: '±0' };
  }
  const lead = Number(half.toExponential(2).split('e')[0]);
  const places = Math.min(
    decimals(half, lead < 3 ? 2 : 1),
    Math.max(decimals(size, digits), 0)
  );
  if (absent(value)) {
    return {
      ...plain,
      interval: `${fixed(lower, places)}–${fixed(upper, places)}`
    };
  }
  const even = Math.abs(upper + lower - 2 * value) <= 0.5 * half;
  // Before the point, too, no more digits than make sense.
  const whole = size >= 10 ** digits && places === 0;
  return {
    value: whole ? plain.value : fixed(value, places),
    interval: even
      ? `±${places === 0 ? number(Number(half.toPrecision(2))) : fixed(half, places)}`
      : `${fixed(lower, places)}–${fixed(upper, places)}`
  };
}

/** Write what an interval adds to its value: `±0.04`, or `0.61–0.89` when it is lopsided. */
export function interval(
  value: number | null | undefined,
  lower: number | null | undefined,
  upper: number | null | undefined
): string {
  return estimate(value, lower, upper).interval;
}

/** Write a difference with its sign: `+0.09`, `−0.02`. */
export function signed(value: number | null | undefined, digits = 2): string {
  return plus(value, number(value, digits));
}

/** Put the sign before what is above 0. */
export function plus(value: number | null | undefined, text: string): string {
  return typeof value === 'number' && value > 0 ? `+${text}` : text;
}

/** Write a value in full, as it stands, for a title or a copy. */
export function full(value: number | null | undefined): string {
  return absent(value) ? MISSING : String(value);
}

/** Write a moment: the time today, else the day; `full` adds both. */
export function time(
  value: string | number | Date | null | undefined,
  options: { now?: Date; locale?: string; full?: boolean } = {}
): string {
  const moment = asDate(value);
  if (moment === null) {
    return MISSING;
  }
  const now = options.now ?? new Date();
  const locale = options.locale || undefined;
  if (options.full) {
    return moment.toLocaleString(locale, {
      dateStyle: 'medium',
      timeStyle: 'medium'
    });
  }
  if (moment.toDateString() === now.toDateString()) {
    return moment.toLocaleTimeString(locale, { timeStyle: 'short' });
  }
  const near = moment.getFullYear() === now.getFullYear();
  return moment.toLocaleDateString(locale, {
    year: near ? undefined : 'numeric',
    month: 'short',
    day: 'numeric'
  });
}

/** Write a moment of a table's cell, which all look alike: `2026-01-31 12:04:05` of world time. */
export function stamp(value: Date): string {
  return Number.isNaN(value.getTime())
    ? MISSING
    : value.toISOString().slice(0, 19).replace('T', ' ');
}

/** Write how long ago something was: `12 s`, `3 min`, `2 h`, `5 d`. */
export function ago(
  value: string | number | Date | null | undefined,
  now: Date = new Date()
): string {
  const moment = asDate(value);
  if (moment === null) {
    return MISSING;
  }
  const size = Math.max(0, (now.getTime() - moment.getTime()) / 1000);
  if (size < 60) {
    return `${Math.floor(size)} s`;
  }
  if (size < 3600) {
    return `${Math.floor(size / 60)} min`;
  }
  return size < 86400
    ? `${Math.floor(size / 3600)} h`
    : `${Math.floor(size / 86400)} d`;
}

/** Seconds since 1970 are told from milliseconds by their size. */
function asDate(value: string | number | Date | null | undefined): Date | null {
  if (value === null || value === undefined || value === '') {
    return null;
  }
  const moment =
    typeof value === 'number'
      ? new Date(value < 1e11 ? value * 1000 : value)
      : new Date(value);
  return Number.isNaN(moment.getTime()) ? null : moment;
}
