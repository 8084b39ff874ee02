import type { IHost } from '../../host';
import { useAsk, useMemo, type ISort } from '../../kit';
import {
  useCounted,
  useKept,
  type IRows as ICountedRows
} from '../answers/rows';
import type { Against, IGridRow, IReport, Show } from './types';

/** How a variant's column is called, by which it is also sorted. */
export const COLUMN = 'v';

/** What is chosen in the grid; all of it survives a reload. */
export interface IChosen {
  metric: string;
  show: Show;
  search: string;
  order: ISort;
  against: Against;
  lines: number;
  /** The starred cells, each `place/variant`. */
  starred: string[];
}

const USUAL: IChosen = {
  metric: '',
  show: 'all',
  search: '',
  order: { key: 'row', descending: false },
  against: 'nothing',
  lines: 3,
  starred: []
};

/** What is chosen, and a way to choose otherwise. */
export function useChosen(
  host: IHost,
  report: IReport
): [IChosen, (change: Partial<IChosen>) => void] {
  return useKept(host, 'grid', USUAL, report.metrics);
}

/** The rows that have a star. */
export function starredRows(starred: readonly string[]): number[] {
  return [...new Set(starred.map(cell => Number(cell.split('/')[0])))].sort(
    (a, b) => a - b
  );
}

type Counts = { [name in Show]: number };

export type IRows = ICountedRows<IGridRow, Counts>;

/** The rows under what is chosen: how many there are, and a way to fetch some of them. */
export function useRows(host: IHost, chosen: IChosen): IRows {
  const { metric, search, show, order, against } = chosen;
  const starred = useMemo(
    () => starredRows(chosen.starred),
    [chosen.starred.join()]
  );
  const asked = useAsk<Counts>(
    host,
    'counts',
    { metric, search, starred },
    { follow: false }
  );
  const payload = {
    metric,
    search,
    show: show === 'starred' ? 'all' : show,
    sort: order.key.startsWith(COLUMN) ? order.key.slice(1) : order.key,
    descending: order.descending,
    against: against === 'earlier' ? against : '',
    only: show === 'starred' ? starred : null
  };
  return useCounted(host, payload, asked, asked.data?.[show]);
}
