import { render, type JSX } from 'preact';
import type { IHost } from '../host';
import { clipped } from './columns';
import { Button } from './controls';

export interface IToastOptions {
  tone?: 'plain' | 'good' | 'bad';
  /** Milliseconds it stays; 5,000, and 10,000 when something can be pressed. */
  stay?: number;
  action?: { label: string; run: () => void };
}

interface IToast extends IToastOptions {
  id: number;
  text: string;
}

/** Where the toasts of a host go: each mounted panel brings one place. */
const places = new Map<IHost, Set<Toasts>>();
let made = 0;

/** The toasts of one mounted panel: a live region that a screen reader reads out. */
export class Toasts {
  private shown: IToast[] = [];
  private timers = new Map<number, number>();

  constructor(
    private readonly place: HTMLElement,
    host: IHost,
    signal: AbortSignal
  ) {
    place.className = 'lw-toasts';
    place.setAttribute('role', 'status');
    place.setAttribute('aria-live', 'polite');
    const all = places.get(host) ?? new Set();
    places.set(host, all.add(this));
    signal.addEventListener('abort', () => {
      this.timers.forEach(timer => window.clearTimeout(timer));
      all.delete(this);
      if (all.size === 0) {
        places.delete(host);
      }
      render(null, place);
    });
  }

  add(text: string, options: IToastOptions): void {
    const id = (made += 1);
    // Three at once are all that anyone reads.
    this.shown = [...this.shown.slice(-2), { ...options, id, text }];
    const stay = options.stay ?? (options.action ? 10_000 : 5_000);
    this.timers.set(
      id,
      window.setTimeout(() => this.drop(id), stay)
    );
    this.draw();
  }

  private drop(id: number): void {
    window.clearTimeout(this.timers.get(id));
    this.timers.delete(id);
    this.shown = this.shown.filter(item => item.id !== id);
    this.draw();
  }

  private draw(): void {
    render(
      this.shown.map(item => this.one(item)),
      this.place
    );
  }

  private one(item: IToast): JSX.Element {
    const { action } = item;
    return (
      <div key={item.id} class={`lw-toast lw-toast-${item.tone ?? 'plain'}`}>
        <bdi>{clipped(item.text)}</bdi>
        {action && (
          <Button
            kind="quiet"
            label={action.label}
            onClick={() => {
              this.drop(item.id);
              action.run();
            }}
          />
        )}
      </div>
    );
  }
}

/** Say something for a moment, in the panel's corner and to a screen reader. */
export function toast(
  host: IHost,
  text: string,
  options: IToastOptions = {}
): void {
  places.get(host)?.forEach(place => place.add(text, options));
}
