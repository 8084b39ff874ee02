import type { JSX } from 'preact';
import { useId, useMemo, useRef, useState } from 'preact/hooks';
import { copy } from '../code';
import { csv } from '../columns';
import { useHost, useText } from '../context';
import { Button, IconButton } from '../controls';
import * as format from '../format';
import { useKeys } from '../keys';
import { useSize } from '../size';
import { Legend } from './legend';
import { Brush, Cross, Marks, type IMark } from './overlay';
import { Axes, Line, type IFrame } from './plot';
import { chartKeys, useReading } from './reading';
import { extent, isNumber, nearest, stops, type ISeries } from './series';
import { linear, logarithmic, writeTicks, type IAxis } from './ticks';

export type { IMark };

export interface ILineChartProps {
  series: readonly ISeries[];
  xLabel: string;
  yLabel: string;
  /** What it shows, for a screen reader; the axes' names when left out. */
  label?: string;
  /** Pixels of the drawing. */
  height?: number;
  /** Whether the scale is logarithmic to begin with; it can be switched where the values allow it. */
  log?: boolean;
  /** How far the x axis goes in the end, so that a running job does not rescale it. */
  until?: number;
  /** Moments to mark, such as checkpoints. */
  marks?: readonly IMark[];
  writeX?: (value: number) => string;
  writeY?: (value: number) => string;
  /** Said while there is no point. */
  empty?: string;
}

/** Pixels between two numbers of an axis. */
const TICK_WIDTH = 96;
const TICK_HEIGHT = 48;
/** How far a point may be from the crosshair, as a share of the width, and still be read there. */
const NEAR = 0.04;
const NO_MARKS: readonly IMark[] = [];

