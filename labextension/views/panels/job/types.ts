import type { Json } from '../../host';

/** What the Python side says of a job; numbers it does not know are null. */
export interface IAction {
  name: string;
  label: string;
  icon: 'pause' | 'stop' | 'play';
  title: string;
  /** What is lost by it; null when nothing is. */
  confirm: string | null;
}

export interface INumber {
  name: string;
  value: number | null;
  lower: number | null;
  upper: number | null;
}

export interface IFact {
  label: string;
  value: number | null;
  as: 'number' | 'seconds' | 'tokens' | 'bytes' | 'percent';
  /** What was predicted. */
  of?: number | null;
  title: string;
}

export interface IBar {
  label: string;
  part: string;
  done: number;
  total: number | null;
  unit: string;
  eta: number | null;
  elapsed: number | null;
  complete: boolean;
}

export interface ILook {
  state: string;
  active: boolean;
  asked: string | null;
  saving: boolean;
  attempt: number;
  since: string;
  message: string;
  error: { message: string; kind: string | null; detail: string } | null;
  trouble: string | null;
  step: number | null;
  steps: number | null;
  eta: number | null;
  ran: number | null;
  figures: IFact[];
  bars: IBar[];
  parts: { name: string; state: string; seconds: number | null }[];
  drawn: number;
  charts: number;
  sampled: number;
  told: number;
  warnings: number;
  ready: { [name: string]: Json } | null;
  printed: number;
  actions: IAction[];
  outcome: { numbers: INumber[]; made: string[] } | null;
}

export interface IJob {
  job: string;
  run: string | null;
  operation: string;
  title: string;
  arguments: { name: string; value: Json }[];
  origin: { [name: string]: Json };
  raw: { [name: string]: Json };
  line: string;
  watch: string;
  now: ILook;
}

export interface IChart {
  name: string;
  label: string;
  part: string;
  series: {
    name: string;
    label: string;
    held_out: boolean;
    x: number[];
    y: number[];
    count: number;
  }[];
}
