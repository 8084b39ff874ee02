import type { IHost, Json } from '../../host';
import {
  arrowRows,
  useAsk,
  useCallback,
  useEffect,
  useHostState,
  useMemo,
  useState,
  type IFetchOptions,
  type ISort
} from '../../kit';
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
  const [kept, keep] = useHostState<{ [name: string]: Json }>(host, 'grid', {});
  const chosen = useMemo(() => {
    const found = { ...USUAL, ...kept } as IChosen;
    const known = report.metrics.some(metric => metric.name === found.metric);
    return known ? found : { ...found, metric: report.metrics[0]?.name ?? '' };
  }, [kept, report]);
  const choose = useCallback(
    (change: Partial<IChosen>) =>
      keep(old => ({ ...old, ...(change as { [name: string]: Json }) })),
    [keep]
  );
  return [chosen, choose];
}

/** The rows that have a star. */
export function starredRows(starred: readonly string[]): number[] {
  return [...new Set(starred.map(cell => Number(cell.split('/')[0])))].sort(
    (a, b) => a - b
  );
}

type Counts = { [name in Show]: number };

export interface IRows {
  counts: Counts | null;
  total: number;
  /** Changes when the rows do. */
  version: string;
  error: Error | undefined;
  again: () => void;
  fetch: (
    start: number,
    stop: number,
    options: Pick<IFetchOptions, 'signal'>
  ) => Promise<IGridRow[]>;
}

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
  const payload = useMemo(
    () => ({
      metric,
      search,
      show: show === 'starred' ? 'all' : show,
      sort: order.key.startsWith(COLUMN) ? order.key.slice(1) : order.key,
      descending: order.descending,
      against: against === 'earlier' ? against : '',
      only: show === 'starred' ? starred : null
    }),
    [metric, search, show, order.key, order.descending, against, starred]
  );
  const words = JSON.stringify(payload);
  // The rows change when their number is known, so that a table never asks beyond its end.
  const [shown, settle] = useState({ words, total: 0 });
  const total = asked.data?.[show];
  useEffect(() => {
    if (total !== undefined && !asked.loading) {
      settle({ words, total });
    }
  }, [words, total, asked.loading]);
  const fetch = useCallback(
    async (
      start: number,
      stop: number,
      { signal }: Pick<IFetchOptions, 'signal'>
    ) => {
      const answer = await host.ask(
        'rows',
        { ...(JSON.parse(shown.words) as typeof payload), start, stop },
        { signal }
      );
      return arrowRows<IGridRow>(answer.buffers[0]);
    },
    [host, shown.words]
  );
  return {
    counts: asked.data ?? null,
    total: shown.total,
    version: shown.words,
    error: asked.error,
    again: asked.again,
    fetch
  };
}
