/** Where the keyboard is: row -1 is the header. */
export interface ICell {
  row: number;
  column: number;
}

export interface IGrid {
  rows: number;
  columns: number;
  /** How many rows a page of the view shows. */
  page: number;
  /** Whether text runs from right to left. */
  rtl: boolean;
}

type Key = Pick<KeyboardEvent, 'key' | 'ctrlKey' | 'metaKey'>;

/** Where a key leads to in a grid, or null when it is no key of movement. */
export function moved(from: ICell, event: Key, grid: IGrid): ICell | null {
  const far = event.ctrlKey || event.metaKey;
  const end = { row: grid.rows - 1, column: grid.columns - 1 };
  const aside = grid.rtl ? -1 : 1;
  let { row, column } = from;
  switch (event.key) {
    case 'ArrowDown':
      row = far ? end.row : row + 1;
      break;
    case 'ArrowUp':
      row = far ? 0 : row - 1;
      break;
    case 'ArrowRight':
      column = far ? (aside > 0 ? end.column : 0) : column + aside;
      break;
    case 'ArrowLeft':
      column = far ? (aside > 0 ? 0 : end.column) : column - aside;
      break;
    case 'PageDown':
      row = Math.max(0, row) + grid.page;
      break;
    case 'PageUp':
      row = Math.max(0, row - grid.page);
      break;
    case 'Home':
      column = 0;
      row = far ? 0 : row;
      break;
    case 'End':
      column = end.column;
      row = far ? end.row : row;
      break;
    default:
      return null;
  }
  return {
    row: Math.min(end.row, Math.max(-1, row)),
    column: Math.min(end.column, Math.max(0, column))
  };
}
