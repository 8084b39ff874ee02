import type { JSX } from 'preact';

export interface ISparklineProps {
  values: readonly (number | null)[];
  /** What it is of; a screen reader says it with the first, last, least and greatest value. */
  label: string;
  width?: number;
  height?: number;
}

export function Sparkline(props: ISparklineProps): JSX.Element {
  return <svg role="img" aria-label={props.label} />;
}

export interface ISeries {
  name: string;
  x: ArrayLike<number>;
  y: ArrayLike<number | null>;
  /** An interval around each point. */
  lower?: ArrayLike<number | null>;
  upper?: ArrayLike<number | null>;
  /** Single points instead of a line: few and far between, such as evaluations. */
  points?: boolean;
  /** The place in the palette; the same series has the same colour in every panel. */
  colour?: number;
}

export interface IMark {
  x: number;
  label: string;
}

export interface ILineChartProps {
  series: readonly ISeries[];
  xLabel: string;
  yLabel: string;
  /** What it shows, for a screen reader. */
  label: string;
  height?: number;
  /** Whether the scale is logarithmic to begin with; a toggle is there wherever all values allow it. */
  log?: boolean;
  /** How far the x axis will go in the end, so that a running job does not rescale it. */
  until?: number;
  /** Moments to mark, such as checkpoints. */
  marks?: readonly IMark[];
  writeX?: (value: number) => string;
  writeY?: (value: number) => string;
}

export function LineChart(props: ILineChartProps): JSX.Element {
  return <svg role="img" aria-label={props.label} />;
}

export interface IForestRow {
  label: string;
  value: number | null;
  lower?: number | null;
  upper?: number | null;
  p?: number | null;
  n?: number | null;
  better?: 'higher' | 'lower';
  title?: string;
}

export interface IForestPlotProps {
  rows: readonly IForestRow[];
  label: string;
  /** Where no difference is; 0 when left out. */
  zero?: number;
  /** What the sides of the line mean. */
  sides?: readonly [string, string];
  onOpen?: (row: IForestRow, index: number) => void;
}

export function ForestPlot(props: IForestPlotProps): JSX.Element {
  return <svg role="img" aria-label={props.label} />;
}
