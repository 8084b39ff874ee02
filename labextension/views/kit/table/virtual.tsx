import type { JSX } from 'preact';
import { useEffect, useLayoutEffect, useMemo, useReducer, useRef, useState } from 'preact/hooks';
import { cellText, tsv, type IColumn, type ISort, type Row } from '../columns';
import { useHost, useText } from '../context';
import * as format from '../format';
import { useSize } from '../size';
import { ErrorBox } from '../states';
import { toast } from '../toast';
import { FullText } from './fulltext';
import { columnsBetween, layout, Scale } from './geometry';
import { TableHead } from './head';
import { moved, type ICell } from './moves';
import { Pages, type Fetch, type IFetchOptions } from './pages';
import { TableRow } from './row';
import { COPIED_ROWS, useSelection } from './selection';
import { useScroll, useWidths } from './view';

export type { IFetchOptions };

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
  /** Enter or a double click on a row; the cell's full text is shown when left out. */
  onOpen?: (row: R, index: number) => void;
  /** The chosen rows by key; the table keeps them itself when left out. */
  selected?: ReadonlySet<string>;
  onSelect?: (keys: Set<string>) => void;
  /** The row that the keyboard is on. */
  onFocusRow?: (row: R | undefined, index: number) => void;
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

/** Rows beyond the view that are drawn ahead of a scroll. */
const AHEAD = 6;

