import type { JSX } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import {
  cellContent,
  type IColumn,
  type ISort,
  type Row
} from './columns';

export interface IFetchOptions {
  sort: ISort | null;
  /** Is aborted when the rows are no longer wanted. */
  signal: AbortSignal;
}

export interface IVirtualTableProps<R = Row> {
  columns: readonly IColumn<R>[];
  /** How many rows there are. */
  total: number;
  /** Give the rows from `start` up to but without `stop`. */
  fetch: (
    start: number,
    stop: number,
    options: IFetchOptions
  ) => Promise<ArrayLike<R>>;
  /** What the table is of: a screen reader says it. */
  label: string;
  rowKey?: (row: R, index: number) => string;
  /** Enter or a double click on a row; its full text is shown when left out. */
  onOpen?: (row: R, index: number) => void;
  /** The chosen rows by key; the table keeps them itself when left out. */
  selected?: ReadonlySet<string>;
  onSelect?: (keys: Set<string>) => void;
  /** The row that the keyboard is on. */
  onFocusRow?: (row: R | undefined, index: number) => void;
  sort?: ISort | null;
  onSort?: (sort: ISort | null) => void;
  /** The rows are asked again when it changes: a filter, the workspace's revision. */
  version?: string | number;
  /** Pixels. */
  rowHeight?: number;
  /** Pixels; all that is left when left out. */
  height?: number;
  /** Said when there are no rows. */
  empty?: string;
}

export function VirtualTable<R = Row>(
  props: IVirtualTableProps<R>
): JSX.Element {
  const [rows, show] = useState<ArrayLike<R>>([]);
  useEffect(() => {
    const control = new AbortController();
    void props
      .fetch(0, Math.min(100, props.total), { sort: null, signal: control.signal })
      .then(show, () => undefined);
    return () => control.abort();
  }, [props.total, props.version]);
  return (
    <table aria-label={props.label}>
      <tbody>
        {Array.from(rows).map((row, index) => (
          <tr key={index} onDblClick={() => props.onOpen?.(row, index)}>
            {props.columns.map(column => (
              <td key={column.key}>{cellContent(column, row, index)}</td>
            ))}
          </tr>
        ))}
      </tbody>
    </table>
  );
}
