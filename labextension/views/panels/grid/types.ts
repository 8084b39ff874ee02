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

/** One variant: a prompt with a model. */
export interface IVariant {
  label: string;
  prompt: string;
  model: string;
  failed: number;
  cached: number;
  prompt_tokens: number;
  new_tokens: number;
  p50_seconds: number | null;
  p95_seconds: number | null;
  metrics: { [name: string]: IScore };
  paired: { [name: string]: IPair };
  adjusted_p: { [name: string]: number };
  /** By operation: the arguments with which it goes on with this variant. */
  uses: { [operation: string]: Arguments };
}

/** A comparison; before it is done only what it compares and how far it is. */
export interface IReport extends IUnderWay {
  run: string | null;
  operation: string;
  arguments: Arguments;
  line: string;
  data: string;
  prompts: number;
  models: number;
  variants: IVariant[];
  n: number;
  calls: number;
  cached: number;
  failed: number;
  seconds: number;
  differs: boolean;
  /** By metric: the variant with the best score, and whether that is more than chance. */
  best: { [metric: string]: { variant: number; sure: boolean } };
  more_rows: { [metric: string]: number };
  scorers_failed: { [what: string]: string };
  target: string | null;
  metrics: IMetric[];
  inputs: string[];
  source: boolean;
  earlier: { run: string; started: string } | null;
  missing: string;
}

/** A row of the grid: the fields `aN`, `cN`, `eN`, `bN` and `sN_M` belong to variant N. */
export interface IGridRow extends Row {
  place: number;
  row: number;
  text: string | null;
  expected: string | null;
}

/** All that is kept of one cell. */
export interface ICellDetail {
  place: number;
  variant: number;
  row: number | null;
  row_id: string;
  id: string;
  text: ILong | null;
  sent: Turns | null;
  answer: ILong | null;
  choice: ILong | null;
  expected: ILong | null;
  error: ILong | null;
  scores: { [metric: string]: number | null };
  prompt_tokens: number | null;
  new_tokens: number | null;
  seconds: number | null;
  cached: boolean | null;
}

export type Show = 'all' | 'failures' | 'errors' | 'different' | 'starred';
export type Against = 'nothing' | 'baseline' | 'expected' | 'earlier';
