import type { JSX } from 'preact';
import { useRef, useState } from 'preact/hooks';
import { clipped } from '../columns';
import { useText } from '../context';
import { Button, IconButton } from '../controls';
import * as format from '../format';

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

/** The values of a column with their counts; those that are pressed are kept. */
export function FacetCategories(props: IFacetCategoriesProps): JSX.Element {
  const { label, items, chosen, onChosen, more } = props;
  const tr = useText();
  const [at, stand] = useState(0);
  const list = useRef<HTMLDivElement>(null);
  const most = Math.max(1, ...items.map(item => item.all));
  const toggle = (value: string) => {
    const next = new Set(chosen);
    if (!next.delete(value)) {
      next.add(value);
    }
    onChosen(next);
  };
  const keys = (event: KeyboardEvent) => {
    const goes: { [key: string]: number } = {
      ArrowDown: Math.min(items.length - 1, at + 1),
      ArrowUp: Math.max(0, at - 1),
      Home: 0,
      End: items.length - 1
    };
    if (event.ctrlKey || event.metaKey || event.altKey) {
      return;
    }
    if (event.key in goes) {
      stand(goes[event.key]);
      list.current
        ?.querySelectorAll<HTMLElement>('[role=option]')
        [goes[event.key]]?.focus();
    } else if (event.key === ' ' || event.key === 'Enter') {
      toggle(items[at].value);
    } else if (event.key === 'Escape' && chosen.size > 0) {
      onChosen(new Set());
    } else {
      return;
    }
    event.preventDefault();
    event.stopPropagation();
  };
  return (
    <div class="lw-facet" role="group" aria-label={label}>
      <div class="lw-facet-head">
        <bdi class="lw-facet-label" title={label}>
          {label}
        </bdi>
        {chosen.size > 0 && (
          <IconButton
            icon="close"
            label={tr('Clear the filter on %1', label)}
            onClick={() => onChosen(new Set())}
          />
        )}
      </div>
      {items.length === 0 && <div class="lw-facet-note">{tr('No values')}</div>}
      <div
        class="lw-categories"
        role="listbox"
        aria-label={label}
        aria-multiselectable="true"
        ref={list}
        onKeyDown={keys}
      >
        {items.map((item, number) => {
          const kept = item.kept ?? item.all;
          const name =
            item.label ?? (item.value === '' ? tr('(empty)') : item.value);
          return (
            <div
              key={item.value}
              role="option"
              class={`lw-category${chosen.size > 0 && !chosen.has(item.value) ? ' lw-off' : ''}`}
              aria-selected={chosen.has(item.value)}
              tabIndex={number === Math.min(at, items.length - 1) ? 0 : -1}
              title={tr(
                '%1: %2 of %3 rows',
                clipped(name),
                format.count(kept),
                format.count(item.all)
              )}
              onClick={() => {
                stand(number);
                toggle(item.value);
              }}
            >
              <span
                class="lw-category-all"
                style={{ width: `${(100 * item.all) / most}%` }}
              />
              <span
                class="lw-category-kept"
                style={{ width: `${(100 * kept) / most}%` }}
              />
              <bdi class="lw-category-label">{clipped(name, 120)}</bdi>
              <span class="lw-category-count">{format.count(kept)}</span>
            </div>
          );
        })}
      </div>
      {more ? (
        <div class="lw-facet-note">
          {props.onMore ? (
            <Button
              kind="quiet"
              label={tr('%1 more values', format.count(more))}
              onClick={props.onMore}
            />
          ) : (
            tr('%1 more values', format.count(more))
          )}
        </div>
      ) : null}
    </div>
  );
}
