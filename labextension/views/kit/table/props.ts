import type { IColumn, ISort, Row } from '../columns';
import type { Fetch } from './pages';

export interface IVirtualTableProps<R = Row> {
  columns: readonly IColumn<R>[];
  /** How many rows there are. */
  total: number;
  /** Give the rows from `start` up to but without `stop`. */
  fetch: Fetch<R>;
  /** What the table is of: a screen reader says it. */
  label: string;
  /** Under this name the widths of the columns survive a reload. */
  name?: string;
  rowKey?: (row: R, index: number) => string;
  /** Enter or a double click on a cell; its full text is shown when left out. */
  onOpen?: (row: R, index: number, column: string) => void;
  /** The chosen rows by key; the table keeps them itself when left out. */
  selected?: ReadonlySet<string>;
  onSelect?: (keys: Set<string>) => void;
  /** The row and the column that the keyboard is on. */
  onFocusRow?: (row: R | undefined, index: number, column: string) => void;
  /** The order; the table keeps it itself when left out. */
  sort?: ISort | null;
  onSort?: (sort: ISort | null) => void;
  /** The rows are asked again when it changes: the filters as JSON, the workspace's revision. */
  version?: string | number;
  /** Pixels. */
  rowHeight?: number;
  /** Pixels. */
  headHeight?: number;
  /** Pixels; all that is left when left out. */
  height?: number;
  /** Said when there are no rows. */
  empty?: string;
}
