import type { JSX } from 'preact';
import { createContext } from 'preact';
import { useContext, useEffect, useRef } from 'preact/hooks';
import { useText } from './context';
import { writes } from './focus';
import { Dialog } from './sheets';

export interface IKey {
  /** As `KeyboardEvent.key`, such as `u` or `ArrowDown`; several that do the same by a blank. */
  keys: string;
  label: string;
  /** Left out when a part of the panel acts on the key itself. */
  run?: (event: KeyboardEvent) => void;
  group?: string;
}

/** All the keys of a mounted panel: what `?` shows and what a key does. */
export class KeyRing {
  private readonly held = new Set<() => readonly IKey[]>();
  /** Show the sheet; whoever draws it sets this. */
  show: () => void = () => undefined;

  hold(keys: () => readonly IKey[]): () => void {
    this.held.add(keys);
    return () => this.held.delete(keys);
  }

  /** The keys, each once. */
  all(): IKey[] {
    const known = new Map<string, IKey>();
    for (const keys of this.held) {
      for (const key of keys()) {
        known.set(`${key.keys}\n${key.label}`, key);
      }
    }
    return [...known.values()];
  }

  /** Run what a key stands for; say whether there was any. */
  press(event: KeyboardEvent): boolean {
    if (
      event.defaultPrevented ||
      event.ctrlKey ||
      event.metaKey ||
      event.altKey ||
      event.isComposing ||
      writes(event.composedPath()[0])
    ) {
      return false;
    }
    const found = this.all().find(
      key => key.run && key.keys.split(' ').includes(event.key)
    );
    found?.run?.(event);
    return found !== undefined;
  }
}

export const KeyRingContext = createContext(new KeyRing());

/** Add keys to the panel and to its `?` sheet, while the component is there. */
export function useKeys(keys: readonly IKey[]): void {
  const ring = useContext(KeyRingContext);
  const newest = useRef(keys);
  newest.current = keys;
  useEffect(() => ring.hold(() => newest.current), [ring]);
}

const NAMES: { [key: string]: string } = {
  ' ': 'Space',
  ArrowDown: '↓',
  ArrowLeft: '←',
  ArrowRight: '→',
  ArrowUp: '↑',
  Escape: 'Esc'
};

/** All keys that do something here. */
export function KeySheet({
  open,
  keys,
  onClose
}: {
  open: boolean;
  keys: readonly IKey[];
  onClose: () => void;
}): JSX.Element {
  const tr = useText();
  const groups = new Map<string, IKey[]>();
  for (const key of keys) {
    const group = key.group ?? tr('This panel');
    groups.set(group, [...(groups.get(group) ?? []), key]);
  }
  return (
    <Dialog open={open} title={tr('Keys')} onClose={onClose}>
      <div class="lw-keys">
        {[...groups].map(([group, list]) => (
          <section key={group}>
            <h3 class="lw-keys-group">{group}</h3>
            <dl class="lw-keys-list">
              {list.map(key => (
                <div key={key.keys + key.label} class="lw-keys-row">
                  <dt>
                    {key.keys.split(' ').map(name => (
                      <kbd key={name} class="lw-kbd">
                        {NAMES[name || ' '] ?? name}
                      </kbd>
                    ))}
                  </dt>
                  <dd>{key.label}</dd>
                </div>
              ))}
            </dl>
          </section>
        ))}
      </div>
    </Dialog>
  );
}
