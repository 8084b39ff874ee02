import type { JSX } from 'preact';
import { useId, useLayoutEffect, useRef, useState } from 'preact/hooks';
import { focused } from './focus';
import { Icon, type IconName } from './icons';

export interface IMenuItem {
  label: string;
  hint?: string;
  icon?: IconName;
  danger?: boolean;
  disabled?: boolean;
  onSelect: () => void;
}

export interface IMenuProps {
  label: string;
  icon?: IconName;
  items: readonly IMenuItem[];
  /** Only the icon; the label is its tooltip. */
  bare?: boolean;
  kind?: 'primary' | 'plain' | 'quiet';
}

/** A button that opens a list of actions. */
export function Menu(props: IMenuProps): JSX.Element {
  const { label, icon, items, bare, kind = 'plain' } = props;
  const [open, show] = useState(false);
  const button = useRef<HTMLButtonElement>(null);
  const list = useRef<HTMLDivElement>(null);
  const id = useId();
  useLayoutEffect(() => {
    if (open && list.current && button.current) {
      // The browser puts it above everything, and closes it on Esc or a click elsewhere.
      list.current.showPopover?.();
      placeBy(list.current, button.current);
      entries(list.current)[0]?.focus();
    }
  }, [open]);
  const close = () => {
    show(false);
    button.current?.focus();
  };
  const keys = (event: KeyboardEvent) => {
    const inside = list.current as HTMLElement;
    const all = entries(inside);
    const at = all.indexOf(focused(inside) as HTMLElement);
    const goes: { [key: string]: number } = {
      ArrowDown: (at + 1) % all.length,
      ArrowUp: (at - 1 + all.length) % all.length,
      Home: 0,
      End: all.length - 1
    };
    event.stopPropagation();
    if (event.key === 'Escape' || event.key === 'Tab') {
      event.preventDefault();
      close();
    } else if (event.key in goes) {
      event.preventDefault();
      all[goes[event.key]]?.focus();
    }
  };
  return (
    <div class="lw-menu">
      <button
        type="button"
        ref={button}
        class={
          bare
            ? 'lw-icon-button lw-button-quiet'
            : `lw-button lw-button-${kind}`
        }
        aria-haspopup="menu"
        aria-expanded={open}
        aria-controls={open ? id : undefined}
        aria-label={bare ? label : undefined}
        title={bare ? label : undefined}
        onClick={() => show(!open)}
        onKeyDown={event => {
          if (event.key === 'ArrowDown' && !open) {
            event.preventDefault();
            event.stopPropagation();
            show(true);
          }
        }}
      >
        {(icon || bare) && <Icon name={icon ?? 'menu'} />}
        {!bare && <span class="lw-button-label">{label}</span>}
        {!bare && <Icon name="down" size={12} />}
      </button>
      {open && (
        <div
          class="lw-menu-list"
          id={id}
          ref={list}
          role="menu"
          aria-label={label}
          popover="auto"
          onKeyDown={keys}
          onToggle={event => {
            if ((event as ToggleEvent).newState === 'closed') {
              show(false);
            }
          }}
        >
          {items.map(item => (
            <button
              key={item.label}
              type="button"
              role="menuitem"
              tabIndex={-1}
              class={`lw-menu-item${item.danger ? ' lw-danger' : ''}`}
              disabled={item.disabled}
              onClick={() => {
                close();
                item.onSelect();
              }}
            >
              {item.icon ? <Icon name={item.icon} /> : <span class="lw-icon" />}
              <bdi class="lw-menu-text">{item.label}</bdi>
              {item.hint && <span class="lw-menu-hint">{item.hint}</span>}
            </button>
          ))}
        </div>
      )}
    </div>
  );
}

function entries(list: Element): HTMLElement[] {
  return [
    ...list.querySelectorAll<HTMLElement>('[role=menuitem]:not(:disabled)')
  ];
}

/** Put a list under its button, or above where there is no room, within the window. */
function placeBy(list: HTMLElement, button: Element): void {
  const at = button.getBoundingClientRect();
  const { offsetWidth: width, offsetHeight: height } = list;
  const [right, bottom] = [window.innerWidth - 8, window.innerHeight - 8];
  const left = at.left + width <= right ? at.left : at.right - width;
  const top =
    at.bottom + 4 + height <= bottom ? at.bottom + 4 : at.top - 4 - height;
  list.style.left = `${Math.max(8, left)}px`;
  list.style.top = `${Math.max(8, top)}px`;
}
