import type { ComponentChildren, JSX } from 'preact';
import { useLayoutEffect, useId, useRef } from 'preact/hooks';
import { useText } from './context';
import { Button, IconButton } from './controls';
import { focused, useFocusInside } from './focus';

export interface ISheetProps {
  open: boolean;
  title: string;
  onClose: () => void;
  children?: ComponentChildren;
  /** Buttons at the foot. */
  actions?: ComponentChildren;
  /** Pixels; as wide as it needs when left out. */
  width?: number;
}

/** Details on demand, beside what they belong to: it does not block the rest. */
export function Drawer(props: ISheetProps): JSX.Element | null {
  const tr = useText();
  const place = useRef<HTMLElement>(null);
  const id = useId();
  useFocusInside(place, props.open);
  if (!props.open) {
    return null;
  }
  return (
    <aside
      class="lw-drawer"
      ref={place}
      role="complementary"
      aria-labelledby={id}
      tabIndex={-1}
      style={props.width ? { width: `${props.width}px` } : undefined}
      onKeyDown={event => {
        if (event.key === 'Escape') {
          event.stopPropagation();
          props.onClose();
        }
      }}
    >
      <header class="lw-sheet-head">
        <h2 class="lw-sheet-title" id={id} dir="auto">
          {props.title}
        </h2>
        <IconButton icon="close" label={tr('Close')} onClick={props.onClose} />
      </header>
      <div class="lw-sheet-body">{props.children}</div>
      {props.actions && <footer class="lw-sheet-foot">{props.actions}</footer>}
    </aside>
  );
}

/** A question that must be answered first: the browser keeps the focus inside and closes on Esc. */
export function Dialog(props: ISheetProps): JSX.Element | null {
  const tr = useText();
  const place = useRef<HTMLDialogElement>(null);
  const id = useId();
  useLayoutEffect(() => {
    const inside = place.current;
    if (props.open && inside && !inside.open) {
      const before = focused(inside);
      inside.showModal();
      inside.querySelector<HTMLElement>('[data-lw-focus]')?.focus();
      return () => {
        inside.close();
        before?.focus();
      };
    }
  }, [props.open]);
  if (!props.open) {
    return null;
  }
  return (
    <dialog
      class="lw-dialog"
      ref={place}
      aria-labelledby={id}
      style={props.width ? { width: `${props.width}px` } : undefined}
      onKeyDown={event => event.stopPropagation()}
      onCancel={event => {
        event.preventDefault();
        props.onClose();
      }}
      onPointerDown={event => {
        if (event.target === event.currentTarget) {
          props.onClose();
        }
      }}
    >
      <div class="lw-dialog-inside">
        <header class="lw-sheet-head">
          <h2 class="lw-sheet-title" id={id} dir="auto">
            {props.title}
          </h2>
          <IconButton
            icon="close"
            label={tr('Close')}
            onClick={props.onClose}
          />
        </header>
        <div class="lw-sheet-body">{props.children}</div>
        <footer class="lw-sheet-foot">
          {props.actions ?? (
            <Button label={tr('Close')} onClick={props.onClose} />
          )}
        </footer>
      </div>
    </dialog>
  );
}