/** Lines over a common axis: values under the crosshair, zoom by a drag, all of it by keys too. */
export function LineChart(props: ILineChartProps): JSX.Element {
  const { series, xLabel, yLabel, height = 220, until } = props;
  const { writeX = format.number, writeY = format.number } = props;
  const host = useHost();
  const tr = useText();
  const clip = useId();
  const box = useRef<HTMLDivElement>(null);
  const { width } = useSize(box);
  const [zoom, zoomTo] = useState<[number, number] | null>(null);
  const [hidden, hide] = useState<ReadonlySet<string>>(new Set());
  const [wantsLog, scaleBy] = useState(props.log ?? false);

  const shown = useMemo(
    () => series.filter(one => !hidden.has(one.name)),
    [series, hidden]
  );
  const all = useMemo(() => extent(shown), [shown]);
  const seen = useMemo(() => extent(shown, zoom), [shown, zoom]) ?? all;
  const canLog = all !== null && all.y[0] > 0;
  const log = wantsLog && canLog;
  const whole: [number, number] = [
    all?.x[0] ?? 0,
    Math.max(all?.x[1] ?? 0, until ?? -Infinity)
  ];
  const frame = useMemo<IFrame | null>(() => {
    if (!seen || width < TICK_WIDTH) {
      return null;
    }
    const rows = Math.max(2, Math.round(height / TICK_HEIGHT));
    const y = (log ? logarithmic : linear)(seen.y[0], seen.y[1], rows);
    const widest = Math.max(
      ...writeAxis(y, props.writeY).map(one => one.length)
    );
    const left = Math.max(32, widest * 7 + 12);
    const columns = Math.max(2, Math.round((width - left) / TICK_WIDTH));
    const [from, to] = zoom ?? whole;
    const x = linear(from, to, columns, false);
    return { width, height, left, right: 16, top: 24, bottom: 36, x, y };
  }, [seen, width, height, zoom, whole[0], whole[1], log]);
  const places = useMemo(
    () => (frame ? stops(shown, frame.x.least, frame.x.most) : []),
    [shown, frame]
  );
  const switchLog = () => scaleBy(!wantsLog);
  const { cross, drag, stand, keys, pointer } = useReading(
    zoom,
    zoomTo,
    frame,
    whole,
    places,
    canLog ? switchLog : null
  );
  useKeys(useMemo(() => chartKeys(tr), [tr]));
  const values = series.map(one => {
    const at = cross === null ? one.x.length - 1 : nearest(one.x, cross);
    const value = at < 0 ? null : one.y[at];
    const span = frame ? frame.x.most - frame.x.least : 0;
    const far = cross !== null && Math.abs(one.x[at] - cross) > span * NEAR;
    return isNumber(value) && !far ? value : null;
  });
  const written = values.map(value => (value === null ? '–' : writeY(value)));
  const place = cross === null ? '' : `${xLabel} ${writeX(cross)}`;
  const spoken = series
    .map((one, at) => `${one.name} ${written[at]}`)
    .join(', ');
  return (
    <figure class="lw-chart">
      <div class="lw-chart-head">
        <Legend
          series={series}
          values={written}
          hidden={hidden}
          at={place}
          onHide={hide}
        />
        <div class="lw-chart-tools">
          {zoom && (
            <Button
              kind="quiet"
              icon="undo"
              label={tr('Whole range')}
              onClick={() => zoomTo(null)}
            />
          )}
          {canLog && (
            <Button
              kind="quiet"
              label={tr('log')}
              title={tr('Logarithmic scale')}
              pressed={log}
              onClick={switchLog}
            />
          )}
          <IconButton
            icon="copy"
            label={tr('Copy the values as CSV')}
            disabled={all === null}
            onClick={() => void copy(host, asCsv(series, xLabel))}
          />
        </div>
      </div>
      <div class="lw-chart-box" ref={box} style={{ height: `${height}px` }}>
        {all === null && (
          <div class="lw-chart-empty">{props.empty ?? tr('No values yet')}</div>
        )}
        {frame && (
          <svg
            class="lw-chart-svg"
            width={width}
            height={height}
            role="slider"
            tabIndex={0}
            aria-label={props.label ?? tr('%1 over %2', yLabel, xLabel)}
            aria-valuemin={0}
            aria-valuemax={Math.max(0, places.length - 1)}
            aria-valuenow={Math.max(
              0,
              cross === null ? places.length - 1 : nearest(places, cross)
            )}
            aria-valuetext={place ? `${place}: ${spoken}` : spoken}
            onKeyDown={keys}
            onBlur={() => stand(null)}
            onDblClick={() => zoomTo(null)}
            {...pointer}
          >
            <clipPath id={clip}>
              <rect
                x={frame.left}
                y={0}
                width={Math.max(0, width - frame.left - frame.right + 4)}
                height={height - frame.bottom + 4}
              />
            </clipPath>
            <Axes
              frame={frame}
              xTicks={writeAxis(frame.x, props.writeX)}
              yTicks={writeAxis(frame.y, props.writeY)}
              xLabel={xLabel}
              yLabel={yLabel}
            />
            <g clip-path={`url(#${clip})`}>
              <Marks marks={props.marks ?? NO_MARKS} frame={frame} />
              {series.map(
                (one, at) =>
                  !hidden.has(one.name) && (
                    <Line
                      key={one.name}
                      series={one}
                      at={at}
                      frame={frame}
                      log={log}
                    />
                  )
              )}
              {cross !== null && (
                <Cross
                  at={cross}
                  series={series}
                  values={values.map((value, at) =>
                    hidden.has(series[at].name) ? null : value
                  )}
                  frame={frame}
                />
              )}
              {drag && <Brush drag={drag} frame={frame} />}
            </g>
          </svg>
        )}
      </div>
    </figure>
  );
}

function writeAxis(axis: IAxis, write?: (value: number) => string): string[] {
  return write ? axis.ticks.map(write) : writeTicks(axis.ticks);
}

/** All points as one table, a line each. */
function asCsv(series: readonly ISeries[], xLabel: string): string {
  const rows = series.flatMap(one =>
    Array.from(one.x, (x, at) => ({ series: one.name, x, y: one.y[at] }))
  );
  const columns = [
    { key: 'series' },
    { key: 'x', label: xLabel },
    { key: 'y' }
  ];
  return csv(columns, rows);
}
