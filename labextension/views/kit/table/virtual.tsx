import type { JSX } from 'preact';
import {
  useEffect,
  useLayoutEffect,
  useMemo,
  useReducer,
  useRef,
  useState
} from 'preact/hooks';
import { cellText, nextSort, type ISort, type Row } from '../columns';
import { useHost, useText } from '../context';
import * as format from '../format';
import { useKeys } from '../keys';
import { useSize } from '../size';
import { ErrorBox } from '../states';
import { useActs } from './acts';
import { tableKeys } from './keys';
import { cellOf, fitting, focusCell, showColumn } from './dom';
import { FullText } from './fulltext';
import { columnsBetween, layout, Scale } from './geometry';
import { TableHead } from './head';
import type { ICell } from './moves';
import { Pages, type IFetchOptions } from './pages';
import type { IVirtualTableProps } from './props';
import { TableRow } from './row';
import { useSelection } from './selection';
import { useScroll, useWidths } from './view';

export type { IFetchOptions, IVirtualTableProps };

/** Rows beyond the view that are drawn ahead of a scroll. */
const AHEAD = 6;
/** Rows that rush by are not asked for: only where the scroll bar is after so long. */
const RUSH_MS = 60;

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
  const moving = useRef(false);
  const rush = useRef(0);

  const newest = useRef(props.fetch);
  newest.current = props.fetch;
  const pages = useMemo(
    () =>
      new Pages<R>(
        (...asked) => newest.current(...asked),
        () => draw(undefined)
      ),
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
    rush.current = Math.abs(now.top - before.top) > view ? RUSH_MS : 0;
    pages.want(...scale.seen(now, AHEAD), rush.current);
  });
  const seen = scale.seen(scroll.place, AHEAD);

  useLayoutEffect(() => {
    pages.reset((...asked) => newest.current(...asked), total, sort);
    pages.want(...scale.seen(scroll.place, AHEAD));
  }, [total, sort?.key, sort?.descending, props.version]);
  useEffect(() => pages.want(...seen, rush.current), [seen[0], seen[1]]);
  useEffect(() => {
    if (active.row >= total) {
      activate({ ...active, row: Math.max(0, total - 1) });
    }
  }, [total]);
  useLayoutEffect(() => {
    if (moving.current) {
      moving.current = false;
      focusCell(scroller.current, active);
    }
  }, [active]);

  const go = (cell: ICell) => {
    moving.current = true;
    if (cell.row >= 0) {
      scroll.show(cell.row);
      props.onFocusRow?.(
        pages.row(cell.row),
        cell.row,
        columns[cell.column]?.key ?? ''
      );
    }
    if (scroller.current && cell.column < columns.length) {
      showColumn(scroller.current, place, cell.column, aside);
    }
    activate(cell);
  };
  const sortBy = (key: string) => {
    const next = nextSort(sort, key);
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
      props.onOpen(row, cell.row, columns[cell.column]?.key ?? '');
    } else {
      const column = columns[cell.column];
      open({
        title: `${column.label ?? column.key} · ${format.count(cell.row + 1)}`,
        text: cellText(column, row)
      });
    }
  };
  useKeys(useMemo(() => tableKeys(tr), [tr]));
  const acts = useActs<R>({
    host,
    columns,
    widths: place.widths,
    total,
    page: Math.max(1, Math.floor(view / rowHeight) - 1),
    pages,
    chosen,
    keyOf,
    go,
    open: openCell,
    sortBy,
    widen
  });

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
        onKeyDown={acts.keys}
        onCopy={acts.copied}
        onClick={acts.pressed}
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
              props.onFocusRow?.(
                pages.row(at.row),
                at.row,
                columns[at.column]?.key ?? ''
              );
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
            onFit={(key, column) =>
              widen(key, fitting(scroller.current, column))
            }
          />
        </div>
        <div
          class="lw-grid-body"
          role="rowgroup"
          style={{
            height: `${scale.physical}px`,
            width: `${place.width + aside}px`
          }}
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
