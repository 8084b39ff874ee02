import { Component, type JSX } from 'preact';
import { cellContent, type IColumn } from '../columns';
import { Icon } from '../icons';
import type { ILayout } from './geometry';

export interface ITableRowProps<R> {
  row: R | undefined;
  index: number;
  /** Pixels from the top of the body. */
  y: number;
  height: number;
  columns: readonly IColumn<R>[];
  place: ILayout;
  /** The columns that are drawn, the last one not included. */
  first: number;
  last: number;
  /** Pixels that the rows' numbers take. */
  aside: number;
  /** The column that the keyboard is on, if it is on this row; else -1. */
  active: number;
  selected: boolean;
}

/** One row; it is drawn again only when something of it changed. */
export class TableRow<R> extends Component<ITableRowProps<R>> {
  shouldComponentUpdate(next: ITableRowProps<R>): boolean {
    const before = this.props;
    return (Object.keys(next) as (keyof ITableRowProps<R>)[]).some(
      name => next[name] !== before[name]
    );
  }

  render(): JSX.Element {
    const { row, index, y, height, place, aside, selected } = this.props;
    return (
      <div
        class={`lw-row${selected ? ' lw-selected' : ''}${index % 2 ? ' lw-odd' : ''}`}
        role="row"
        aria-rowindex={index + 2}
        aria-selected={selected}
        style={{
          transform: `translateY(${y}px)`,
          height: `${height}px`,
          width: `${place.width + aside}px`
        }}
      >
        <div
          class="lw-row-number"
          role="rowheader"
          aria-colindex={1}
          data-row={index}
          style={{ width: `${aside}px` }}
        >
          {selected ? <Icon name="check" size={12} /> : null}
          {index + 1}
        </div>
        {this.shown().map(column => this.cell(column, row))}
      </div>
    );
  }

  /** What is seen, and the cell with the focus, which must not leave the page. */
  private shown(): number[] {
    const { first, last, active } = this.props;
    const all: number[] = [];
    for (let column = first; column < last; column += 1) {
      all.push(column);
    }
    if (active >= 0 && (active < first || active >= last)) {
      all.push(active);
    }
    return all;
  }

  private cell(at: number, row: R | undefined): JSX.Element {
    const { index, columns, place, aside, active } = this.props;
    const column = columns[at];
    return (
      <div
        key={column.key}
        class={`lw-cell${column.kind === 'number' ? ' lw-end' : ''}`}
        role="gridcell"
        aria-colindex={at + 2}
        tabIndex={active === at ? 0 : -1}
        data-row={index}
        data-column={at}
        style={{
          insetInlineStart: `${place.starts[at] + aside}px`,
          width: `${place.widths[at]}px`
        }}
      >
        {row === undefined ? (
          <span class="lw-cell-wait" />
        ) : (
          <div
            class="lw-cell-text"
            dir={column.kind === 'number' ? undefined : 'auto'}
          >
            {cellContent(column, row, index)}
          </div>
        )}
      </div>
    );
  }
}
