/** The small values that a panel shares with its host. */
import type { IState, Json } from '../host';

export type Values = { [key: string]: Json };

/** The subjects that a step of a job is news to; to others only what the store holds is. */
export const MOVING = /^(job|run):/;

/** Where a panel's own values outlive the page. */
export interface IKept {
  read(): Values;
  write(values: Values): void;
}

/** Keeps a panel's values, and the host's own beside them. */
export class HostState implements IState {
  constructor(
    private readonly kept: IKept,
    private readonly own: Values
  ) {
    this.values = { ...kept.read() };
  }

  get<T = Json>(key: string): T | undefined {
    return (key.startsWith('$') ? this.own[key] : this.values[key]) as
      T | undefined;
  }

  set(key: string, value: Json): void {
    if (key.startsWith('$')) {
      throw new TypeError(`${key} belongs to the host`);
    }
    if (!same(this.values[key], value)) {
      this.values = { ...this.values, [key]: value };
      this.kept.write(this.values);
      this.tell(key);
    }
  }

  on(key: string, changed: () => void, signal: AbortSignal): void {
    if (signal.aborted) {
      return;
    }
    const told = this.told.get(key) ?? new Set();
    this.told.set(key, told);
    // A wrapper of its own: the same function may listen twice.
    const call = () => changed();
    told.add(call);
    signal.addEventListener('abort', () => told.delete(call), { once: true });
  }

  /** Set one of the host's own values. */
  put(key: string, value: Json): void {
    if (!same(this.own[key], value)) {
      this.own[key] = value;
      this.tell(key);
    }
  }

  /** Take over what another page, or the Python side, has set. */
  renew(): void {
    const before = this.values;
    this.values = { ...this.kept.read() };
    for (const key of new Set([
      ...Object.keys(before),
      ...Object.keys(this.values)
    ])) {
      if (!same(before[key], this.values[key])) {
        this.tell(key);
      }
    }
  }

  private tell(key: string): void {
    for (const call of [...(this.told.get(key) ?? [])]) {
      call();
    }
  }

  private values: Values;
  private readonly told = new Map<string, Set<() => void>>();
}

function same(one: Json | undefined, other: Json | undefined): boolean {
  return one === other || JSON.stringify(one) === JSON.stringify(other);
}