/** A table of any number of rows, of which only those that are seen are on the page. */
export function VirtualTable<R = Row>(
  props: IVirtualTableProps<R>
): JSX.Element {
  const { columns, total, label, rowHeight = 28, headHeight = 32 } = props;
  const host = useHost();
  const tr = useText();
  const scroller = useRef<HTMLDivElement>(null);
  const size = useSize(scroller);
  const [, draw] = useReducer((n: number) => n + 1, 0);
  const [ownSort, order] = useState<ISort | null>(null);
  const [active, activate] = useState<ICell>({ row: 0, column: 0 });
  const [opened, open] = useState<{ title: string; text: string } | null>(null);
  const [said, say] = useState('');
  const [widths, widen] = useWidths(props.name);
  const sort = props.sort === undefined ? ownSort : props.sort;
  const keyOf = props.rowKey ?? ((_: R, index: number) => String(index));
  const chosen = useSelection<R>(props.selected, props.onSelect, keyOf);
  const anchor = useRef(0);
  const moving = useRef(false);

  const newest = useRef(props.fetch);
  newest.current = props.fetch;
  const pages = useMemo(
    () => new Pages<R>((...asked) => newest.current(...asked), () => draw(undefined)),
    []
  );
  useEffect(() => () => pages.stop(), []);

  const aside = String(Math.max(total, 10)).length * 8 + 28;
  const place = useMemo(
    () => layout(columns, widths, size.width - aside),
    [columns, widths, size.width, aside]
  );
  const view = Math.max(0, size.height - headHeight);
  const scale = useMemo(
    () => new Scale(total, rowHeight, view),
    [total, rowHeight, view]
  );
  const scroll = useScroll(scroller, scale, (before, now) => {
    const fast = Math.abs(now.top - before.top) > view;
    pages.want(...scale.seen(now, AHEAD), fast ? 60 : 0);
  });
  const seen = scale.seen(scroll.place, AHEAD);

  useLayoutEffect(() => {
    pages.reset((...asked) => newest.current(...asked), total, sort);
    pages.want(...scale.seen(scroll.place, AHEAD));
  }, [total, sort?.key, sort?.descending, props.version]);
  useEffect(() => pages.want(...seen), [seen[0], seen[1]]);
  useEffect(() => {
    if (active.row >= total) {
      activate({ ...active, row: Math.max(0, total - 1) });
    }
  }, [total]);
  useLayoutEffect(() => {
    if (moving.current) {
      moving.current = false;
      scroller.current
        ?.querySelector<HTMLElement>(
          `[data-row="${active.row}"][data-column="${active.column}"]`
        )
        ?.focus({ preventScroll: true });
    }
  }, [active]);

  const go = (cell: ICell) => {
    moving.current = true;
    if (cell.row >= 0) {
      scroll.show(cell.row);
      props.onFocusRow?.(pages.row(cell.row), cell.row);
    }
    showColumn(cell.column);
    activate(cell);
  };
  const showColumn = (column: number) => {
    const inside = scroller.current;
    if (!inside || column >= columns.length) {
      return;
    }
    const side = getComputedStyle(inside).direction === 'rtl' ? -1 : 1;
    const start = place.starts[column];
    const end = start + place.widths[column] - (size.width - aside);
    const now = Math.abs(inside.scrollLeft);
    if (start < now || end > now) {
      inside.scrollLeft = side * (start < now ? start : Math.min(start, end));
    }
  };
  const sortBy = (key: string) => {
    const next =
      sort?.key !== key
        ? { key, descending: false }
        : sort.descending
          ? null
          : { key, descending: true };
    order(next);
    props.onSort?.(next);
    scroll.toTop();
    const name = columns.find(one => one.key === key)?.label ?? key;
    say(
      next === null
        ? tr('No longer sorted')
        : next.descending
          ? tr('Sorted by %1, descending', name)
          : tr('Sorted by %1, ascending', name)
    );
  };
  const openCell = (cell: ICell) => {
    const row = pages.row(cell.row);
    if (row === undefined) {
      return;
    }
    if (props.onOpen) {
      props.onOpen(row, cell.row);
    } else {
      const column = columns[cell.column];
      open({
        title: `${column.label ?? column.key} · ${format.count(cell.row + 1)}`,
        text: cellText(column, row)
      });
    }
  };
  const toggle = (index: number) => {
    const row = pages.row(index);
    anchor.current = index;
    if (row !== undefined) {
      chosen.toggle(keyOf(row, index), row, index);
    }
  };
  const range = (to: number) => {
    const start = Math.max(0, Math.min(anchor.current, to));
    const stop = Math.min(Math.max(anchor.current, to) + 1, start + COPIED_ROWS);
    void pages.all(start, stop, new AbortController().signal).then(
      rows => chosen.only(rows.map((row, at) => ({ row, index: start + at }))),
      () => undefined
    );
  };
  const keys = (event: KeyboardEvent) => {
    const at = cellOf(event.target);
    if (!at || event.target !== event.composedPath()[0]) {
      return;
    }
    const inside = scroller.current as HTMLElement;
    const rtl = getComputedStyle(inside).direction === 'rtl';
    const page = Math.max(1, Math.floor(view / rowHeight) - 1);
    const grid = { rows: total, columns: columns.length, page, rtl };
    const aside = /^Arrow(Left|Right)$/.test(event.key);
    if (event.altKey) {
      return;
    }
    if (at.row < 0 && event.shiftKey && aside) {
      const wider = (event.key === 'ArrowRight') !== rtl;
      widen(columns[at.column].key, place.widths[at.column] + (wider ? 16 : -16));
    } else if (at.row < 0 && (event.key === 'Enter' || event.key === ' ')) {
      if (columns[at.column].sortable !== false) {
        sortBy(columns[at.column].key);
      }
    } else if (event.key === 'Enter') {
      openCell(at);
    } else if (event.key === ' ') {
      toggle(at.row);
    } else if (event.key === 'Escape' && chosen.keys.size > 0) {
      chosen.clear();
    } else {
      const next = moved(at, event, grid);
      if (!next) {
        return;
      }
      if (event.shiftKey && next.row >= 0) {
        range(next.row);
      } else {
        anchor.current = Math.max(0, next.row);
      }
      go(next);
    }
    event.preventDefault();
    event.stopPropagation();
  };
  const copied = (event: ClipboardEvent) => {
    const at = cellOf(event.target);
    const rows = chosen.rows();
    const row = at && at.row >= 0 ? pages.row(at.row) : undefined;
    const text =
      rows.length > 0
        ? tsv(columns, rows.map(one => one.row))
        : at && row !== undefined
          ? cellText(columns[at.column], row)
          : '';
    if (text === '') {
      return;
    }
    event.clipboardData?.setData('text/plain', text);
    event.preventDefault();
    toast(
      host,
      rows.length > 0
        ? tr('%1 rows copied', format.count(rows.length))
        : tr('Copied')
    );
  };
  const press = (event: MouseEvent) => {
    const at = cellOf(event.target);
    const row = rowOf(event.target);
    if (row === null || row < 0) {
      return;
    }
    if (event.shiftKey) {
      range(row);
    } else if (event.ctrlKey || event.metaKey || !at) {
      toggle(row);
    } else {
      anchor.current = row;
    }
  };

  const [first, last] = columnsBetween(
    place,
    scroll.left,
    scroll.left + Math.max(0, size.width - aside)
  );
  const shift = scroll.place.top - scroll.place.scrollTop;
  const rows: number[] = [];
  for (let row = seen[0]; row < seen[1]; row += 1) {
    rows.push(row);
  }
  if (active.row >= 0 && active.row < total && !rows.includes(active.row)) {
    rows.push(active.row);
  }
  return (
    <div
      class="lw-table"
      style={props.height ? { height: `${props.height}px` } : undefined}
    >
      {pages.error && (
        <ErrorBox error={pages.error} again={() => pages.again()} />
      )}
      <div
        class={`lw-grid${pages.settled ? '' : ' lw-old'}`}
        ref={scroller}
        role="grid"
        aria-label={label}
        aria-rowcount={total + 1}
        aria-colcount={columns.length + 1}
        aria-multiselectable="true"
        aria-busy={!pages.settled}
        onScroll={scroll.scrolled}
        onKeyDown={keys}
        onCopy={copied}
        onClick={press}
        onDblClick={event => {
          const at = cellOf(event.target);
          if (at && at.row >= 0) {
            openCell(at);
          }
        }}
        onFocusIn={event => {
          const at = cellOf(event.target);
          if (at && (at.row !== active.row || at.column !== active.column)) {
            activate(at);
            if (at.row >= 0) {
              props.onFocusRow?.(pages.row(at.row), at.row);
            }
          }
        }}
      >
        <div class="lw-grid-head" role="rowgroup">
          <TableHead
            columns={columns}
            place={place}
            first={first}
            last={last}
            aside={aside}
            height={headHeight}
            active={active.row < 0 || total === 0 ? active.column : -1}
            sort={sort}
            onSort={sortBy}
            onWidth={widen}
            onFit={(key, column) => widen(key, fitting(scroller.current, column))}
          />
        </div>
        <div
          class="lw-grid-body"
          role="rowgroup"
          style={{ height: `${scale.physical}px`, width: `${place.width + aside}px` }}
        >
          {rows.map(index => {
            const row = pages.row(index);
            return (
              <TableRow
                key={index}
                row={row}
                index={index}
                y={index * rowHeight - shift}
                height={rowHeight}
                columns={columns}
                place={place}
                first={first}
                last={last}
                aside={aside}
                active={active.row === index ? active.column : -1}
                selected={
                  row !== undefined && chosen.keys.has(keyOf(row, index))
                }
              />
            );
          })}
        </div>
      </div>
      {total === 0 && (
        <div class="lw-grid-empty">{props.empty ?? tr('No rows')}</div>
      )}
      <div class="lw-visually-hidden" role="status">
        {said}
      </div>
      {opened && <FullText {...opened} onClose={() => open(null)} />}
    </div>
  );
}

function rowOf(target: EventTarget | null): number | null {
  const found = (target as Element | null)?.closest?.('[data-row]');
  return found ? Number(found.getAttribute('data-row')) : null;
}

function cellOf(target: EventTarget | null): ICell | null {
  const found = (target as Element | null)?.closest?.('[data-column]');
  return found
    ? {
        row: Number(found.getAttribute('data-row')),
        column: Number(found.getAttribute('data-column'))
      }
    : null;
}

/** How wide a column has to be for what is seen of it. */
function fitting(grid: Element | null, column: number): number {
  let most = 0;
  grid
    ?.querySelectorAll(`[data-column="${column}"] :is(.lw-cell-text, .lw-head-label)`)
    .forEach(cell => {
      const range = document.createRange();
      range.selectNodeContents(cell);
      most = Math.max(most, range.getBoundingClientRect().width);
    });
  return Math.min(most + 32, 800);
}
