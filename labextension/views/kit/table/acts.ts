import { useRef } from 'preact/hooks';
import type { IHost } from '../../host';
import { cellText, tsv, type IColumn } from '../columns';
import * as format from '../format';
import { toast } from '../toast';
import { t } from '../translate';
import { cellOf, isRtl, rowOf } from './dom';
import { moved, type ICell } from './moves';
import type { Pages } from './pages';
import { COPIED_ROWS, type ISelection } from './selection';

/** What the keyboard and the mouse act on. */
export interface IActed<R> {
  host: IHost;
  columns: readonly IColumn<R>[];
  widths: readonly number[];
  total: number;
  /** How many rows the view shows. */
  page: number;
  pages: Pages<R>;
  chosen: ISelection<R>;
  keyOf: (row: R, index: number) => string;
  go: (cell: ICell) => void;
  open: (cell: ICell) => void;
  sortBy: (key: string) => void;
  widen: (key: string, width: number) => void;
}

export interface IActs {
  keys: (event: KeyboardEvent) => void;
  copied: (event: ClipboardEvent) => void;
  pressed: (event: MouseEvent) => void;
}

/** Pixels by which a key changes a column's width. */
const WIDTH_STEP = 16;

/** What keys, clicks and a copy do in the grid. */
export function useActs<R>(on: IActed<R>): IActs {
  const { host, columns, pages, chosen, keyOf } = on;
  const anchor = useRef(0);
  const asked = useRef<AbortController>();

  const toggle = (index: number) => {
    const row = pages.row(index);
    anchor.current = index;
    if (row !== undefined) {
      chosen.toggle(keyOf(row, index), row, index);
    }
  };
  const range = (to: number) => {
    const start = Math.max(0, Math.min(anchor.current, to));
    const most = Math.max(anchor.current, to) + 1;
    const stop = Math.min(most, start + COPIED_ROWS);
    const control = new AbortController();
    asked.current?.abort();
    asked.current = control;
    void pages.all(start, stop, control.signal).then(
      rows => {
        if (!control.signal.aborted) {
          chosen.only(rows.map((row, at) => ({ row, index: start + at })));
        }
      },
      () => undefined
    );
  };
  const onHeader = (event: KeyboardEvent, at: ICell, rtl: boolean) => {
    const column = columns[at.column];
    if (event.shiftKey && /^Arrow(Left|Right)$/.test(event.key)) {
      const wider = (event.key === 'ArrowRight') !== rtl;
      const step = wider ? WIDTH_STEP : -WIDTH_STEP;
      on.widen(column.key, on.widths[at.column] + step);
      return true;
    }
    if (event.key === 'Enter' || event.key === ' ') {
      if (column.sortable !== false) {
        on.sortBy(column.key);
      }
      return true;
    }
    return false;
  };
  const onRow = (event: KeyboardEvent, at: ICell) => {
    if (event.key === 'Enter') {
      on.open(at);
    } else if (event.key === ' ') {
      toggle(at.row);
    } else if (event.key === 'Escape' && chosen.keys.size > 0) {
      chosen.clear();
    } else {
      return false;
    }
    return true;
  };
  const onMove = (event: KeyboardEvent, at: ICell, rtl: boolean) => {
    const grid = {
      rows: on.total,
      columns: columns.length,
      page: on.page,
      rtl
    };
    const next = moved(at, event, grid);
    if (next === null) {
      return false;
    }
    if (event.shiftKey && next.row >= 0 && next.row !== at.row) {
      range(next.row);
    } else if (!event.shiftKey) {
      anchor.current = Math.max(0, next.row);
    }
    on.go(next);
    return true;
  };
  return {
    keys: event => {
      const at = cellOf(event.target);
      const own = (event.target as Element).hasAttribute('data-column');
      if (!at || !own || event.altKey) {
        return;
      }
      const rtl = isRtl(event.currentTarget as Element);
      const done =
        (at.row < 0 ? onHeader(event, at, rtl) : onRow(event, at)) ||
        onMove(event, at, rtl);
      if (done) {
        event.preventDefault();
        event.stopPropagation();
      }
    },
    copied: event => {
      const at = cellOf(event.target);
      const rows = chosen.rows();
      const row = at && at.row >= 0 ? pages.row(at.row) : undefined;
      const table = tsv(
        columns,
        rows.map(one => one.row)
      );
      const cell =
        at && row !== undefined ? cellText(columns[at.column], row) : '';
      const text = rows.length > 0 ? table : cell;
      if (text === '') {
        return;
      }
      event.clipboardData?.setData('text/plain', text);
      event.preventDefault();
      toast(
        host,
        rows.length > 0
          ? t(host, '%1 rows copied', format.count(rows.length))
          : t(host, 'Copied')
      );
    },
    pressed: event => {
      const row = rowOf(event.target);
      if (row === null || row < 0) {
        return;
      }
      if (event.shiftKey) {
        range(row);
      } else if (event.ctrlKey || event.metaKey || !cellOf(event.target)) {
        toggle(row);
      } else {
        anchor.current = row;
      }
    }
  };
}
