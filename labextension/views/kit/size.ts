import type { RefObject } from 'preact';
import { useLayoutEffect, useState } from 'preact/hooks';

export interface ISize {
  width: number;
  height: number;
}

/** How large an element is inside, as it changes. */
export function useSize(element: RefObject<HTMLElement>): ISize {
  const [size, set] = useState<ISize>({ width: 0, height: 0 });
  useLayoutEffect(() => {
    const watched = element.current;
    if (!watched) {
      return;
    }
    const look = () => {
      const { clientWidth: width, clientHeight: height } = watched;
      set(old =>
        old.width === width && old.height === height ? old : { width, height }
      );
    };
    look();
    const watch = new ResizeObserver(look);
    watch.observe(watched);
    return () => watch.disconnect();
  }, []);
  return size;
}
