import type { JSX } from 'preact';
import { atX, atY, type IFrame } from './plot';
import { colourOf, nearest, type ISeries } from './series';

export interface IMark {
  x: number;
  label: string;
}

/** Moments that matter, as thin lines with their names. */
export function Marks({
  marks,
  frame
}: {
  marks: readonly IMark[];
  frame: IFrame;
}): JSX.Element {
  return (
    <>
      {marks.map(mark => (
        <g key={`${mark.x}:${mark.label}`} class="lw-mark">
          <title>{mark.label}</title>
          <line
            x1={atX(frame, mark.x)}
            x2={atX(frame, mark.x)}
            y1={frame.top}
            y2={frame.height - frame.bottom}
          />
        </g>
      ))}
    </>
  );
}

/** The line that stands where the values are read, with a dot on each of them. */
export function Cross({
  at,
  series,
  values,
  frame
}: {
  at: number;
  series: readonly ISeries[];
  /** One for each series; null for what is not seen there. */
  values: readonly (number | null)[];
  frame: IFrame;
}): JSX.Element {
  return (
    <g class="lw-cross">
      <line
        x1={atX(frame, at)}
        x2={atX(frame, at)}
        y1={frame.top}
        y2={frame.height - frame.bottom}
      />
      {series.map((one, number) => {
        const value = values[number];
        return value === null ? null : (
          <circle
            key={one.name}
            cx={atX(frame, one.x[nearest(one.x, at)])}
            cy={atY(frame, value)}
            r="4"
            style={{ color: colourOf(one, number) }}
          />
        );
      })}
    </g>
  );
}

/** What a drag covers. */
export function Brush({
  drag,
  frame
}: {
  drag: readonly [number, number];
  frame: IFrame;
}): JSX.Element {
  return (
    <rect
      class="lw-brush"
      x={Math.min(...drag)}
      y={frame.top}
      width={Math.abs(drag[1] - drag[0])}
      height={frame.height - frame.top - frame.bottom}
    />
  );
}
