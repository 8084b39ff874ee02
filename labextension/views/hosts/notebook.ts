/**
 * A panel in a notebook. This small loader is all that a widget carries; the panel's module comes
 * from JupyterLab's server, or else from the kernel, and is never stored in the notebook.
 */
import type { IAnswer, IAskOptions, IHost, IKit, Json } from '../host';
import { labBridge, type ILabBridge, type LoadedModule } from './bridge';
import { KernelLine, type IModel } from './kernel';
import { mountView } from './mounting';
import { HostState, type Values } from './state';

type Payload = { [key: string]: Json };

/** Milliseconds in which JupyterLab finds out which workspace its server has open. */
const BRIDGE_WAIT = 3000;
/** A module's source is big, and a kernel may be busy for long. */
const MODULE_WAIT = 600_000;

/** The modules that this page has got from kernels, by name and content. */
const loaded: Map<string, Promise<LoadedModule>> = ((
  globalThis as { [key: symbol]: unknown }
)[Symbol.for('llmops-workbench:modules')] ??= new Map()) as Map<
  string,
  Promise<LoadedModule>
>;

class NotebookHost implements IHost {
  constructor(
    private readonly model: IModel,
    private readonly line: KernelLine,
    private readonly signal: AbortSignal
  ) {
    this.view = String(model.get('view'));
    this.subject = String(model.get('subject'));
    const bridge = labBridge();
    this.state = new HostState(
      {
        read: () => ({ ...(model.get('state') as Values) }),
        write: values => {
          model.set('state', values);
          model.save_changes();
        }
      },
      {
        $view: this.view,
        $subject: this.subject,
        $initial: (model.get('initial') ?? {}) as Json,
        $status: 'live',
        $changed: 0,
        $can: [
          ...new Set(['host.failed', 'host.run', ...Object.keys(this.own)])
        ],
        $messages: { ...bridge?.messages },
        $locale: bridge?.locale ?? 'en'
      }
    );
    this.follow(bridge);
  }

  readonly view: string;
  readonly subject: string;
  readonly state: HostState;

  /** JupyterLab's way to the server, where what is shown is on the server. */
  private get server(): ILabBridge | undefined {
    const here = !this.subject.startsWith('kernel:') && !this.unknown;
    return here && this.isOpen ? labBridge() : undefined;
  }

  /** Whether the server has the workspace of this panel open, and no other. */
  private get isOpen(): boolean {
    const workspace = this.model.get('workspace');
    return !!workspace && labBridge()?.workspace === workspace;
  }

  /** What JupyterLab does for a panel; of another workspace than its own it can open nothing. */
  private get own(): ILabBridge['hostMethods'] {
    const methods = Object.entries(labBridge()?.hostMethods ?? {});
    return Object.fromEntries(
      methods.filter(([name]) => this.isOpen || name === 'host.cell')
    );
  }

  async ask<T = Json>(
    method: string,
    payload: Payload = {},
    options: IAskOptions = {}
  ): Promise<IAnswer<T>> {
    const own = this.own[method];
    if (own) {
      return { json: (await own(payload)) as T, buffers: [] };
    }
    const server = this.server;
    const toKernel = method.startsWith('host.') && this.line.live;
    if (server && !toKernel) {
      return server.ask(
        this.view,
        this.subject,
        method,
        payload,
        options
      ) as Promise<IAnswer<T>>;
    }
    return this.line.ask(this.view, this.subject, method, payload, options);
  }

  /** Learn anew what the Python side says first: a saved widget may be of another day. */
  private async begin(): Promise<void> {
    const { view, subject, server } = this;
    try {
      const initial = server
        ? await server.initial?.(view, subject)
        : (await this.line.ask(view, subject, 'host.initial', {}, {})).json;
      if (initial !== undefined && !this.signal.aborted) {
        this.state.put('$initial', initial);
      }
    } catch {
      // The panel's own questions say what is wrong.
    }
  }

