/** What JupyterLab offers to the panels of a notebook: the way to the server that it has open. */
import type {
  IAnswer,
  IAskOptions,
  IKit,
  IViewModule,
  Json,
  Status
} from '../host';

/** A module as a host loads it; one in a single piece brings the kit that it was built with. */
export type LoadedModule = IViewModule & { kit?: IKit };

export interface ILabBridge {
  /** Settles once it is known which workspace the server has open. */
  readonly ready?: Promise<unknown>;
  /** The id of the workspace that the server has open; empty for none. */
  readonly workspace: string;
  /** Ask a view on the server, where nothing waits for a running cell. */
  ask(
    view: string,
    subject: string,
    method: string,
    payload: { [key: string]: Json },
    options?: IAskOptions
  ): Promise<IAnswer>;
  /** Load a view's module from the server; `kit` gives the kit itself. */
  load(view: string): Promise<LoadedModule>;
  /** What a view on the server says first. */
  initial?(view: string, subject: string): Promise<Json>;
  /** The `host.*` methods that work here, by name. */
  readonly hostMethods: {
    readonly [name: string]: (payload: {
      [key: string]: Json;
    }) => Promise<Json>;
  };
  readonly messages: { [message: string]: string };
  readonly locale: string;
  /** Call back whenever something changed that is news to a subject; gives what ends that. */
  onChanged(changed: () => void, subject: string): () => void;
  /** Call back whenever the server is lost or found again; gives what ends that. */
  onStatus?(told: (status: Status) => void): () => void;
}

const KEY = Symbol.for('llmops-workbench');

/** Give the bridge, when this page is a JupyterLab that has the extension. */
export function labBridge(): ILabBridge | undefined {
  return (globalThis as { [key: symbol]: unknown })[KEY] as
    ILabBridge | undefined;
}
