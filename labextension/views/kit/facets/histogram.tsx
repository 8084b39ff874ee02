import type { JSX } from 'preact';
import { useRef, useState } from 'preact/hooks';
import { useText } from '../context';
import { IconButton } from '../controls';
import * as format from '../format';
import { binOf, bounded, type Bins } from './bins';

export interface IFacetHistogramProps {
  label: string;
  /** The bins' edges, one more than there are bins. */
  edges: readonly number[];
  /** How many rows each bin holds without any filter. */
  all: readonly number[];
  /** How many it holds under the filters; like `all` when left out. */
  kept?: readonly number[];
  /** How many rows have no value. */
  missing?: number;
  /** The chosen range, or null for all. */
  range: readonly [number, number] | null;
  onRange: (range: [number, number] | null) => void;
  /** How a value is written. */
  write?: (value: number) => string;
}

/** How a column's numbers are spread; a range of them is chosen with the mouse or the keyboard. */
export function FacetHistogram(props: IFacetHistogramProps): JSX.Element {
  const { label, edges, all, range, onRange, missing } = props;
  const { kept = all, write = format.number } = props;
  const tr = useText();
  const plot = useRef<HTMLDivElement>(null);
  const [from, pull] = useState<number | null>(null);
  const [over, hover] = useState<number | null>(null);
  const bins = all.length;
  const most = Math.max(1, ...all);
  const chosen = bounded(edges, range);
  const choose = (next: Bins) =>
    onRange(
      next[0] <= 0 && next[1] >= bins ? null : [edges[next[0]], edges[next[1]]]
    );
  const under = (event: PointerEvent) => {
    const box = plot.current?.getBoundingClientRect();
    return box && box.width > 0
      ? binOf((event.clientX - box.left) / box.width, bins)
      : 0;
  };
  if (bins === 0 || edges.length < 2) {
    return (
      <div class="lw-facet" role="group" aria-label={label}>
        <div class="lw-facet-head">
          <bdi class="lw-facet-label">{label}</bdi>
        </div>
        <div class="lw-facet-note">{tr('No values')}</div>
      </div>
    );
  }
  const words =
    over === null
      ? chosen
        ? tr('%1 to %2', write(edges[chosen[0]]), write(edges[chosen[1]]))
        : ''
      : tr(
          '%1 to %2: %3',
          write(edges[over]),
          write(edges[over + 1]),
          format.count(kept[over])
        );
  return (
    <div class="lw-facet" role="group" aria-label={label}>
      <div class="lw-facet-head">
        <bdi class="lw-facet-label" title={label}>
          {label}
        </bdi>
        <span class="lw-facet-words">{words}</span>
        {range && (
          <IconButton
            icon="close"
            label={tr('Clear the filter on %1', label)}
            onClick={() => onRange(null)}
          />
        )}
      </div>
      <div
        class="lw-histogram"
        ref={plot}
        onPointerDown={event => {
          if (event.button === 0) {
            const bin = under(event);
            plot.current?.setPointerCapture(event.pointerId);
            pull(bin);
            choose([bin, bin + 1]);
          }
        }}
        onPointerMove={event => {
          const bin = under(event);
          hover(bin);
          if (from !== null) {
            choose([Math.min(from, bin), Math.max(from, bin) + 1]);
          }
        }}
        onPointerUp={() => pull(null)}
        onPointerCancel={() => pull(null)}
        onPointerLeave={() => hover(null)}
        onDblClick={() => onRange(null)}
      >
        <svg
          viewBox={`0 0 ${bins} 1`}
          preserveAspectRatio="none"
          aria-hidden="true"
        >
          {all.map((count, bin) => (
            <g key={bin} class={outside(chosen, bin) ? 'lw-off' : undefined}>
              <Bar kind="all" bin={bin} share={count / most} />
              <Bar kind="kept" bin={bin} share={(kept[bin] ?? 0) / most} />
            </g>
          ))}
        </svg>
        {([0, 1] as const).map(side => (
          <Handle
            key={side}
            side={side}
            at={chosen ? chosen[side] : side * bins}
            bins={bins}
            set={chosen !== null}
            name={side === 0 ? tr('%1 from', label) : tr('%1 up to', label)}
            words={write(edges[chosen ? chosen[side] : side * bins])}
            onMove={to => {
              const next: Bins = chosen ? [...chosen] : [0, bins];
              next[side] = Math.min(bins, Math.max(0, to));
              // The handles push each other on rather than cross.
              next[0] = side === 1 ? Math.min(next[0], next[1] - 1) : next[0];
              next[1] = side === 0 ? Math.max(next[1], next[0] + 1) : next[1];
              if (next[0] >= 0 && next[1] <= bins) {
                choose(next);
              }
            }}
            onClear={() => onRange(null)}
          />
        ))}
      </div>
      <div class="lw-facet-ends" aria-hidden="true">
        <span>{write(edges[0])}</span>
        {missing ? <span>{tr('%1 empty', format.count(missing))}</span> : null}
        <span>{write(edges[edges.length - 1])}</span>
      </div>
    </div>
  );
}

function outside(chosen: Bins | null, bin: number): boolean {
  return chosen !== null && (bin < chosen[0] || bin >= chosen[1]);
}

function Bar({
  kind,
  bin,
  share
}: {
  kind: string;
  bin: number;
  share: number;
}): JSX.Element {
  // A bin with a single row is still seen.
  const height = share > 0 ? Math.max(0.03, share) : 0;
  return (
    <rect
      class={`lw-bar-${kind}`}
      x={bin + 0.06}
      y={1 - height}
      width={0.88}
      height={height}
    />
  );
}

function Handle({
  side,
  at,
  bins,
  set,
  name,
  words,
  onMove,
  onClear
}: {
  side: 0 | 1;
  at: number;
  bins: number;
  set: boolean;
  name: string;
  words: string;
  onMove: (bin: number) => void;
  onClear: () => void;
}): JSX.Element {
  const keys = (event: KeyboardEvent) => {
    const goes: { [key: string]: number } = {
      ArrowRight: at + 1,
      ArrowUp: at + 1,
      ArrowLeft: at - 1,
      ArrowDown: at - 1,
      PageUp: at + 5,
      PageDown: at - 5,
      Home: side,
      End: bins - 1 + side
    };
    if (event.ctrlKey || event.metaKey || event.altKey) {
      return;
    }
    if (event.key in goes) {
      onMove(goes[event.key]);
    } else if (event.key === 'Escape' && set) {
      onClear();
    } else {
      return;
    }
    event.preventDefault();
    event.stopPropagation();
  };
  return (
    <div
      class={`lw-handle${set ? ' lw-handle-set' : ''}`}
      role="slider"
      tabIndex={0}
      aria-label={name}
      aria-valuemin={0}
      aria-valuemax={bins}
      aria-valuenow={at}
      aria-valuetext={words}
      style={{ left: `${(100 * at) / bins}%` }}
      onKeyDown={keys}
    />
  );
}
