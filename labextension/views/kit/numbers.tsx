import type { JSX } from 'preact';
import { useText } from './context';
import * as format from './format';

export type Written = 'number' | 'percent' | 'seconds' | 'tokens' | 'bytes';

export interface IBadgeProps {
  value: number | null | undefined;
  lower?: number | null;
  upper?: number | null;
  /** How many rows the value is of. */
  n?: number | null;
  /** How many rows failed and are not in the value. */
  failed?: number | null;
  /** How the value was made; it is added to the tooltip. */
  title?: string;
  as?: Written;
}

/** A value, its interval in lighter text, and how many rows it is of. */
export function Badge(props: IBadgeProps): JSX.Element {
  const tr = useText();
  const { value, lower, upper, n, failed } = props;
  const written = write(props);
  const told = [
    props.title,
    format.full(value),
    typeof lower === 'number' && typeof upper === 'number'
      ? tr('interval %1 to %2', lower, upper)
      : '',
    typeof n === 'number' ? tr('%1 rows', format.count(n)) : '',
    failed ? tr('%1 failed', format.count(failed)) : ''
  ];
  return (
    <span class="lw-badge" title={told.filter(Boolean).join('\n')}>
      <span class="lw-badge-value">{written.value}</span>
      {written.interval && (
        <span class="lw-badge-interval"> {written.interval}</span>
      )}
      {typeof n === 'number' && (
        <span class="lw-badge-n"> n={format.count(n)}</span>
      )}
      {failed ? (
        <span class="lw-badge-failed">
          {' '}
          {tr('%1 failed', format.count(failed))}
        </span>
      ) : null}
    </span>
  );
}

function write(props: IBadgeProps): format.IEstimate {
  const { value, lower, upper, as = 'number' } = props;
  if (as === 'number') {
    return format.estimate(value, lower, upper);
  }
  const known = typeof lower === 'number' && typeof upper === 'number';
  return {
    value: format[as](value),
    interval: known ? `${format[as](lower)}–${format[as](upper)}` : ''
  };
}

export interface IDifferenceProps {
  value: number | null | undefined;
  lower?: number | null;
  upper?: number | null;
  p?: number | null;
  /** Which way is good; neither is coloured when left out. */
  better?: 'higher' | 'lower';
  /** The share of chance that still counts as a difference; 0.05 when left out. */
  alpha?: number;
  /** Half the width of the bar stands for this much; no bar when left out. */
  scale?: number;
  title?: string;
}

/** Whether a difference is more than chance: by its test, else by its interval, else unknown. */
export function significant(given: IDifferenceProps): boolean | null {
  if (typeof given.p === 'number' && !Number.isNaN(given.p)) {
    return given.p < (given.alpha ?? 0.05);
  }
  return typeof given.lower === 'number' && typeof given.upper === 'number'
    ? given.lower > 0 || given.upper < 0
    : null;
}

/** A difference with its sign, grey when it may be chance; a bar centred on 0 when a scale is given. */
export function Difference(props: IDifferenceProps): JSX.Element {
  const tr = useText();
  const { value, lower, upper, p, better, scale } = props;
  const sure = significant(props);
  const size = typeof value === 'number' ? value : 0;
  const written = format.estimate(value, lower, upper, 2);
  const way =
    sure !== true || size === 0 || !better
      ? 'same'
      : size > 0 === (better === 'higher')
        ? 'better'
        : 'worse';
  const verdict =
    sure === false
      ? tr('n.s.')
      : way === 'better'
        ? '▲'
        : way === 'worse'
          ? '▼'
          : '';
  const told = [
    props.title,
    typeof value === 'number' ? format.signed(value, 17) : '–',
    typeof lower === 'number' && typeof upper === 'number'
      ? tr('interval %1 to %2', lower, upper)
      : '',
    typeof p === 'number' ? `p = ${p}` : '',
    sure === false ? tr('not significant: it may be chance') : '',
    way === 'better' ? tr('better') : way === 'worse' ? tr('worse') : ''
  ];
  const share = scale ? Math.min(1, Math.abs(size) / scale) * 50 : 0;
  return (
    <span
      class={`lw-difference lw-way-${way}${sure === false ? ' lw-chance' : ''}`}
      title={told.filter(Boolean).join('\n')}
    >
      {scale ? (
        <span class="lw-difference-bar" aria-hidden="true">
          <span
            style={{
              insetInlineStart: `${size < 0 ? 50 - share : 50}%`,
              width: `${share}%`
            }}
          />
        </span>
      ) : null}
      <span class="lw-difference-value">
        {format.plus(value, written.value)}
      </span>
      {written.interval && (
        <span class="lw-badge-interval"> {written.interval}</span>
      )}
      {verdict && <span class="lw-difference-mark"> {verdict}</span>}
      {way !== 'same' && <span class="lw-visually-hidden"> {tr(way)}</span>}
    </span>
  );
}
