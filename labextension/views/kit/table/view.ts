import type { RefObject } from 'preact';
import {
  useEffect,
  useLayoutEffect,
  useReducer,
  useRef,
  useState
} from 'preact/hooks';
import type { Json } from '../../host';
import { useHost } from '../context';
import { heldWidth, type IPlace, type Scale } from './geometry';

/** Widths that were set by hand; under a name they survive a reload. */
export function useWidths(
  name: string | undefined
): [{ [key: string]: number }, (key: string, width: number) => void] {
  const host = useHost();
  const kept = name && `widths:${name}`;
  const [widths, set] = useState<{ [key: string]: number }>(
    () => (kept ? host.state.get<{ [key: string]: number }>(kept) : null) ?? {}
  );
  const timer = useRef<number>();
  useEffect(() => () => window.clearTimeout(timer.current), []);
  const widen = (key: string, width: number) =>
    set(old => {
      const next = { ...old, [key]: heldWidth(width) };
      if (kept) {
        window.clearTimeout(timer.current);
        timer.current = window.setTimeout(
          () => host.state.set(kept, next as Json),
          300
        );
      }
      return next;
    });
  return [widths, widen];
}

export interface IScroll {
  place: IPlace;
  /** Pixels from the start of the row. */
  left: number;
  scrolled: () => void;
  /** Bring a row into view. */
  show: (row: number) => void;
  toTop: () => void;
}

/** Keep the rows' place in step with what the browser scrolls. */
export function useScroll(
  element: RefObject<HTMLElement>,
  scale: Scale,
  moved: (before: IPlace, now: IPlace) => void
): IScroll {
  const [, draw] = useReducer((n: number) => n + 1, 0);
  const place = useRef<IPlace>({ scrollTop: 0, top: 0 });
  const left = useRef(0);
  const newest = useRef(scale);
  newest.current = scale;
  const go = (next: IPlace) => {
    const scroller = element.current;
    if (!scroller) {
      return;
    }
    if (Math.abs(scroller.scrollTop - next.scrollTop) > 0.5) {
      scroller.scrollTop = next.scrollTop;
    }
    // The browser rounds: what it says is what the next step is counted from.
    place.current = { scrollTop: scroller.scrollTop, top: next.top };
    draw(undefined);
  };
  useEffect(() => {
    const scroller = element.current;
    if (!scroller) {
      return;
    }
    const control = new AbortController();
    let timer = 0;
    const settle = () => {
      if (newest.current.scaled) {
        go(newest.current.at(place.current.top));
      }
    };
    const rest = () => {
      window.clearTimeout(timer);
      timer = window.setTimeout(settle, 500);
    };
    scroller.addEventListener(
      'onscrollend' in window ? 'scrollend' : 'scroll',
      'onscrollend' in window ? settle : rest,
      { signal: control.signal, passive: true }
    );
    return () => {
      control.abort();
      window.clearTimeout(timer);
    };
  }, []);
  useLayoutEffect(() => {
    // Fewer rows, or a lower view: stay where it is if that is still there.
    go(scale.at(place.current.top));
  }, [scale]);
  return {
    place: place.current,
    left: left.current,
    scrolled: () => {
      const scroller = element.current;
      if (!scroller) {
        return;
      }
      const before = place.current;
      place.current = newest.current.scrolled(before, scroller.scrollTop);
      // From right to left the browser counts downwards from 0.
      left.current = Math.abs(scroller.scrollLeft);
      moved(before, place.current);
      draw(undefined);
    },
    show: row => go(newest.current.showing(place.current, row)),
    toTop: () => go(newest.current.at(0))
  };
}
