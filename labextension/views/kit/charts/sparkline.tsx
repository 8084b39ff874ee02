import type { JSX } from 'preact';
import { useText } from '../context';
import * as format from '../format';
import { isNumber, thinned } from './series';

export interface ISparklineProps {
  values: readonly (number | null)[];
  /** What it is of; a screen reader says it with the last, least and greatest value. */
  label: string;
  width?: number;
  height?: number;
  /** The place in the palette; the text's colour when left out. */
  colour?: number;
}

/** A line as high as a line of text: how something went, without its figures. */
export function Sparkline(props: ISparklineProps): JSX.Element {
  const { values, label, width = 80, height = 16, colour } = props;
  const tr = useText();
  const numbers = values.filter(isNumber);
  const least = Math.min(...numbers);
  const most = Math.max(...numbers);
  const words =
    numbers.length === 0
      ? tr('%1: nothing yet', label)
      : tr(
          '%1: last %2, least %3, greatest %4',
          label,
          format.number(numbers[numbers.length - 1]),
          format.number(least),
          format.number(most)
        );
  const span = most - least || 1;
  const edge = 2;
  const right = Math.max(1, values.length - 1);
  const x = (at: number) => edge + (at / right) * (width - 2 * edge);
  const y = (value: number) =>
    most === least
      ? height / 2
      : height - edge - ((value - least) / span) * (height - 2 * edge);
  const lines = thinned(
    { x: values.map((_, at) => at), y: values },
    0,
    right,
    width
  );
  const end = values.length - 1;
  const last = values[end];
  return (
    <svg
      class="lw-sparkline"
      role="img"
      aria-label={words}
      width={width}
      height={height}
      viewBox={`0 0 ${width} ${height}`}
      style={colour ? { color: `var(--lw-series-${colour})` } : undefined}
    >
      <title>{words}</title>
      {lines.map((line, at) => (
        <polyline
          key={at}
          points={line
            .map(point => `${x(point.x).toFixed(1)},${y(point.y).toFixed(1)}`)
            .join(' ')}
        />
      ))}
      {isNumber(last) && (
        <circle cx={x(values.length > 1 ? end : 0)} cy={y(last)} r="1.8" />
      )}
    </svg>
  );
}
