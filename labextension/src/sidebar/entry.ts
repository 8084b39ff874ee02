import {
  bytes,
  count,
  interval,
  number,
  seconds,
  time
} from '../../views/kit/format';

/** One figure of an entry. */
export interface IFigure {
  label: string;
  value: number | string | null;
  form: 'count' | 'score' | 'bytes' | 'seconds' | 'time' | 'text';
  lower?: number;
  upper?: number;
}

/** One line of the sidebar, as the server gives it. */
export interface IEntry {
  ref: string;
  kind: string;
  title: string;
  detail?: string;
  version?: number;
  aliases?: { alias: string; version: number }[];
  tags?: { [name: string]: string };
  state?: string;
  alarm?: boolean;
  job?: string;
  progress?: { done: number | null; total: number | null; eta: number | null };
  created: string;
  figures: IFigure[];
  /** Figures that only the card shows. */
  more?: IFigure[];
}

/** One thing that a search found. */
export interface IFound {
  ref: string;
  kind: string;
  name: string;
  version?: number;
  state?: string;
  created: string;
}

/** One section of the sidebar, as the server describes it. */
export interface ISection {
  id: string;
  title: string;
  kind: string;
  empty: string;
  start: string;
  begin: string;
}

/** How much is in a section. */
export interface ICount {
  count: number;
  /** How many of them answer now. */
  live?: number;
  /** Whether it asks for attention. */
  alarm?: boolean;
}

/** Write a figure. */
export function written(figure: IFigure, locale: string): string {
  const { value, form } = figure;
  if (typeof value !== 'number') {
    return form === 'time' ? time(value, { locale }) : String(value ?? '');
  }
  switch (form) {
    case 'bytes':
      return bytes(value);
    case 'seconds':
      return seconds(value);
    case 'count':
      return Number.isInteger(value) ? count(value) : number(value);
    default:
      return number(value);
  }
}

/** Write what an interval adds to a figure; empty where there is none. */
export function margin(figure: IFigure): string {
  return typeof figure.value === 'number'
    ? interval(figure.value, figure.lower, figure.upper)
    : '';
}

/** How far a job is, from 0 to 1; undefined while nobody knows. */
export function share(entry: IEntry): number | undefined {
  const { done, total } = entry.progress ?? {};
  return done != null && total ? Math.min(1, done / total) : undefined;
}

/** A reference without its kind, as people write it. */
export function plainName(entry: IEntry): string {
  return entry.version ? `${entry.title}@${entry.version}` : entry.title;
}
