import type { IHost, Json } from '../../host';
import { useAsk, useEffect, type IAsked } from '../../kit';

const EVERY_MS = 1000;

/**
 * Ask again and again while something is going on, a second after each answer.
 *
 * The next question waits for the answer, so that a slow server is asked less often; a page that
 * nobody sees asks nothing, and asks at once when it is seen again. After a failure it goes on, so
 * that the panel is right again soon after the server is.
 */
export function useFollow<T>(
  host: IHost,
  method: string,
  payload: { [key: string]: Json },
  goes: (data: T | undefined) => boolean
): IAsked<T> {
  const asked = useAsk<T>(host, method, payload);
  const { data, error, loading, again } = asked;
  const on = goes(data) || error !== undefined;
  useEffect(() => {
    if (!on || loading) {
      return;
    }
    let timer = 0;
    const control = new AbortController();
    const soon = () => {
      window.clearTimeout(timer);
      if (!document.hidden) {
        timer = window.setTimeout(again, EVERY_MS);
      }
    };
    document.addEventListener('visibilitychange', soon, {
      signal: control.signal
    });
    soon();
    return () => {
      window.clearTimeout(timer);
      control.abort();
    };
  }, [on, loading, data, error, again]);
  return asked;
}
