import type { IHost } from '../../host';
import { useAsk, type ISort } from '../../kit';
import {
  useCounted,
  useKept,
  type IRows as ICountedRows
} from '../answers/rows';
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
  return useKept(host, 'examples', USUAL, report.facts);
}

type Counts = { [outcome in Outcome]: number };

export type IRows = ICountedRows<IExample, Counts>;

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
  const total =
    asked.data &&
    Object.entries(asked.data)
      .filter(
        ([name]) => outcomes.length === 0 || outcomes.includes(name as Outcome)
      )
      .reduce((sum, [, count]) => sum + count, 0);
  return useCounted(host, payload, asked, total);
}
