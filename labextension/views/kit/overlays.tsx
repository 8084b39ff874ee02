import type { ComponentChildren, JSX } from 'preact';
import { useEffect, useId, useRef, useState } from 'preact/hooks';
import { useText } from './context';
import { Button, IconButton } from './controls';
import { focused, useFocusInside } from './focus';
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
    inside.querySelector<HTMLElement>('[role=menuitem]:not(:disabled)')?.focus();
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
          bare ? 'lw-icon-button lw-button-quiet' : `lw-button lw-button-${kind}`
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
  useEffect(() => {
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
          <IconButton icon="close" label={tr('Close')} onClick={props.onClose} />
        </header>
        <div class="lw-sheet-body">{props.children}</div>
        <footer class="lw-sheet-foot">
          {props.actions ?? <Button label={tr('Close')} onClick={props.onClose} />}
        </footer>
      </div>
    </dialog>
  );
}

export interface ITab {
  id: string;
  label: string;
  count?: number | string;
}

/** A row of tabs over what the chosen one shows. */
export function Tabs({
  label,
  tabs,
  active,
  onChange,
  children
}: {
  label: string;
  tabs: readonly ITab[];
  active: string;
  onChange: (id: string) => void;
  children?: ComponentChildren;
}): JSX.Element {
  const id = useId();
  const bar = useRef<HTMLDivElement>(null);
  const go = (event: KeyboardEvent) => {
    const at = tabs.findIndex(tab => tab.id === active);
    const rtl = bar.current && getComputedStyle(bar.current).direction === 'rtl';
    const step = rtl ? -1 : 1;
    const goes: { [key: string]: number } = {
      ArrowRight: at + step,
      ArrowLeft: at - step,
      Home: 0,
      End: tabs.length - 1
    };
    if (event.key in goes) {
      event.preventDefault();
      event.stopPropagation();
      const next = (goes[event.key] + tabs.length) % tabs.length;
      onChange(tabs[next].id);
      bar.current?.querySelectorAll<HTMLElement>('[role=tab]')[next]?.focus();
    }
  };
  return (
    <div class="lw-tabs">
      <div
        class="lw-tabs-bar"
        role="tablist"
        aria-label={label}
        ref={bar}
        onKeyDown={go}
      >
        {tabs.map(tab => (
          <button
            key={tab.id}
            type="button"
            role="tab"
            class="lw-tab"
            id={`${id}-${tab.id}`}
            aria-selected={tab.id === active}
            aria-controls={`${id}-shown`}
            tabIndex={tab.id === active ? 0 : -1}
            onClick={() => onChange(tab.id)}
          >
            <bdi>{tab.label}</bdi>
            {tab.count !== undefined && (
              <span class="lw-tab-count"> {tab.count}</span>
            )}
          </button>
        ))}
      </div>
      <div
        class="lw-tabs-shown"
        role="tabpanel"
        id={`${id}-shown`}
        aria-labelledby={`${id}-${active}`}
      >
        {children}
      </div>
    </div>
  );
}
