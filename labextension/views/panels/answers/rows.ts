import type { IHost, Json } from '../../host';
import {
  arrowRows,
  useCallback,
  useEffect,
  useHostState,
  useMemo,
  useState,
  type IAsked,
  type IFetchOptions
} from '../../kit';

/** What is chosen, as the Python side is told. */
type Payload = { [key: string]: Json };

/** What is chosen, and a way to choose otherwise; all of it survives a reload. */
export function useKept<C extends { metric: string }>(
  host: IHost,
  key: string,
  usual: C,
  metrics: readonly { name: string }[]
): [C, (change: Partial<C>) => void] {
  const [kept, keep] = useHostState<Payload>(host, key, {});
  const chosen = useMemo(() => {
    const found = { ...usual, ...kept } as C;
    const known = metrics.some(metric => metric.name === found.metric);
    return known ? found : { ...found, metric: metrics[0]?.name ?? '' };
  }, [kept, metrics]);
  const choose = useCallback(
    (change: Partial<C>) => keep(old => ({ ...old, ...(change as Payload) })),
    [keep]
  );
  return [chosen, choose];
}

/** The rows under what is chosen: how many there are, and a way to fetch some of them. */
export interface IRows<R, C> {
  counts: C | null;
  total: number;
  /** Changes when the rows do. */
  version: string;
  error: Error | undefined;
  again: () => void;
  fetch: (
    start: number,
    stop: number,
    options: Pick<IFetchOptions, 'signal'>
  ) => Promise<R[]>;
}

/**
 * Follow what is chosen, a count behind: the rows change when their number is known, so that a
 * table never asks beyond its end.
 */
export function useCounted<R, C>(
  host: IHost,
  payload: Payload,
  asked: IAsked<C>,
  total: number | undefined
): IRows<R, C> {
  const words = JSON.stringify(payload);
  const [shown, settle] = useState({ words, total: 0 });
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
        { ...(JSON.parse(shown.words) as Payload), start, stop },
        { signal }
      );
      return arrowRows<R>(answer.buffers[0]);
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
