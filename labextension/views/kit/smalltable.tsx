import type { JSX } from 'preact';
import { useMemo, useState } from 'preact/hooks';
import { copy } from './code';
import {
  cellContent,
  cellText,
  cellValue,
  clipped,
  csv,
  nextSort,
  type IColumn,
  type ISort,
  type Row
} from './columns';
import { useHost, useText } from './context';
import { IconButton } from './controls';
import { Icon } from './icons';

export interface ISmallTableProps<R = Row> {
  columns: readonly IColumn<R>[];
  rows: readonly R[];
  /** What the table is of: a screen reader says it. */
  label: string;
  rowKey?: (row: R, index: number) => string;
  /** What opens when a row is clicked or Enter is pressed on it. */
  onOpen?: (row: R, index: number) => void;
  /** Said when there are no rows. */
  empty?: string;
}

/** Order two values: numbers by size, text by the language, nothing last. */
export function compareValues(a: unknown, b: unknown): number {
  const missing = Number(isMissing(a)) - Number(isMissing(b));
  if (missing !== 0 || isMissing(a)) {
    return missing;
  }
  return typeof a === 'number' && typeof b === 'number'
    ? a - b
    : String(a).localeCompare(String(b), undefined, { numeric: true });
}

function isMissing(value: unknown): boolean {
  return value === null || value === undefined || Number.isNaN(value);
}

/** A table of a few rows, all on the page: sorted by a click, copied as CSV. */
export function SmallTable<R = Row>(props: ISmallTableProps<R>): JSX.Element {
  const { columns, rows, label, onOpen } = props;
  const host = useHost();
  const tr = useText();
  const [sort, order] = useState<ISort | null>(null);
  const shown = useMemo(() => {
    const column = columns.find(one => one.key === sort?.key);
    if (!sort || !column) {
      return rows;
    }
    return [...rows].sort((a, b) => {
      const [x, y] = [cellValue(column, a), cellValue(column, b)];
      const way = compareValues(x, y);
      return sort.descending && !isMissing(x) && !isMissing(y) ? -way : way;
    });
  }, [rows, columns, sort]);
  return (
    <div class="lw-small-table">
      <div
        class="lw-small-table-scroll"
        tabIndex={0}
        role="group"
        aria-label={label}
      >
        <table aria-label={label}>
          <thead>
            <tr>
              {columns.map(column => (
                <th
                  key={column.key}
                  scope="col"
                  class={column.kind === 'number' ? 'lw-end' : undefined}
                  title={column.title}
                  aria-sort={
                    sort?.key === column.key
                      ? sort.descending
                        ? 'descending'
                        : 'ascending'
                      : undefined
                  }
                >
                  {column.sortable === false ? (
                    <bdi>{column.label ?? column.key}</bdi>
                  ) : (
                    <button
                      type="button"
                      class="lw-sort"
                      onClick={() => order(nextSort(sort, column.key))}
                    >
                      <bdi>{column.label ?? column.key}</bdi>
                      {sort?.key === column.key && (
                        <Icon
                          name={sort.descending ? 'down' : 'up'}
                          size={12}
                        />
                      )}
                    </button>
                  )}
                  {column.header}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {shown.map((row, index) => (
              <tr
                key={props.rowKey?.(row, index) ?? index}
                class={onOpen ? 'lw-opens' : undefined}
                tabIndex={onOpen ? 0 : undefined}
                onClick={() => onOpen?.(row, index)}
                onKeyDown={event => {
                  if (
                    event.key === 'Enter' &&
                    event.target === event.currentTarget
                  ) {
                    onOpen?.(row, index);
                  }
                }}
              >
                {columns.map(column => (
                  <td
                    key={column.key}
                    dir="auto"
                    class={column.kind === 'number' ? 'lw-end' : undefined}
                    title={
                      column.render && !column.text
                        ? undefined
                        : clipped(cellText(column, row), 1000)
                    }
                  >
                    {cellContent(column, row, index)}
                  </td>
                ))}
              </tr>
            ))}
          </tbody>
        </table>
        {rows.length === 0 && (
          <div class="lw-small-table-empty">{props.empty ?? tr('No rows')}</div>
        )}
      </div>
      {rows.length > 0 && (
        <div class="lw-small-table-copy">
          <IconButton
            icon="copy"
            label={tr('Copy as CSV')}
            onClick={() => void copy(host, csv(columns, shown))}
          />
        </div>
      )}
    </div>
  );
}
