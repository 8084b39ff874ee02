import {
  useCallback,
  useEffect,
  useLayoutEffect,
  useReducer,
  useRef,
  useState
} from 'preact/hooks';
import type { IHost, Json } from '../host';

export interface IAsked<T> {
  /** The newest answer; it stays while the next one is awaited. */
  data: T | undefined;
  buffers: ArrayBuffer[];
  error: Error | undefined;
  /** Whether an answer is awaited. */
  loading: boolean;
  /** Ask once more, now. */
  again: () => void;
}

interface IHeld<T> {
  data?: T;
  buffers: ArrayBuffer[];
  error?: Error;
  loading: boolean;
}

export interface IAskHookOptions {
  /** Ask again when something in the workspace changed; true when left out. */
  follow?: boolean;
  /** Milliseconds to wait for an answer. */
  timeout?: number;
}

/** Keep a component in step with one key of the host's state. */
function useRise(host: IHost, key: string): number {
  const [rises, rise] = useReducer((n: number) => n + 1, 0);
  const drawn = host.state.get(key);
  useLayoutEffect(() => {
    const control = new AbortController();
    host.state.on(key, () => rise(undefined), control.signal);
    if (host.state.get(key) !== drawn) {
      rise(undefined);
    }
    return () => control.abort();
  }, [host, key]);
  return rises;
}

/**
 * Ask the Python side and keep the newest answer.
 *
 * A newer question withdraws the older one, whose work is then stopped. It is asked again when the
 * payload's content changes, and when `$changed` rises. A payload of null asks nothing yet.
 */
export function useAsk<T = Json>(
  host: IHost,
  method: string,
  payload: { [key: string]: Json } | null = {},
  options: IAskHookOptions = {}
): IAsked<T> {
  const [held, hold] = useState<IHeld<T>>({
    buffers: [],
    loading: payload !== null
  });
  const [tries, retry] = useReducer((n: number) => n + 1, 0);
  const follow = options.follow !== false;
  const risen = useRise(host, '$changed');
  const changed = follow ? risen : 0;
  const words = payload === null ? null : JSON.stringify(payload);
  const timeout = options.timeout;
  useEffect(() => {
    if (words === null) {
      hold(old => (old.loading ? { ...old, loading: false } : old));
      return;
    }
    const control = new AbortController();
    hold(old => (old.loading ? old : { ...old, loading: true }));
    host
      .ask<T>(method, JSON.parse(words), { signal: control.signal, timeout })
      .then(
        answer => {
          if (!control.signal.aborted) {
            hold({
              data: answer.json,
              buffers: answer.buffers,
              loading: false
            });
          }
        },
        (error: unknown) => {
          if (!control.signal.aborted) {
            hold(old => ({ ...old, error: asError(error), loading: false }));
          }
        }
      );
    return () => control.abort();
  }, [host, method, words, timeout, tries, changed]);
  const again = useCallback(() => retry(undefined), []);
  return {
    data: held.data,
    buffers: held.buffers,
    error: held.error,
    loading: held.loading,
    again
  };
}

/** Make an `Error` of whatever was thrown. */
export function asError(thrown: unknown): Error {
  return thrown instanceof Error ? thrown : new Error(String(thrown));
}

/** Share one value with the host, under a key that survives a reload of the page. */
export function useHostState<T = Json>(
  host: IHost,
  key: string,
  fallback: T
): [T, (value: T | ((old: T) => T)) => void] {
  useRise(host, key);
  const first = useRef(fallback);
  const value = host.state.get<T>(key) ?? first.current;
  const set = useCallback(
    (next: T | ((old: T) => T)) => {
      const old = host.state.get<T>(key) ?? first.current;
      const value =
        typeof next === 'function' ? (next as (old: T) => T)(old) : next;
      host.state.set(key, value as Json);
    },
    [host, key]
  );
  return [value, set];
}
