import { URLExt } from '@jupyterlab/coreutils';
import { ServerConnection } from '@jupyterlab/services';
import { HostError, type Json } from '../views/host';
import type { LoadedModule } from '../views/hosts/bridge';
import { posting, request, type Send } from '../views/hosts/rest';

/** Below the server's base URL. */
export const ROOT = 'llmops-workbench';

/** A query; what is undefined is left out. */
export type Query = { [name: string]: string | number | boolean | undefined };

/** The server extension's routes, asked in the way in which JupyterLab asks its server. */
export class Client {
  constructor(readonly settings: ServerConnection.ISettings) {
    this.root = `${URLExt.join(settings.baseUrl, ROOT)}/`;
  }

  /** Send one request to a path below the root. */
  readonly send: Send = (path, init = {}) =>
    ServerConnection.makeRequest(
      this.root + path,
      // Anything but `no-store`, for which JupyterLab adds a nameless parameter to the query.
      { cache: 'no-cache', ...init },
      this.settings
    );

  /** Read. */
  async get<T>(
    path: string,
    query: Query = {},
    signal?: AbortSignal
  ): Promise<T> {
    const words = new URLSearchParams();
    for (const [name, value] of Object.entries(query)) {
      if (value !== undefined && value !== '') {
        words.set(name, String(value));
      }
    }
    const tail = words.size ? `?${words}` : '';
    return this.ask<T>(path + tail, { signal });
  }

  /** Begin or change. */
  async post<T>(path: string, body: Json, signal?: AbortSignal): Promise<T> {
    return this.ask<T>(path, posting(body, signal));
  }

  /** Replace. */
  async put<T>(path: string, body: Json): Promise<T> {
    return this.ask<T>(path, { ...posting(body), method: 'PUT' });
  }

  /** Take away. */
  async remove<T>(path: string): Promise<T> {
    return this.ask<T>(path, { method: 'DELETE' });
  }

  /** Load the page's module of a view; `kit` gives the kit itself. */
  async load(view: string): Promise<LoadedModule> {
    const { appendToken, token } = this.settings;
    const key =
      appendToken && token ? `?token=${encodeURIComponent(token)}` : '';
    const url = new URL(
      `${this.root}views/${encodeURIComponent(view)}.js${key}`,
      location.href
    ).href;
    try {
      return (await import(/* webpackIgnore: true */ url)) as LoadedModule;
    } catch (error) {
      // The browser says nothing of why: asking once more tells what the server has against it.
      await request(this.send, `views/${encodeURIComponent(view)}.js`).catch(
        told => {
          if (told instanceof HostError) {
            throw told;
          }
        }
      );
      throw error;
    }
  }

  private async ask<T>(path: string, init: RequestInit): Promise<T> {
    return (await request(this.send, path, init)).json as T;
  }

  private readonly root: string;
}

/** Write a reference as a part of a path. */
export function part(ref: string): string {
  return encodeURIComponent(ref);
}
