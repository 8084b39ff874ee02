import { useRef, useState } from 'preact/hooks';

/** More rows than this are not copied: the panel's code line gives all of them. */
export const COPIED_ROWS = 10_000;

export interface IChosenRow<R> {
  row: R;
  index: number;
}

export interface ISelection<R> {
  keys: ReadonlySet<string>;
  /** The rows behind the keys that this table has seen, in the table's order. */
  rows: () => IChosenRow<R>[];
  toggle: (key: string, row: R, index: number) => void;
  /** Choose these rows and no others. */
  only: (rows: readonly IChosenRow<R>[]) => void;
  clear: () => void;
}

/** The chosen rows: kept here, or by the panel when it hands them in. */
export function useSelection<R>(
  given: ReadonlySet<string> | undefined,
  tell: ((keys: Set<string>) => void) | undefined,
  keyOf: (row: R, index: number) => string
): ISelection<R> {
  const [own, hold] = useState<ReadonlySet<string>>(new Set());
  const seen = useRef(new Map<string, IChosenRow<R>>());
  const keys = given ?? own;
  const set = (next: Set<string>) => {
    if (given === undefined) {
      hold(next);
    }
    tell?.(next);
  };
  return {
    keys,
    rows: () =>
      [...keys]
        .map(key => seen.current.get(key))
        .filter(found => found !== undefined)
        .sort((a, b) => a.index - b.index),
    toggle: (key, row, index) => {
      const next = new Set(keys);
      if (!next.delete(key)) {
        next.add(key);
        seen.current.set(key, { row, index });
      }
      set(next);
    },
    only: rows => {
      const next = new Set<string>();
      seen.current.clear();
      for (const one of rows) {
        const key = keyOf(one.row, one.index);
        next.add(key);
        seen.current.set(key, one);
      }
      set(next);
    },
    clear: () => {
      seen.current.clear();
      set(new Set());
    }
  };
}
