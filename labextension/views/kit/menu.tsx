import type { JSX } from 'preact';
import { useEffect, useId, useRef, useState } from 'preact/hooks';
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

/** A button that opens a list of actions. */
export function Menu({
  label,
  icon,
  items,
  bare,
  kind = 'plain'
}: {
  label: string;
  icon?: IconName;
  items: readonly IMenuItem[];
  /** Only the icon; the label is its tooltip. */
  bare?: boolean;
  kind?: 'primary' | 'plain' | 'quiet';
}): JSX.Element {
  const [open, show] = useState(false);
  const place = useRef<HTMLDivElement>(null);
  const id = useId();
  useEffect(() => {
    const inside = place.current;
    if (!open || !inside) {
      return;
    }
    inside
      .querySelector<HTMLElement>('[role=menuitem]:not(:disabled)')
      ?.focus();
    const root = inside.getRootNode();
    const away = (event: Event) => {
      if (!inside.contains(event.target as Node)) {
        show(false);
      }
    };
    root.addEventListener('pointerdown', away, true);
    return () => root.removeEventListener('pointerdown', away, true);
  }, [open]);
  const close = () => {
    show(false);
    place.current?.querySelector<HTMLElement>('button')?.focus();
  };
  const keys = (event: KeyboardEvent) => {
    const inside = place.current;
    const entries = [
      ...(inside?.querySelectorAll<HTMLElement>(
        '[role=menuitem]:not(:disabled)'
      ) ?? [])
    ];
    const at = inside ? entries.indexOf(focused(inside) as HTMLElement) : -1;
    const goes: { [key: string]: number } = {
      ArrowDown: (at + 1) % entries.length,
      ArrowUp: (at - 1 + entries.length) % entries.length,
      Home: 0,
      End: entries.length - 1
    };
    if (event.key === 'Escape') {
      event.stopPropagation();
      close();
    } else if (event.key === 'Tab') {
      show(false);
    } else if (event.key in goes) {
      event.preventDefault();
      entries[goes[event.key]]?.focus();
    }
  };
  return (
    <div class="lw-menu" ref={place}>
      <button
        type="button"
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
          role="menu"
          aria-label={label}
          onKeyDown={keys}
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
              <bdi>{item.label}</bdi>
              {item.hint && <span class="lw-menu-hint">{item.hint}</span>}
            </button>
          ))}
        </div>
      )}
    </div>
  );
}
