/**
 * What a panel knows of the place it is shown in.
 *
 * Three adapters make it: a notebook's widget, JupyterLab over REST, and the stand-alone dashboard.
 * A panel uses nothing else of its surroundings.
 */

/** A value that JSON can write. */
export type Json =
  null | boolean | number | string | Json[] | { [key: string]: Json };

/** What comes back: a JSON value, and binary parts such as Arrow tables. */
export interface IAnswer<T = Json> {
  json: T;
  buffers: ArrayBuffer[];
}

export interface IAskOptions {
  /** Abort it and the work behind it is cancelled; `ask` then rejects with an `AbortError`. */
  signal?: AbortSignal;
  /** Milliseconds to wait; 30,000 when left out. */
  timeout?: number;
}

/**
 * Small values shared between the panel and its host; they survive a reload of the page.
 *
 * Keys that begin with `$` are the host's and read-only for a panel:
 * `$view` and `$subject` what is shown, `$initial` what the Python side says at first, and again when
 * something changed,
 * `$status` one of {@link Status}, `$changed` a number that rises when something in the workspace
 * changed, `$can` the list of `host.*` methods that work here, `$messages` translations by message,
 * `$locale` such as `en` or `zh-CN`.
 */
export interface IState {
  get<T = Json>(key: string): T | undefined;
  set(key: string, value: Json): void;
  /** Call back after each change of a key, until the signal is aborted. */
  on(key: string, changed: () => void, signal: AbortSignal): void;
}

/** `live`: all works. `offline`: the server cannot be reached. `gone`: the kernel has ended. */
export type Status = 'live' | 'offline' | 'gone';

export interface IHost {
  readonly state: IState;
  /**
   * Ask the Python side of the view, or the host itself.
   *
   * Methods of the host: `host.open` `{ref, view?}` shows something else; `host.form`
   * `{operation, arguments}` opens an operation's form; `host.cell` `{code}` puts code into a cell;
   * `host.run` `{operation, arguments}` starts an operation and gives `{job, run_id}`;
   * `host.failed` `{message, stack}` tells the Python side that the panel failed. `$can` lists those
   * that work here; another one is refused.
   *
   * @throws HostError with the one sentence that says what is wrong.
   */
  ask<T = Json>(
    method: string,
    payload?: { [key: string]: Json },
    options?: IAskOptions
  ): Promise<IAnswer<T>>;
}

/** An error that came over the wire: one sentence, and what kind of mistake it was. */
export class HostError extends Error {
  constructor(
    message: string,
    /**
     * The HTTP status of the error's kind: 400 wrong usage, 404 not found, 409 conflict, 503 nobody
     * can be reached, 504 the time has passed …
     */
    readonly status: number,
    readonly detail: string = ''
  ) {
    super(message);
    this.name = 'HostError';
  }
}

/**
 * The parts that panels are made of.
 *
 * `kit/index.ts` adds what is in it, so that a host which only hands it on need not read it.
 */
export interface IKit {
  t: (host: IHost, text: string, ...args: unknown[]) => string;
}

/** What a view's module exports as `mount`. */
export type Mount = (
  root: HTMLElement,
  host: IHost,
  context: { signal: AbortSignal; kit: IKit }
) => void | Promise<void>;

export interface IViewModule {
  mount: Mount;
}
