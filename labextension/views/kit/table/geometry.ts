import type { IColumn } from '../columns';

/** Browsers stop at different heights, the lowest at about 17.8 million pixels. */
const TALLEST_PX = 8_000_000;

/** Where the view over the rows is: what the browser scrolls, and what that stands for. */
export interface IPlace {
  /** What the browser says. */
  scrollTop: number;
  /** How far above the view the first row begins, in pixels of all the rows. */
  top: number;
}

/**
 * How rows stand for pixels when all of them are higher than a browser can scroll.
 *
 * The page scrolls at most {@link TALLEST_PX}. A small step of the wheel moves the rows by as many
 * pixels; a jump of the scroll bar moves them by its share of all rows. `settle` brings the two back
 * together, at rest, so that the bar always ends where the rows do.
 */
export class Scale {
  readonly virtual: number;
  readonly physical: number;

  constructor(
    rows: number,
    readonly rowHeight: number,
    readonly view: number
  ) {
    this.virtual = rows * rowHeight;
    this.physical = Math.min(this.virtual, TALLEST_PX);
  }

  get scaled(): boolean {
    return this.virtual > this.physical;
  }

  private get ends(): [number, number] {
    return [
      Math.max(0, this.physical - this.view),
      Math.max(0, this.virtual - this.view)
    ];
  }

  /** Where the rows are after the browser scrolled. */
  scrolled(before: IPlace, scrollTop: number): IPlace {
    const [least, most] = this.ends;
    if (!this.scaled) {
      return { scrollTop, top: scrollTop };
    }
    if (scrollTop <= 0) {
      return { scrollTop, top: 0 };
    }
    if (scrollTop >= least - 0.5) {
      return { scrollTop, top: most };
    }
    const step = scrollTop - before.scrollTop;
    const top =
      Math.abs(step) < this.view * 2
        ? before.top + step
        : (scrollTop * most) / least;
    return { scrollTop, top: Math.min(most, Math.max(0, top)) };
  }

  /** Where the browser has to be for the rows to be there. */
  at(top: number): IPlace {
    const [least, most] = this.ends;
    const held = Math.min(most, Math.max(0, top));
    return {
      scrollTop: this.scaled ? (held * least) / most : held,
      top: held
    };
  }

  /** The place at which a row is wholly seen, nearest to the present one. */
  showing(place: IPlace, row: number): IPlace {
    const start = row * this.rowHeight;
    const end = start + this.rowHeight;
    if (start < place.top) {
      return this.at(start);
    }
    return end > place.top + this.view ? this.at(end - this.view) : place;
  }

  /** The rows that are seen, the last one not included. */
  seen(place: IPlace, beyond = 0): [number, number] {
    const rows = Math.round(this.virtual / this.rowHeight);
    const first = Math.floor(place.top / this.rowHeight) - beyond;
    const last = Math.ceil((place.top + this.view) / this.rowHeight) + beyond;
    return [Math.max(0, first), Math.min(rows, last)];
  }
}

export const NARROWEST_PX = 48;
const WIDEST_PX = 1600;

/** The columns' widths and where each begins. */
export interface ILayout {
  widths: number[];
  starts: number[];
  width: number;
}

/** Hold a width between what can still be read and what still fits. */
export function heldWidth(width: number): number {
  return Math.round(Math.min(WIDEST_PX, Math.max(NARROWEST_PX, width)));
}

/** Lay out columns: their own widths, the widest text taking what is left of the view. */
export function layout<R>(
  columns: readonly IColumn<R>[],
  set: { readonly [key: string]: number },
  view: number
): ILayout {
  const widths = columns.map(column =>
    heldWidth(set[column.key] ?? column.width ?? guess(column))
  );
  const left = view - widths.reduce((sum, width) => sum + width, 0);
  const grows = columns.reduce((best, column, at) => {
    const can = column.kind !== 'number' && set[column.key] === undefined;
    return can && (best < 0 || widths[at] > widths[best]) ? at : best;
  }, -1);
  if (left > 0 && grows >= 0) {
    widths[grows] += left;
  }
  const starts: number[] = [];
  let width = 0;
  for (const one of widths) {
    starts.push(width);
    width += one;
  }
  return { widths, starts, width };
}

function guess<R>(column: IColumn<R>): number {
  const label = (column.label ?? column.key).length * 8 + 40;
  return column.kind === 'number'
    ? Math.max(88, Math.min(160, label))
    : Math.max(160, Math.min(280, label));
}

/** The columns that are seen between two distances from the start, the last one not included. */
export function columnsBetween(
  { starts, widths }: ILayout,
  from: number,
  to: number
): [number, number] {
  let first = 0;
  while (first < starts.length - 1 && starts[first] + widths[first] <= from) {
    first += 1;
  }
  let last = first;
  while (last < starts.length && starts[last] < to) {
    last += 1;
  }
  return [first, Math.max(last, Math.min(first + 1, starts.length))];
}
