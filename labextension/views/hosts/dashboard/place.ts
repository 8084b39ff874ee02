/** The place beside the list, where the panel of what was chosen is shown. */
import type { IHost, IKit, Json } from '../../host';
import type { LoadedModule } from '../bridge';
import { readError } from '../frame';
import { mountView, notice } from '../mounting';
import {
  posting,
  request,
  RestHost,
  type HostMethods,
  type Send
} from '../rest';
import { HostState, MOVING, type Values } from '../state';
import type { Way } from './way';

/** What is shown: a reference, or a view of the whole workspace. */
export interface IChosen {
  ref: string;
  view: string;
}

interface IOpening {
  view: string;
  subject: string;
  title: string;
}

export class Place {
  constructor(
    private readonly root: HTMLElement,
    private readonly way: Way,
    private readonly own: HostMethods,
    /** What stands there while nothing is shown. */
    private readonly hint: string
  ) {}

  /** Show something else; gives what people call it. */
  async show(chosen: IChosen): Promise<string> {
    this.close();
    const control = (this.control = new AbortController());
    const { signal } = control;
    const root = document.createElement('div');
    root.className = 'llmops-dashboard-view';
    this.root.replaceChildren(root);
    if (!chosen.ref && !chosen.view) {
      root.className = 'llmops-dashboard-hint';
      root.textContent = this.hint;
      return '';
    }
    try {
      const found: IOpening = chosen.ref
        ? await this.way.get('opening', { ref: chosen.ref }, signal)
        : { view: chosen.view, subject: '', title: chosen.view };
      const view = chosen.view || found.view;
      const initial = await this.begin(view, found.subject, signal);
      if (!signal.aborted) {
        root.dataset.view = view;
        await this.mount(root, view, found.subject, initial, signal);
      }
      return found.title;
    } catch (error) {
      if (!signal.aborted) {
        root.replaceChildren(notice((error as Error).message, 'alert'));
      }
      return chosen.ref;
    }
  }

  /** Take away what is shown. */
  close(): void {
    this.control?.abort();
    this.control = undefined;
  }

  private async begin(
    view: string,
    subject: string,
    signal: AbortSignal
  ): Promise<Json> {
    const path = `views/${encodeURIComponent(view)}/state`;
    const asked = posting({ subject }, signal);
    return (await request(this.way.send, path, asked)).json;
  }

  private async mount(
    root: HTMLElement,
    view: string,
    subject: string,
    initial: Json,
    signal: AbortSignal
  ): Promise<void> {
    const { way } = this;
    const state = new HostState(
      stored(`llmops:${way.workspace.id}:${view}:${subject}`),
      {
        $view: view,
        $subject: subject,
        $initial: initial,
        $status: way.status,
        $changed: 0,
        $can: ['host.failed', ...Object.keys(this.own)],
        $messages: {},
        $locale: 'en'
      }
    );
    const count = () =>
      way.changes + (MOVING.test(subject) ? way.moves : 0) - begun;
    let begun = 0;
    begun = count();
    way.on(() => {
      state.put('$status', way.status);
      if (state.get('$changed') !== count()) {
        state.put('$changed', count());
        this.begin(view, subject, signal)
          .then(json => state.put('$initial', json))
          // The panel's own questions say what is wrong.
          .catch(() => undefined);
      }
    }, signal);
    const host: IHost = new RestHost(view, subject, state, way.send, this.own);
    await mountView({
      root,
      host,
      signal,
      load: () => load(way.send, view),
      loadKit: async () => (await load(way.send, 'kit')) as unknown as IKit
    });
  }

  private control?: AbortController;
}

/** Let the browser import a module from the server. */
async function load(send: Send, name: string): Promise<LoadedModule> {
  const path = `views/${encodeURIComponent(name)}.js`;
  const url = new URL(`llmops-workbench/${path}`, document.baseURI).href;
  try {
    return (await import(/* webpackIgnore: true */ url)) as LoadedModule;
  } catch (error) {
    // The browser says nothing of why: asking once more tells what the server has against it.
    const response = await send(path);
    if (!response.ok) {
      throw readError(response.status, await response.text());
    }
    throw error;
  }
}

/** Keep a panel's values in the browser, so that they outlive the page. */
export function stored(key: string): {
  read: () => Values;
  write: (values: Values) => void;
} {
  return {
    read: () => {
      try {
        return JSON.parse(localStorage.getItem(key) ?? '{}') as Values;
      } catch {
        return {};
      }
    },
    write: values => {
      try {
        localStorage.setItem(key, JSON.stringify(values));
      } catch {
        // A full or forbidden store: then the values live as long as the page.
      }
    }
  };
}
