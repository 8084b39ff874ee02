import type { JSX } from 'preact';
import { useRef } from 'preact/hooks';
import { useText } from '../context';
import * as format from '../format';
import { Badge, Difference, significant } from '../numbers';
import { useSize } from '../size';
import { linear, writeTicks } from './ticks';

export interface IForestRow {
  label: string;
  value: number | null;
  lower?: number | null;
  upper?: number | null;
  p?: number | null;
  n?: number | null;
  /** How many rows have no value. */
  failed?: number | null;
  better?: 'higher' | 'lower';
  title?: string;
}

export interface IForestPlotProps {
  rows: readonly IForestRow[];
  /** What is compared: a screen reader says it. */
  label: string;
  /** What the left and the right of the line mean, such as the two names. */
  sides?: readonly [string, string];
  /** The values are scores on their own, not differences: then there is no line of none. */
  scores?: boolean;
  onOpen?: (row: IForestRow, index: number) => void;
}

/** Below this width of the whole, the axis has room for three numbers. */
const NARROW_PX = 520;

/** Differences with their intervals, one a row, around the line of no difference; or scores. */
export function ForestPlot(props: IForestPlotProps): JSX.Element {
  const { rows, label, sides, scores, onOpen } = props;
  const tr = useText();
  const values = rows
    .flatMap(row => [row.value, row.lower, row.upper])
    .filter((value): value is number => Number.isFinite(value));
  const none = scores && values.length > 0 ? [] : [0];
  const place = useRef<HTMLDivElement>(null);
  const { width } = useSize(place);
  const axis = linear(
    Math.min(...none, ...values),
    Math.max(...none, ...values),
    width > 0 && width < NARROW_PX ? 2 : 5
  );
  const at = (value: number) => `${(axis.share(value) * 100).toFixed(3)}%`;
  const written = writeTicks(axis.ticks);
  return (
    <div class="lw-forest" role="table" aria-label={label} ref={place}>
      {rows.map((row, index) => (
        <div
          key={`${index}:${row.label}`}
          class={`lw-forest-row${onOpen ? ' lw-opens' : ''}`}
          role="row"
          tabIndex={onOpen ? 0 : undefined}
          title={row.title}
          onClick={() => onOpen?.(row, index)}
          onKeyDown={event => {
            if (event.key === 'Enter') {
              onOpen?.(row, index);
            }
          }}
        >
          <div class="lw-forest-label" role="rowheader">
            <bdi>{row.label}</bdi>
          </div>
          <div class="lw-forest-plot" role="cell" aria-hidden="true">
            <Interval row={row} at={at} scores={scores} />
          </div>
          <div class="lw-forest-value" role="cell">
            {scores ? (
              <Badge value={row.value} lower={row.lower} upper={row.upper} />
            ) : (
              <Difference {...row} />
            )}
          </div>
          <div class="lw-forest-n" role="cell">
            {typeof row.n === 'number' && tr('n=%1', format.count(row.n))}
            {row.failed ? (
              <span class="lw-badge-failed">
                {', '}
                {tr('%1 failed', format.count(row.failed))}
              </span>
            ) : null}
          </div>
        </div>
      ))}
      <div class="lw-forest-row lw-forest-axis" aria-hidden="true">
        <div class="lw-forest-label">
          {sides && <bdi class="lw-forest-side">← {sides[0]}</bdi>}
        </div>
        <div class="lw-forest-plot">
          {axis.ticks.map((tick, number) => (
            <span key={tick} style={{ left: at(tick) }}>
              {written[number]}
            </span>
          ))}
        </div>
        <div class="lw-forest-value">
          {sides && <bdi class="lw-forest-side">{sides[1]} →</bdi>}
        </div>
        <div class="lw-forest-n" />
      </div>
    </div>
  );
}

function Interval({
  row,
  at,
  scores
}: {
  row: IForestRow;
  at: (value: number) => string;
  scores?: boolean;
}): JSX.Element {
  const { value, lower, upper, better } = row;
  const sure = scores ? true : significant(row);
  const tone =
    sure !== true || !better || !value
      ? sure === true
        ? 'sure'
        : 'chance'
      : value > 0 === (better === 'higher')
        ? 'better'
        : 'worse';
  return (
    <svg width="100%" height="100%" class={`lw-forest-${tone}`}>
      {!scores && (
        <line class="lw-forest-zero" x1={at(0)} x2={at(0)} y1="0" y2="100%" />
      )}
      {typeof lower === 'number' && typeof upper === 'number' && (
        <>
          <line x1={at(lower)} x2={at(upper)} y1="50%" y2="50%" />
          <line x1={at(lower)} x2={at(lower)} y1="34%" y2="66%" />
          <line x1={at(upper)} x2={at(upper)} y1="34%" y2="66%" />
        </>
      )}
      {typeof value === 'number' && <circle cx={at(value)} cy="50%" r="3.5" />}
    </svg>
  );
}
