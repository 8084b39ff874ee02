import type { JSX } from 'preact';
import type { IColumn, ISort } from '../columns';
import { useText } from '../context';
import { Icon } from '../icons';
import type { ILayout } from './geometry';

export interface IHeadProps<R> {
  columns: readonly IColumn<R>[];
  place: ILayout;
  first: number;
  last: number;
  aside: number;
  height: number;
  /** The column that the keyboard is on, if it is on the header; else -1. */
  active: number;
  sort: ISort | null;
  onSort: (key: string) => void;
  onWidth: (key: string, width: number) => void;
  /** Make a column as wide as what is seen of it. */
  onFit: (key: string, column: number) => void;
}

/** The columns' names: pressed they sort, dragged at their end they change their width. */
export function TableHead<R>(props: IHeadProps<R>): JSX.Element {
  const { columns, place, first, last, aside, height, active } = props;
  const tr = useText();
  const shown: number[] = [];
  for (let column = first; column < last; column += 1) {
    shown.push(column);
  }
  if (active >= 0 && (active < first || active >= last)) {
    shown.push(active);
  }
  return (
    <div
      class="lw-row lw-head"
      role="row"
      aria-rowindex={1}
      style={{ width: `${place.width + aside}px`, height: `${height}px` }}
    >
      <div
        class="lw-row-number"
        role="columnheader"
        aria-colindex={1}
        style={{ width: `${aside}px` }}
      >
        <span aria-hidden="true">#</span>
        <span class="lw-visually-hidden">{tr('Row number')}</span>
      </div>
      {shown.map(at => (
        <HeadCell
          key={columns[at].key}
          {...props}
          column={columns[at]}
          at={at}
        />
      ))}
    </div>
  );
}

function HeadCell<R>(
  props: IHeadProps<R> & { column: IColumn<R>; at: number }
): JSX.Element {
  const { column, at, place, aside, active, sort } = props;
  const tr = useText();
  const sorted = sort?.key === column.key ? sort : null;
  const can = column.sortable !== false;
  const label = column.label ?? column.key;
  return (
    <div
      class={`lw-cell lw-head-cell${column.kind === 'number' ? ' lw-end' : ''}${
        can ? ' lw-sorts' : ''
      }`}
      role="columnheader"
      aria-colindex={at + 2}
      aria-sort={
        sorted ? (sorted.descending ? 'descending' : 'ascending') : undefined
      }
      tabIndex={active === at ? 0 : -1}
      data-row={-1}
      data-column={at}
      title={column.title ? `${label}\n${column.title}` : label}
      style={{
        insetInlineStart: `${place.starts[at] + aside}px`,
        width: `${place.widths[at]}px`
      }}
      onClick={() => can && props.onSort(column.key)}
    >
      <div class="lw-head-label">
        <bdi class="lw-head-name">{label}</bdi>
        {sorted && <Icon name={sorted.descending ? 'down' : 'up'} size={12} />}
      </div>
      {column.header && <div class="lw-head-extra">{column.header}</div>}
      <div
        class="lw-resizer"
        aria-hidden="true"
        title={tr('Drag to change the width, double-click to fit')}
        onClick={event => event.stopPropagation()}
        onDblClick={() => props.onFit(column.key, at)}
        onPointerDown={event =>
          drag(event, place.widths[at], width =>
            props.onWidth(column.key, width)
          )
        }
      />
    </div>
  );
}

/** Follow the pointer until it is let go. */
function drag(
  event: PointerEvent,
  width: number,
  tell: (width: number) => void
): void {
  const handle = event.currentTarget as HTMLElement;
  const from = event.clientX;
  const side = getComputedStyle(handle).direction === 'rtl' ? -1 : 1;
  const control = new AbortController();
  const { signal } = control;
  event.preventDefault();
  event.stopPropagation();
  handle.setPointerCapture(event.pointerId);
  handle.addEventListener(
    'pointermove',
    move => tell(width + side * (move.clientX - from)),
    { signal }
  );
  for (const end of ['pointerup', 'pointercancel', 'lostpointercapture']) {
    handle.addEventListener(end, () => control.abort(), { signal });
  }
}
