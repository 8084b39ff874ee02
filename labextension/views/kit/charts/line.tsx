import type { JSX } from 'preact';
import { useId, useMemo, useRef, useState } from 'preact/hooks';
import { copy } from '../code';
import { useHost, useText } from '../context';
import { Button, IconButton } from '../controls';
import { csv } from '../columns';
import * as format from '../format';
import { useSize } from '../size';
import { Legend } from './legend';
import { atX, atY, Axes, fromX, Line, type IFrame } from './plot';
import {
  colourOf,
  extent,
  isNumber,
  nearest,
  stops,
  type ISeries
} from './series';
import { linear, logarithmic, writeTicks } from './ticks';

export interface IMark {
  x: number;
  label: string;
}

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

/** Lines over a common axis: values under the crosshair, zoom by a drag, all of it by keys too. */
export function LineChart(props: ILineChartProps): JSX.Element {
  const { series, xLabel, yLabel, height = 220, until, marks = [] } = props;
  const { writeX = format.number, writeY = format.number } = props;
  const host = useHost();
  const tr = useText();
  const clip = useId();
  const box = useRef<HTMLDivElement>(null);
  const svg = useRef<SVGSVGElement>(null);
  const { width } = useSize(box);
  const [zoom, zoomTo] = useState<[number, number] | null>(null);
  const [cross, stand] = useState<number | null>(null);
  const [drag, pull] = useState<[number, number] | null>(null);
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
  const frame = useMemo<IFrame | null>(() => {
    if (!all || !seen || width < 80) {
      return null;
    }
    const [from, to] = zoom ?? [all.x[0], Math.max(all.x[1], until ?? -Infinity)];
    const rows = Math.max(2, Math.round(height / 48));
    const y = log
      ? logarithmic(seen.y[0], seen.y[1], rows)
      : linear(seen.y[0], seen.y[1], rows);
    const widest = Math.max(...writeTicks(y.ticks).map(text => text.length));
    const left = Math.max(32, widest * 7 + 12);
    const columns = Math.max(2, Math.round((width - left) / 96));
    const x = linear(from, to, columns, false);
    return { width, height, left, right: 16, top: 24, bottom: 36, x, y };
  }, [all, seen, width, height, zoom, until, log]);
  const places = useMemo(
    () => (frame ? stops(shown, frame.x.least, frame.x.most) : []),
    [shown, frame]
  );

  const valuesAt = (x: number | null) =>
    series.map(one => {
      const at = x === null ? one.x.length - 1 : nearest(one.x, x);
      const value = at >= 0 ? one.y[at] : null;
      const far =
        x !== null &&
        frame !== null &&
        at >= 0 &&
        Math.abs(one.x[at] - x) > (frame.x.most - frame.x.least) * 0.04;
      return isNumber(value) && !far ? value : null;
    });
  const values = valuesAt(cross);
  const written = values.map(value => (value === null ? '–' : writeY(value)));
  const pixel = (event: PointerEvent) =>
    event.clientX - (svg.current?.getBoundingClientRect().left ?? 0);
  const under = (event: PointerEvent) => {
    const at = frame && places.length ? nearest(places, fromX(frame, pixel(event))) : -1;
    return at < 0 ? null : places[at];
  };
  const zoomBy = (factor: number) => {
    if (!frame) {
      return;
    }
    const { least, most } = frame.x;
    const middle = cross ?? (least + most) / 2;
    const end = Math.max(all?.x[1] ?? most, until ?? -Infinity);
    const from = Math.max(all?.x[0] ?? least, middle - (middle - least) * factor);
    const to = Math.min(end, middle + (most - middle) * factor);
    if (to > from && places.length > 1) {
      zoomTo(factor > 1 && from <= (all?.x[0] ?? 0) && to >= end ? null : [from, to]);
    }
  };
  const keys = (event: KeyboardEvent) => {
    if (event.ctrlKey || event.metaKey || event.altKey || places.length === 0) {
      return;
    }
    const last = places.length - 1;
    const at = cross === null ? last : nearest(places, cross);
    const goes: { [key: string]: number } = {
      ArrowRight: cross === null ? last : at + 1,
      ArrowLeft: cross === null ? last : at - 1,
      PageUp: at + 10,
      PageDown: at - 10,
      Home: 0,
      End: last
    };
    if (event.key in goes) {
      stand(places[Math.min(last, Math.max(0, goes[event.key]))]);
    } else if (event.key === '+' || event.key === '=') {
      zoomBy(0.5);
    } else if (event.key === '-') {
      zoomBy(2);
    } else if (event.key === '0' || (event.key === 'Escape' && (zoom || drag))) {
      pull(null);
      zoomTo(null);
    } else if (event.key === 'l' && canLog) {
      scaleBy(!wantsLog);
    } else {
      return;
    }
    event.preventDefault();
    event.stopPropagation();
  };
  const released = () => {
    if (drag && frame && Math.abs(drag[1] - drag[0]) > 6) {
      const [from, to] = [Math.min(...drag), Math.max(...drag)];
      zoomTo([fromX(frame, from), fromX(frame, to)]);
    }
    pull(null);
  };
  const spoken =
    cross === null
      ? tr('Arrow keys read the values')
      : `${xLabel} ${writeX(cross)}: ${series
          .map((one, at) => `${one.name} ${written[at]}`)
          .join(', ')}`;
  return (
    <figure class="lw-chart">
      <div class="lw-chart-head">
        <Legend
          series={series}
          values={written}
          hidden={hidden}
          at={cross === null ? null : `${xLabel} ${writeX(cross)}`}
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
              onClick={() => scaleBy(!wantsLog)}
            />
          )}
          <IconButton
            icon="copy"
            label={tr('Copy the values as CSV')}
            onClick={() => void copy(host, asCsv(series, xLabel))}
          />
        </div>
      </div>
      <div class="lw-chart-box" ref={box} style={{ height: `${height}px` }}>
        {!frame && all === null && (
          <div class="lw-chart-empty">{props.empty ?? tr('No values yet')}</div>
        )}
        {frame && (
          <svg
            ref={svg}
            class="lw-chart-svg"
            width={width}
            height={height}
            role="slider"
            tabIndex={0}
            aria-label={props.label ?? tr('%1 over %2', yLabel, xLabel)}
            aria-valuemin={0}
            aria-valuemax={Math.max(0, places.length - 1)}
            aria-valuenow={cross === null ? 0 : Math.max(0, nearest(places, cross))}
            aria-valuetext={spoken}
            onKeyDown={keys}
            onBlur={() => stand(null)}
            onPointerLeave={() => !drag && stand(null)}
            onPointerDown={event => {
              if (event.button === 0) {
                svg.current?.setPointerCapture(event.pointerId);
                pull([pixel(event), pixel(event)]);
              }
            }}
            onPointerMove={event => {
              stand(under(event));
              if (drag) {
                pull([drag[0], pixel(event)]);
              }
            }}
            onPointerUp={released}
            onPointerCancel={() => pull(null)}
            onDblClick={() => zoomTo(null)}
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
              xTicks={props.writeX ? frame.x.ticks.map(writeX) : writeTicks(frame.x.ticks)}
              yTicks={props.writeY ? frame.y.ticks.map(writeY) : writeTicks(frame.y.ticks)}
              xLabel={xLabel}
              yLabel={yLabel}
            />
            <g clip-path={`url(#${clip})`}>
              {marks.map(mark => (
                <g key={`${mark.x}:${mark.label}`} class="lw-mark">
                  <title>{mark.label}</title>
                  <line
                    x1={atX(frame, mark.x)}
                    x2={atX(frame, mark.x)}
                    y1={frame.top}
                    y2={height - frame.bottom}
                  />
                </g>
              ))}
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
                <g class="lw-cross">
                  <line
                    x1={atX(frame, cross)}
                    x2={atX(frame, cross)}
                    y1={frame.top}
                    y2={height - frame.bottom}
                  />
                  {series.map((one, at) => {
                    const value = values[at];
                    return hidden.has(one.name) || value === null ? null : (
                      <circle
                        key={one.name}
                        cx={atX(frame, one.x[nearest(one.x, cross)])}
                        cy={atY(frame, value)}
                        r="4"
                        style={{ color: colourOf(one, at) }}
                      />
                    );
                  })}
                </g>
              )}
              {drag && (
                <rect
                  class="lw-brush"
                  x={Math.min(...drag)}
                  y={frame.top}
                  width={Math.abs(drag[1] - drag[0])}
                  height={height - frame.top - frame.bottom}
                />
              )}
            </g>
          </svg>
        )}
      </div>
    </figure>
  );
}

function asCsv(series: readonly ISeries[], xLabel: string): string {
  const rows = series.flatMap(one =>
    Array.from(one.x, (x, at) => ({ series: one.name, x, y: one.y[at] }))
  );
  return csv([{ key: 'series' }, { key: 'x', label: xLabel }, { key: 'y' }], rows);
}
