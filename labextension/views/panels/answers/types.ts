import type { Json } from '../../host';

/** A score with its interval. */
export interface IScore {
  value: number | null;
  lower: number | null;
  upper: number | null;
  n: number;
  failed: number;
  method: string;
  notes: string[];
}

/** A difference to the first variant or to the baseline, tested on the same rows. */
export interface IPair {
  difference: number;
  lower: number;
  upper: number;
  p: number;
  n: number;
  method: string;
}

/** What is known of a metric. */
export interface IMetric {
  name: string;
  kind: string;
  help: string;
  best: number | null;
  higher: boolean;
}

export type Arguments = { [name: string]: Json };

/** A text, of a very long one the beginning. */
export interface ILong {
  text: string;
  length: number;
}

/** A prompt as it was sent, turn by turn. */
export type Turns = ({ role: string | null } & ILong)[];
