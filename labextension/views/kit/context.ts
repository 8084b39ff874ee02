import { createContext } from 'preact';
import { useContext, useMemo } from 'preact/hooks';
import type { IHost } from '../host';
import { t } from './translate';

/** Outside of a mounted panel (a part on its own, in a test) nothing answers and nothing is kept. */
const NOWHERE: IHost = {
  state: { get: () => undefined, set: () => undefined, on: () => undefined },
  ask: () => Promise.reject(new Error('no host'))
};

export const HostContext = createContext<IHost>(NOWHERE);

/** The host of the panel that this is part of. */
export function useHost(): IHost {
  return useContext(HostContext);
}

/** A translator for parts that are handed no host: `const tr = useText()`. */
export function useText(): (text: string, ...args: unknown[]) => string {
  const host = useHost();
  return useMemo(
    () =>
      (text: string, ...args: unknown[]) =>
        t(host, text, ...args),
    [host]
  );
}
