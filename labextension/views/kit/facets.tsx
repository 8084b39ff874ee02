import type { JSX } from 'preact';
import { useText } from './context';
import * as format from './format';

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

export function FacetHistogram(props: IFacetHistogramProps): JSX.Element {
  return (
    <div class="lw-facet" role="group" aria-label={props.label}>
      <span>{props.label}</span>
    </div>
  );
}

export interface ICategory {
  value: string;
  label?: string;
  /** How many rows there are without any filter. */
  all: number;
  /** How many there are under the filters; like `all` when left out. */
  kept?: number;
}

export interface IFacetCategoriesProps {
  label: string;
  items: readonly ICategory[];
  /** The chosen values; none is the same as all. */
  chosen: ReadonlySet<string>;
  onChosen: (chosen: Set<string>) => void;
  /** How many values more there are than are shown. */
  more?: number;
  onMore?: () => void;
}

export function FacetCategories(props: IFacetCategoriesProps): JSX.Element {
  const tr = useText();
  const most = Math.max(1, ...props.items.map(item => item.all));
  return (
    <div class="lw-facet" role="group" aria-label={props.label}>
      <div class="lw-facet-head">
        <span class="lw-facet-label">{props.label}</span>
      </div>
      {props.items.map(item => {
        const on = props.chosen.has(item.value);
        return (
          <button
            key={item.value}
            type="button"
            class="lw-category"
            aria-pressed={on}
            onClick={() => {
              const next = new Set(props.chosen);
              if (!next.delete(item.value)) {
                next.add(item.value);
              }
              props.onChosen(next);
            }}
          >
            <span
              class="lw-category-bar"
              style={{ width: `${(100 * (item.kept ?? item.all)) / most}%` }}
            />
            <bdi class="lw-category-label">
              {item.label ?? (item.value || tr('(empty)'))}
            </bdi>
            <span class="lw-category-count">
              {format.count(item.kept ?? item.all)}
            </span>
          </button>
        );
      })}
    </div>
  );
}