  /** Load the view's module, and what it needs to begin. */
  async ready(): Promise<LoadedModule> {
    const begun = this.begin();
    const module = await this.load(this.view);
    if (this.server) {
      await begun;
    }
    this.listen();
    return module;
  }

  /** Load a module: a view's, or the kit. */
  async load(name: string): Promise<LoadedModule> {
    const { server } = this;
    if (!server) {
      return this.fetch(name);
    }
    try {
      return await server.load(name);
    } catch (error) {
      if (!this.line.live) {
        throw error;
      }
      // A view that only the kernel's environment knows.
      this.unknown = true;
      return this.fetch(name);
    }
  }

  /** Get a module in one piece from the kernel; ten widgets of one view ask once. */
  private async fetch(name: string): Promise<LoadedModule> {
    const options = { signal: this.signal, timeout: MODULE_WAIT };
    const about = await this.line.ask<{ digest: string }>(
      this.view,
      this.subject,
      'host.module',
      { name, only: 'digest' },
      options
    );
    const key = `${name} ${about.json.digest}`;
    const known = loaded.get(key);
    if (known) {
      return known;
    }
    const coming = this.line
      .ask(this.view, this.subject, 'host.module', { name }, options)
      .then(({ buffers }) => importSource(buffers[0]));
    loaded.set(key, coming);
    coming.catch(() => loaded.delete(key));
    return coming;
  }

  private follow(bridge: ILabBridge | undefined): void {
    const turn = () =>
      this.state.put(
        '$status',
        this.server ? serverStatus : this.line.live ? 'live' : 'gone'
      );
    let serverStatus = 'live';
    const rise = () =>
      this.state.put('$changed', Number(this.state.get('$changed')) + 1);
    const renewed = () => {
      rise();
      void this.begin();
    };
    this.line.turned = turn;
    this.line.changed = renewed;
    const ends = [
      bridge?.onChanged(() => this.server && renewed(), this.subject),
      bridge?.onStatus?.(status => {
        serverStatus = status;
        turn();
      })
    ];
    const initial = () =>
      this.state.put('$initial', this.model.get('initial') as Json);
    const renew = () => this.state.renew();
    this.model.on('change:initial', initial);
    this.model.on('change:state', renew);
    this.signal.addEventListener('abort', () => {
      this.model.off('change:initial', initial);
      this.model.off('change:state', renew);
      ends.forEach(end => end?.());
    });
    void this.line.look().then(turn);
  }

  /** Let the kernel say when something changed, where no server does. */
  private listen(): void {
    if (!this.server && this.line.live) {
      const { view, subject, signal } = this;
      this.line
        .ask(view, subject, 'host.follow', {}, { signal })
        .catch(() => undefined);
    }
  }

  private unknown = false;
}

async function importSource(source: ArrayBuffer): Promise<LoadedModule> {
  const blob = new Blob([source], { type: 'text/javascript' });
  const url = URL.createObjectURL(blob);
  try {
    return (await import(/* webpackIgnore: true */ url)) as LoadedModule;
  } finally {
    URL.revokeObjectURL(url);
  }
}

async function render(given: {
  model: IModel;
  el: HTMLElement;
  signal: AbortSignal;
}): Promise<void> {
  const { model, el, signal } = given;
  const root = document.createElement('div');
  root.className = 'llmops-panel';
  root.dataset.view = String(model.get('view'));
  el.append(root);
  await bridgeReady();
  if (signal.aborted) {
    return;
  }
  const line = new KernelLine(model, signal);
  const host = new NotebookHost(model, line, signal);
  await mountView({
    root,
    host,
    signal,
    load: () => host.ready(),
    loadKit: async () => (await host.load('kit')) as unknown as IKit
  });
}

async function bridgeReady(): Promise<void> {
  const ready = labBridge()?.ready;
  if (ready) {
    await Promise.race([
      ready.catch(() => undefined),
      new Promise(resolve => setTimeout(resolve, BRIDGE_WAIT))
    ]);
  }
}

export default { render };
