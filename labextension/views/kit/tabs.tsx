import type { ComponentChildren, JSX } from 'preact';
import { useId, useRef } from 'preact/hooks';

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
    const rtl =
      bar.current && getComputedStyle(bar.current).direction === 'rtl';
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
