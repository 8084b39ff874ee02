import type { JSX } from 'preact';
import { useMemo } from 'preact/hooks';
import {
  colourOf,
  dashOf,
  isNumber,
  thinned,
  type IPoint,
  type ISeries
} from './series';
import type { IAxis } from './ticks';

/** Where the axes and the lines are inside of the drawing, in pixels. */
export interface IFrame {
  width: number;
  height: number;
  left: number;
  right: number;
  top: number;
  bottom: number;
  x: IAxis;
  y: IAxis;
}

export function atX(frame: IFrame, value: number): number {
  const width = frame.width - frame.left - frame.right;
  return frame.left + frame.x.share(value) * width;
}

export function atY(frame: IFrame, value: number): number {
  const height = frame.height - frame.top - frame.bottom;
  return frame.height - frame.bottom - frame.y.share(value) * height;
}

/** The value of x under a pixel. */
export function fromX(frame: IFrame, pixel: number): number {
  const width = Math.max(1, frame.width - frame.left - frame.right);
  const share = Math.min(1, Math.max(0, (pixel - frame.left) / width));
  return frame.x.value(share);
}

/** The axes with their numbers and the lines across. */
export function Axes({
  frame,
  xTicks,
  yTicks,
  xLabel,
  yLabel
}: {
  frame: IFrame;
  xTicks: readonly string[];
  yTicks: readonly string[];
  xLabel: string;
  yLabel: string;
}): JSX.Element {
  const { width, height, left, right, bottom, x, y } = frame;
  const base = height - bottom;
  return (
    <g class="lw-axes">
      {y.ticks.map((tick, at) => (
        <g key={`y${tick}`}>
          <line
            class="lw-axis-across"
            x1={left}
            x2={width - right}
            y1={atY(frame, tick)}
            y2={atY(frame, tick)}
          />
          <text x={left - 8} y={atY(frame, tick) + 4} text-anchor="end">
            {yTicks[at]}
          </text>
        </g>
      ))}
      <line class="lw-axis" x1={left} x2={width - right} y1={base} y2={base} />
      {x.ticks.map((tick, at) => (
        <g key={`x${tick}`}>
          <line
            class="lw-axis"
            x1={atX(frame, tick)}
            x2={atX(frame, tick)}
            y1={base}
            y2={base + 4}
          />
          <text x={atX(frame, tick)} y={base + 16} text-anchor="middle">
            {xTicks[at]}
          </text>
        </g>
      ))}
      <text class="lw-axis-label" x={0} y={12}>
        {yLabel}
      </text>
      <text
        class="lw-axis-label"
        x={width - right}
        y={height - 4}
        text-anchor="end"
      >
        {xLabel}
      </text>
    </g>
  );
}

/** One line, or its points, with the interval around it. */
export function Line({
  series,
  at,
  frame,
  log
}: {
  series: ISeries;
  at: number;
  frame: IFrame;
  log: boolean;
}): JSX.Element {
  const path = (points: readonly IPoint[]) =>
    points
      .map(
        point =>
          `${atX(frame, point.x).toFixed(1)},${atY(frame, point.y).toFixed(1)}`
      )
      .join(' ');
  const drawn = useMemo(() => {
    const pixels = frame.width - frame.left - frame.right;
    const lines = (y: ArrayLike<number | null>) =>
      thinned(
        {
          x: series.x,
          y: log
            ? Array.from(y, value =>
                isNumber(value) && value > 0 ? value : null
              )
            : y
        },
        frame.x.least,
        frame.x.most,
        pixels
      );
    const { lower, upper } = series;
    return {
      lines: lines(series.y),
      band:
        lower && upper
          ? [...lines(lower).flat(), ...lines(upper).flat().reverse()]
          : null
    };
  }, [series, frame, log]);
  return (
    <g style={{ color: colourOf(series, at) }}>
      {drawn.band && <polygon class="lw-band-area" points={path(drawn.band)} />}
      {drawn.lines.map((line, number) =>
        series.points || line.length === 1 ? (
          line.map(point => (
            <circle
              key={`${number}:${point.x}`}
              class="lw-point"
              cx={atX(frame, point.x)}
              cy={atY(frame, point.y)}
              r="3"
            />
          ))
        ) : (
          <polyline
            key={number}
            class="lw-line"
            stroke-dasharray={dashOf(series, at)}
            points={path(line)}
          />
        )
      )}
    </g>
  );
}
