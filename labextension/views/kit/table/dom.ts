import type { ILayout } from './geometry';
import type { ICell } from './moves';

/** The row that an event happened on, or null. */
export function rowOf(target: EventTarget | null): number | null {
  const found = (target as Element | null)?.closest?.('[data-row]');
  return found ? Number(found.getAttribute('data-row')) : null;
}

/** The cell that an event happened on, or null. */
export function cellOf(target: EventTarget | null): ICell | null {
  const found = (target as Element | null)?.closest?.('[data-column]');
  return found
    ? {
        row: Number(found.getAttribute('data-row')),
        column: Number(found.getAttribute('data-column'))
      }
    : null;
}

export function isRtl(element: Element): boolean {
  return getComputedStyle(element).direction === 'rtl';
}

/** Scroll a column into view, beside the rows' numbers. */
export function showColumn(
  grid: HTMLElement,
  place: ILayout,
  column: number,
  aside: number
): void {
  const start = place.starts[column];
  const end = start + place.widths[column] - (grid.clientWidth - aside);
  // From right to left the browser counts downwards from 0.
  const now = Math.abs(grid.scrollLeft);
  if (start < now || end > now) {
    const to = start < now ? start : Math.min(start, end);
    grid.scrollLeft = isRtl(grid) ? -to : to;
  }
}

/** How wide a column has to be for what is seen of it. */
export function fitting(grid: Element | null, column: number): number {
  let most = 0;
  grid
    ?.querySelectorAll(
      `[data-column="${column}"] :is(.lw-cell-text, .lw-head-label)`
    )
    .forEach(cell => {
      const range = document.createRange();
      range.selectNodeContents(cell);
      most = Math.max(most, range.getBoundingClientRect().width);
    });
  return Math.min(most + 32, 800);
}

/** Put the keyboard on a cell that is on the page. */
export function focusCell(grid: Element | null, cell: ICell): void {
  grid
    ?.querySelector<HTMLElement>(
      `[data-row="${cell.row}"][data-column="${cell.column}"]`
    )
    ?.focus({ preventScroll: true });
}
