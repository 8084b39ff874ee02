/** One question: its time limit, and its end when nobody waits any more. */
import { HostError, type IAskOptions } from '../host';

/** Milliseconds that a question waits when the asker says nothing. */
export const TIMEOUT = 30_000;

/** What `ask` rejects with when the asker has lost interest. */
export function withdrawn(): DOMException {
  return new DOMException('the question was withdrawn', 'AbortError');
}

/**
 * Run one question within its time limit.
 *
 * @param run - Sends the question; its signal is aborted when the time has passed or the asker has
 *   lost interest, and the work behind it should then be stopped.
 * @throws HostError of status 504 when the time has passed; an `AbortError` when it was withdrawn.
 */
export async function asking<T>(
  options: IAskOptions,
  run: (signal: AbortSignal) => Promise<T>
): Promise<T> {
  const { signal, timeout = TIMEOUT } = options;
  if (signal?.aborted) {
    throw withdrawn();
  }
  const control = new AbortController();
  let timer = 0;
  let leave = () => {};
  const ended = new Promise<never>((_, reject) => {
    const end = (reason: Error) => {
      reject(reason);
      control.abort(reason);
    };
    timer = window.setTimeout(
      () => end(new HostError(tooLate(timeout), 504)),
      timeout
    );
    leave = () => end(withdrawn());
    signal?.addEventListener('abort', leave);
  });
  try {
    return await Promise.race([ended, run(control.signal)]);
  } finally {
    window.clearTimeout(timer);
    signal?.removeEventListener('abort', leave);
  }
}

function tooLate(timeout: number): string {
  return `no answer within ${Math.round(timeout / 100) / 10} s`;
}
