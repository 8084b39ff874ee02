import { useState } from 'preact/hooks';
import type { IKey } from '../keys';
import { fromX, type IFrame } from './plot';
import { nearest } from './series';

/** What is read of a chart: where the crosshair stands, what is zoomed into, what is dragged over. */
export interface IReading {
  cross: number | null;
  zoom: [number, number] | null;
  drag: [number, number] | null;
  stand: (x: number | null) => void;
  zoomTo: (range: [number, number] | null) => void;
  keys: (event: KeyboardEvent) => void;
  pointer: {
    onPointerDown: (event: PointerEvent) => void;
    onPointerMove: (event: PointerEvent) => void;
    onPointerUp: () => void;
    onPointerCancel: () => void;
    onPointerLeave: () => void;
  };
}

/** A drag shorter than this is a click, in pixels. */
const LEAST_DRAG = 6;

/** The zoom around a place after a step in or out; null for the whole range. */
export function zoomed(
  now: readonly [number, number],
  whole: readonly [number, number],
  middle: number,
  factor: number
): [number, number] | null {
  const from = Math.max(whole[0], middle - (middle - now[0]) * factor);
  const to = Math.min(whole[1], middle + (now[1] - middle) * factor);
  const all = from <= whole[0] && to >= whole[1];
  return all || !(to > from) ? null : [from, to];
}

/** Hold the zoom apart from the rest, since the axes depend on it. */
export function useReading(
  zoom: [number, number] | null,
  zoomTo: (range: [number, number] | null) => void,
  frame: IFrame | null,
  whole: readonly [number, number],
  places: readonly number[],
  onLog: (() => void) | null
): IReading {
  const [cross, stand] = useState<number | null>(null);
  const [drag, pull] = useState<[number, number] | null>(null);
  const last = places.length - 1;
  const pixel = (event: PointerEvent) =>
    event.clientX -
    (event.currentTarget as Element).getBoundingClientRect().left;
  const under = (event: PointerEvent) => {
    const at = frame ? nearest(places, fromX(frame, pixel(event))) : -1;
    return at < 0 ? null : places[at];
  };
  const step = (factor: number) => {
    if (frame && places.length > 1) {
      const now: [number, number] = [frame.x.least, frame.x.most];
      zoomTo(zoomed(now, whole, cross ?? (now[0] + now[1]) / 2, factor));
    }
  };
  const goes = (key: string): number | undefined => {
    const at = cross === null ? last : nearest(places, cross);
    return {
      ArrowRight: cross === null ? last : at + 1,
      ArrowLeft: cross === null ? last : at - 1,
      PageUp: at + 10,
      PageDown: at - 10,
      Home: 0,
      End: last
    }[key];
  };
  return {
    cross,
    zoom,
    drag,
    stand,
    zoomTo,
    keys: event => {
      const { key } = event;
      const to = goes(key);
      if (event.ctrlKey || event.metaKey || event.altKey || last < 0) {
        return;
      }
      if (to !== undefined) {
        stand(places[Math.min(last, Math.max(0, to))]);
      } else if (key === '+' || key === '=') {
        step(0.5);
      } else if (key === '-') {
        step(2);
      } else if (key === '0' || (key === 'Escape' && (zoom || drag))) {
        pull(null);
        zoomTo(null);
      } else if (key === 'l' && onLog) {
        onLog();
      } else {
        return;
      }
      event.preventDefault();
      event.stopPropagation();
    },
    pointer: {
      onPointerDown: event => {
        if (event.button === 0) {
          (event.currentTarget as Element).setPointerCapture(event.pointerId);
          pull([pixel(event), pixel(event)]);
        }
      },
      onPointerMove: event => {
        stand(under(event));
        if (drag) {
          pull([drag[0], pixel(event)]);
        }
      },
      onPointerUp: () => {
        if (drag && frame && Math.abs(drag[1] - drag[0]) > LEAST_DRAG) {
          zoomTo([
            fromX(frame, Math.min(...drag)),
            fromX(frame, Math.max(...drag))
          ]);
        }
        pull(null);
      },
      onPointerCancel: () => pull(null),
      onPointerLeave: () => {
        if (!drag) {
          stand(null);
        }
      }
    }
  };
}

/** A chart's own keys, for the `?` sheet. */
export function chartKeys(tr: (text: string) => string): IKey[] {
  const group = tr('Chart');
  return [
    ['ArrowLeft ArrowRight', tr('Read the values')],
    ['Home End', tr('First or last value')],
    ['+ -', tr('Zoom')],
    ['0 Escape', tr('Whole range')],
    ['l', tr('Logarithmic scale')]
  ].map(([keys, label]) => ({ keys, label, group }));
}
