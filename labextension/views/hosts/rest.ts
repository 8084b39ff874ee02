/** A view on a server, asked over its routes. */
import {
  HostError,
  type IAnswer,
  type IAskOptions,
  type IHost,
  type Json
} from '../host';
import { asking } from './asking';
import { FRAMED, readError, readFrame } from './frame';
import type { HostState } from './state';

type Payload = { [key: string]: Json };

/** Sends a request to a path below the routes' root. */
export type Send = (path: string, init?: RequestInit) => Promise<Response>;

/** What the place around a view can do, by the name of the method. */
export type HostMethods = {
  [name: string]: (payload: Payload) => Promise<Json>;
};

let count = 0;
const page = Math.random().toString(36).slice(2);

/** Send a request and read its answer. */
export async function request(
  send: Send,
  path: string,
  init: RequestInit = {}
): Promise<IAnswer> {
  let response: Response;
  let body: ArrayBuffer;
  try {
    response = await send(path, init);
    body = await response.arrayBuffer();
  } catch (error) {
    if (init.signal?.aborted) {
      throw error;
    }
    throw new HostError('the server cannot be reached', 503, String(error));
  }
  const type = response.headers.get('content-type') ?? '';
  if (response.ok && type.startsWith(FRAMED)) {
    return readFrame(body);
  }
  const text = new TextDecoder().decode(body);
  if (!response.ok) {
    throw readError(response.status, text);
  }
  return { json: text ? (JSON.parse(text) as Json) : null, buffers: [] };
}

/** Send a JSON body. */
export function posting(value: Json, signal?: AbortSignal): RequestInit {
  return {
    method: 'POST',
    body: JSON.stringify(value),
    headers: { 'Content-Type': 'application/json' },
    signal
  };
}

export class RestHost implements IHost {
  constructor(
    private readonly view: string,
    private readonly subject: string,
    readonly state: HostState,
    private readonly send: Send,
    private readonly own: HostMethods
  ) {}

  async ask<T = Json>(
    method: string,
    payload: Payload = {},
    options: IAskOptions = {}
  ): Promise<IAnswer<T>> {
    const own = this.own[method];
    if (own) {
      return { json: (await own(payload)) as T, buffers: [] };
    }
    const id = `${page}-${++count}`;
    const body = { subject: this.subject, method, payload, id };
    const path = `views/${encodeURIComponent(this.view)}/ask`;
    return asking(options, signal => {
      // Some proxies keep a connection that the browser has closed.
      signal.addEventListener('abort', () => {
        this.send(`views/asked/${id}`, {
          method: 'DELETE',
          keepalive: true
        }).catch(() => undefined);
      });
      return request(this.send, path, posting(body, signal)) as Promise<
        IAnswer<T>
      >;
    });
  }
}
