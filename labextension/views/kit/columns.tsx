import type { ComponentChildren } from 'preact';
import * as format from './format';
import { visible } from './text';

/** A row: whatever the panel's answers are made of. */
export type Row = Record<string, unknown>;

export interface IColumn<R = Row> {
  /** The row's field; also the name by which the column is sorted. */
  key: string;
  /** What stands in the header; the key when left out. */
  label?: string;
  /** What a value of the column is and how it was made: the header's tooltip. */
  title?: string;
  /** `number`: at the end, in tabular figures, with three digits. */
  kind?: 'text' | 'number';
  /** Pixels to begin with. */
  width?: number;
  sortable?: boolean;
  /** Something under the label, such as a small histogram. */
  header?: ComponentChildren;
  /** The value; the row's field when left out. */
  value?: (row: R) => unknown;
  /** What is drawn; the value as text when left out. */
  render?: (value: unknown, row: R, index: number) => ComponentChildren;
  /** The value as full text, for the copy and the tooltip. */
  text?: (value: unknown, row: R) => string;
}

export interface ISort {
  key: string;
  descending: boolean;
}

/** The order after a column's name was pressed: up, down, and as it was. */
export function nextSort(sort: ISort | null, key: string): ISort | null {
  if (sort?.key !== key) {
    return { key, descending: false };
  }
  return sort.descending ? null : { key, descending: true };
}

/** Longer text is cut where it is drawn; the whole of it is one Enter away. */
const SHOWN = 300;

/** Write any value in full as plain text. */
export function plain(value: unknown): string {
  if (value === null || value === undefined) {
    return '';
  }
  if (typeof value === 'string') {
    return value;
  }
  if (value instanceof Date) {
    return Number.isNaN(value.getTime()) ? '' : value.toISOString();
  }
  if (typeof value === 'object') {
    return (
      JSON.stringify(value, (_, part: unknown) =>
        typeof part === 'bigint'
          ? String(part)
          : ArrayBuffer.isView(part)
            ? Array.from(part as unknown as ArrayLike<unknown>)
            : part
      ) ?? ''
    );
  }
  return String(value);
}

/** The value of a cell. */
export function cellValue<R>(column: IColumn<R>, row: R): unknown {
  return column.value
    ? column.value(row)
    : (row as Record<string, unknown>)[column.key];
}

/** The full text of a cell. */
export function cellText<R>(column: IColumn<R>, row: R): string {
  const value = cellValue(column, row);
  return column.text ? column.text(value, row) : plain(value);
}

/** Cut text at a whole character, make it one line, and show what one does not see. */
export function clipped(text: string, length: number = SHOWN): string {
  const short =
    text.length > length
      ? text.slice(0, length).replace(/[\ud800-\udbff]$/, '') + '…'
      : text;
  return visible(short.replace(/\r?\n|[\r\u2028\u2029]/g, ' ⏎ '));
}

/** What is drawn in a cell. */
export function cellContent<R>(
  column: IColumn<R>,
  row: R,
  index: number
): ComponentChildren {
  const value = cellValue(column, row);
  if (column.render) {
    return column.render(value, row, index);
  }
  if (value === null || value === undefined) {
    return <span class="lw-null">–</span>;
  }
  if (value instanceof Date && !column.text) {
    return format.stamp(value);
  }
  if (column.kind === 'number' && typeof value === 'number') {
    return format.number(value);
  }
  return clipped(column.text ? column.text(value, row) : plain(value));
}

/** Write rows as tab-separated values; tabs and line breaks inside of a cell are quoted. */
export function tsv<R>(
  columns: readonly IColumn<R>[],
  rows: readonly R[]
): string {
  return separated(columns, rows, '\t');
}

/** Write rows as comma-separated values (RFC 4180), with a header. */
export function csv<R>(
  columns: readonly IColumn<R>[],
  rows: readonly R[]
): string {
  return separated(columns, rows, ',');
}

function separated<R>(
  columns: readonly IColumn<R>[],
  rows: readonly R[],
  mark: string
): string {
  const quote = (text: string) =>
    text.includes(mark) || /["\r\n]/.test(text)
      ? `"${text.replace(/"/g, '""')}"`
      : text;
  return [
    columns.map(column => quote(column.label ?? column.key)).join(mark),
    ...rows.map(row =>
      columns.map(column => quote(cellText(column, row))).join(mark)
    )
  ].join('\n');
}
