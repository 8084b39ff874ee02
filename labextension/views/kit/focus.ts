import type { RefObject } from 'preact';
import { useLayoutEffect } from 'preact/hooks';

const REACHABLE =
  'a[href],button:not(:disabled),input:not(:disabled),select:not(:disabled),' +
  'textarea:not(:disabled),summary,[tabindex]:not([tabindex="-1"])';

/** What the Tab key reaches inside an element, in order. */
export function reachable(inside: Element): HTMLElement[] {
  return [...inside.querySelectorAll<HTMLElement>(REACHABLE)].filter(
    item => item.getClientRects().length > 0
  );
}

/** The focused element, also inside a shadow root. */
export function focused(near: Node): HTMLElement | null {
  const root = near.getRootNode() as Document | ShadowRoot;
  return (root.activeElement as HTMLElement | null) ?? null;
}

/** Whether keys typed here are text, so that single keys must not act. */
export function writes(target: EventTarget | null): boolean {
  return (
    target instanceof HTMLElement &&
    (target.isContentEditable ||
      /^(TEXTAREA|SELECT)$/.test(target.tagName) ||
      (target instanceof HTMLInputElement &&
        !/^(checkbox|radio|button|range)$/.test(target.type)))
  );
}

/** Move the focus into an element while it is open, and give it back afterwards. */
export function useFocusInside(
  place: RefObject<HTMLElement>,
  open: boolean
): void {
  useLayoutEffect(() => {
    const inside = place.current;
    if (!open || !inside) {
      return;
    }
    const before = focused(inside);
    const chosen = inside.querySelector<HTMLElement>('[data-lw-focus]');
    (chosen ?? reachable(inside)[0] ?? inside).focus({ preventScroll: true });
    return () => {
      if (before?.isConnected) {
        before.focus();
      }
    };
  }, [open]);
}
