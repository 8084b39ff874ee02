export { ForestPlot, type IForestPlotProps, type IForestRow } from './forest';
export { LineChart, type ILineChartProps, type IMark } from './line';
export type { ISeries } from './series';
export { Sparkline, type ISparklineProps } from './sparkline';
