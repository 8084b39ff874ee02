import {
  HostError,
  type IAnswer,
  type IAskOptions,
  type IHost,
  type Json
} from '../../host';

export type Answers = {
  [method: string]: (
    payload: { [key: string]: Json },
    options: IAskOptions
  ) => unknown;
};

export interface IMockHost extends IHost {
  /** What was asked so far, in order. */
  readonly asked: { method: string; payload: { [key: string]: Json } }[];
  /** What was withdrawn before it was answered. */
  readonly withdrawn: string[];
  /** Set a key that only a host may set, such as `$status`. */
  hostSet: (key: string, value: Json) => void;
  /** Raise `$changed`. */
  change: () => void;
}

/** A host without any server: it answers from functions, after a delay if asked to. */
export function mockHost(
  answers: Answers = {},
  state: { [key: string]: Json } = {},
  delay: number = 0
): IMockHost {
  const values = new Map<string, Json>(
    Object.entries({
      $can: ['host.cell', 'host.open', 'host.form', 'host.run'],
      $changed: 0,
      $initial: {},
      $locale: 'en',
      $messages: {},
      $status: 'live',
      $subject: 'dataset:reviews@3',
      $view: 'gallery',
      ...state
    })
  );
  const listeners = new Map<string, Set<() => void>>();
  const asked: IMockHost['asked'] = [];
  const withdrawn: string[] = [];
  const put = (key: string, value: Json) => {
    values.set(key, value);
    listeners.get(key)?.forEach(tell => tell());
  };
  return {
    asked,
    withdrawn,
    hostSet: put,
    change: () => put('$changed', Number(values.get('$changed')) + 1),
    state: {
      get: <T>(key: string) => values.get(key) as T | undefined,
      set: (key, value) => {
        if (key.startsWith('$')) {
          throw new Error(`'${key}' is the host's`);
        }
        put(key, value);
      },
      on: (key, changed, signal) => {
        const all = listeners.get(key) ?? new Set();
        listeners.set(key, all.add(changed));
        signal.addEventListener('abort', () => all.delete(changed));
      }
    },
    ask: <T>(
      method: string,
      payload: { [key: string]: Json } = {},
      options: IAskOptions = {}
    ) =>
      new Promise<IAnswer<T>>((resolve, reject) => {
        asked.push({ method, payload });
        const timer = setTimeout(() => {
          try {
            const found = answers[method];
            if (!found) {
              throw new HostError(`there is no method '${method}'`, 400);
            }
            Promise.resolve(found(payload, options)).then(
              json => resolve({ json: json as T, buffers: [] }),
              reject
            );
          } catch (error) {
            reject(error);
          }
        }, delay);
        options.signal?.addEventListener('abort', () => {
          clearTimeout(timer);
          withdrawn.push(method);
          reject(new DOMException('withdrawn', 'AbortError'));
        });
      })
  };
}
