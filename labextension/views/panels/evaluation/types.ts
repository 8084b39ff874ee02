import type { Row } from '../../kit';
import type {
  Arguments,
  ILong,
  IMetric,
  IPair,
  IScore,
  Turns
} from '../answers/types';
import type { IUnderWay } from '../answers/underway';

/** The scores of the rows that share a value of a column. */
export interface ISlice {
  column: string;
  value: string;
  n: number;
  metrics: { [name: string]: IScore };
  baseline_metrics: { [name: string]: IScore };
  paired: { [name: string]: IPair };
  adjusted_p: { [name: string]: number };
}

/** What a gate decided by this evaluation. */
export interface IGate {
  id: number;
  run: string | null;
  passed: boolean;
  rules: {
    rule: string;
    passed: boolean;
    observed: number | null;
    reason: string;
  }[];
  looks: number | null;
  created: string;
  actor: string;
}

/** An evaluation; before it is done only what it evaluates and how far it is. */
export interface IReport extends IUnderWay {
  run: string | null;
  operation: string;
  arguments: Arguments;
  line: string;
  model: string;
  baseline: string | null;
  data: string;
  prompt: string | null;
  target: string;
  /** Null until it is done. */
  n: number | null;
  failed: number;
  baseline_failed: number;
  cached: number;
  seconds: number;
  metrics: { [name: string]: IScore };
  baseline_metrics: { [name: string]: IScore };
  paired: { [name: string]: IPair };
  slices: ISlice[];
  small_slices: number;
  scorers_failed: { [name: string]: string };
  facts: (IMetric & { highest: number | null })[];
  outcomes: Outcome[];
  inputs: string[];
  source: boolean;
  missing: string;
  gates: IGate[];
  /** Whether the model is a version that a gate can decide about. */
  registered: boolean;
  promotable: { model: string; to: string } | null;
  champion: string | null;
  rules: string[];
}

export type Outcome = 'up' | 'down' | 'wrong' | 'right' | 'failed';

/** A row of the examples; the baseline's fields are there with a baseline alone. */
export interface IExample extends Row {
  place: number;
  row: number;
  outcome: number;
  text: string | null;
  expected: string | null;
  answer: string | null;
  error: string | null;
  score: number | null;
  base?: string | null;
  base_error?: string | null;
  base_score?: number | null;
}

/** What one of the two models said to a row. */
export interface ISide {
  sent: Turns | null;
  answer: ILong | null;
  choice: ILong | null;
  error: ILong | null;
  scores: { [metric: string]: number | null };
  prompt_tokens: number | null;
  new_tokens: number | null;
}

/** All that is kept of one row. */
export interface IRowDetail {
  place: number;
  row: number | null;
  row_id: string;
  text: ILong | null;
  expected: ILong | null;
  model: ISide;
  baseline: ISide | null;
  labels: {
    queue: string;
    question: string;
    value: unknown;
    annotator: string;
    source: string;
    created: string;
  }[];
}

/** The rows that a model learned from which are most like one. */
export interface INearest {
  data: string | null;
  searched: number;
  total: number;
  rows: {
    row: number;
    text: ILong | null;
    target: ILong | null;
    similarity: number;
  }[];
}
