import type { JSX } from 'preact';
import { useText } from '../context';
import { colourOf, dashOf, type ISeries } from './series';

/** The lines' names, with their values under the crosshair or the newest; pressed they hide. */
export function Legend({
  series,
  values,
  hidden,
  at,
  onHide
}: {
  series: readonly ISeries[];
  values: readonly string[];
  hidden: ReadonlySet<string>;
  /** Where the crosshair stands; empty when the newest values are shown. */
  at: string;
  onHide: (hidden: Set<string>) => void;
}): JSX.Element {
  const tr = useText();
  return (
    <div class="lw-legend" role="group" aria-label={tr('Lines')}>
      {series.map((one, number) => {
        const off = hidden.has(one.name);
        return (
          <button
            key={one.name}
            type="button"
            class={`lw-legend-item${off ? ' lw-off' : ''}`}
            aria-pressed={!off}
            title={off ? tr('Show %1', one.name) : tr('Hide %1', one.name)}
            onClick={() => {
              const next = new Set(hidden);
              if (!next.delete(one.name)) {
                next.add(one.name);
              }
              onHide(next);
            }}
          >
            <svg
              width="16"
              height="12"
              aria-hidden="true"
              style={{ color: colourOf(one, number) }}
            >
              {one.points ? (
                <circle cx="8" cy="6" r="3" fill="currentColor" />
              ) : (
                <line
                  x1="0"
                  x2="16"
                  y1="6"
                  y2="6"
                  stroke="currentColor"
                  stroke-width="2"
                  stroke-dasharray={dashOf(one, number)}
                />
              )}
            </svg>
            <bdi class="lw-legend-name">{one.name}</bdi>
            <span class="lw-legend-value">{values[number]}</span>
          </button>
        );
      })}
      <span class="lw-legend-at">{at}</span>
    </div>
  );
}
