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
import type { IExample, IReport, Outcome } from './types';

/** What is chosen among the examples; all of it survives a reload. */
export interface IChosen {
  metric: string;
  outcomes: Outcome[];
  search: string;
  /** Rows of one part: a column, and the value that they have there; empty for all. */
  column: string;
  value: string;
  order: ISort;
}

const USUAL: IChosen = {
  metric: '',
  outcomes: [],
  search: '',
  column: '',
  value: '',
  order: { key: 'change', descending: false }
};

/** What is chosen, and a way to choose otherwise. */
export function useChosen(
  host: IHost,
  report: IReport
): [IChosen, (change: Partial<IChosen>) => void] {
  const [kept, keep] = useHostState<{ [name: string]: Json }>(
    host,
    'examples',
    {}
  );
  const chosen = useMemo(() => {
    const found = { ...USUAL, ...kept } as IChosen;
    const known = report.facts.some(metric => metric.name === found.metric);
    return known ? found : { ...found, metric: report.facts[0]?.name ?? '' };
  }, [kept, report.facts]);
  const choose = useCallback(
    (change: Partial<IChosen>) =>
      keep(old => ({ ...old, ...(change as { [name: string]: Json }) })),
    [keep]
  );
  return [chosen, choose];
}

export type Counts = { [outcome in Outcome]: number };

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
  ) => Promise<IExample[]>;
}

/** The rows under what is chosen: how many there are, and a way to fetch some of them. */
export function useRows(host: IHost, chosen: IChosen, kept: boolean): IRows {
  const { metric, outcomes, search, column, value, order } = chosen;
  const narrowed = { metric, search, column, value };
  const asked = useAsk<Counts>(host, 'counts', kept ? narrowed : null, {
    follow: false
  });
  const payload = {
    ...narrowed,
    outcomes,
    sort: order.key,
    descending: order.descending
  };
  const words = JSON.stringify(payload);
  // The rows change when their number is known, so that a table never asks beyond its end.
  const [shown, settle] = useState({ words, total: 0 });
  const { data, loading } = asked;
  useEffect(() => {
    if (data && !loading) {
      const total = Object.entries(data)
        .filter(
          ([name]) =>
            outcomes.length === 0 || outcomes.includes(name as Outcome)
        )
        .reduce((sum, [, count]) => sum + count, 0);
      settle({ words, total });
    }
  }, [words, data, loading]);
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
      return arrowRows<IExample>(answer.buffers[0]);
    },
    [host, shown.words]
  );
  return {
    counts: data ?? null,
    total: shown.total,
    version: shown.words,
    error: asked.error,
    again: asked.again,
    fetch
  };
}
