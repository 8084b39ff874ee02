/**
 * The stand-alone dashboard. Panel serves the page and hands over an element; its adapter can send
 * nothing to Python, so the server is asked over its routes.
 */
import type { IHost, Json } from '../host';
import { h, mountApp, t } from '../kit';
import style from './dashboard/dashboard.css';
import { List } from './dashboard/list';
import { Place, stored, type IChosen } from './dashboard/place';
import { Way } from './dashboard/way';
import { posting, request, type HostMethods } from './rest';
import { HostState } from './state';

interface IGiven {
  model: { get(key: string): unknown };
  el: HTMLElement;
}

function render({ model, el }: IGiven): () => void {
  const control = new AbortController();
  const { signal } = control;
  // Outside of the component's shadow, so that the page is styled and found as one.
  const outer = el.getRootNode();
  const parent = outer instanceof ShadowRoot ? document.body : el;
  const frame = document.createElement('div');
  frame.className = 'llmops-dashboard lw-app';
  parent.append(frame);
  signal.addEventListener('abort', () => frame.remove());
  void new Dashboard(frame, signal).start({
    ref: String(model.get('chosen') ?? ''),
    view: String(model.get('in_view') ?? '')
  });
  return () => control.abort();
}

class Dashboard {
  constructor(
    private readonly frame: HTMLElement,
    private readonly signal: AbortSignal
  ) {
    this.way = new Way(signal);
    const own: HostMethods = {
      'host.open': async ({ ref, view }) => {
        await this.open({ ref: String(ref ?? ''), view: String(view ?? '') });
        return null;
      },
      'host.run': async ({ operation, arguments: given }) => {
        const path = `operations/${encodeURIComponent(String(operation))}`;
        const body = posting({ arguments: given ?? {} });
        return (await request(this.way.send, path, body)).json;
      }
    };
    const element = (name: string, tag = 'div') => {
      const made = document.createElement(tag);
      made.className = `llmops-dashboard-${name}`;
      return made;
    };
    const [side, main] = [element('side'), element('main', 'main')];
    const back = element('back', 'button');
    const place = element('place');
    const sheet = document.createElement('style');
    sheet.textContent = style;
    back.addEventListener('click', () => void this.open(NOTHING));
    main.append(back, place);
    frame.append(sheet, side, main);
    this.side = side;
    this.back = back;
    this.state = new HostState(stored('llmops:dashboard'), {
      $view: 'dashboard',
      $subject: '',
      $initial: {},
      $status: 'live',
      $changed: 0,
      $can: Object.keys(own),
      $messages: {},
      $locale: 'en',
      $name: '',
      $shown: '',
      $dark: false
    });
    this.host = {
      state: this.state,
      ask: async (method, payload = {}, options = {}) => {
        const json = own[method]
          ? await own[method](payload)
          : await this.way.get<Json>(method, payload, options.signal);
        return { json: json as never, buffers: [] };
      }
    };
    const hint = t(this.host, 'Choose a thing to see what is known of it.');
    this.place = new Place(place, this.way, own, hint);
  }

  async start(first: IChosen): Promise<void> {
    const { way, state, signal } = this;
    way.on(() => {
      state.put('$status', way.status);
      state.put('$changed', way.changes + way.moves);
      state.put('$name', way.workspace.name);
    }, signal);
    await way.look();
    const dark = window.matchMedia('(prefers-color-scheme: dark)');
    dark.addEventListener('change', () => this.paint(), { signal });
    this.back.textContent = `‹ ${t(this.host, 'All things')}`;
    window.addEventListener('popstate', () => void this.show(written()), {
      signal
    });
    this.paint();
    const onTheme = () => {
      state.set('dark', !state.get('$dark'));
      this.paint();
    };
    mountApp(
      this.side,
      this.host,
      signal,
      h(List, { host: this.host, onTheme })
    );
    const kind = first.ref.split(':')[0];
    if (kind && kind !== 'job') {
      state.set('kind', kind);
    }
    await this.show(first);
  }

  /** Show something, as a new entry of the browser's history. */
  private async open(chosen: IChosen): Promise<void> {
    const url = new URL(location.href);
    for (const [key, value] of Object.entries(chosen)) {
      if (value) {
        url.searchParams.set(key, value);
      } else {
        url.searchParams.delete(key);
      }
    }
    if (url.href !== location.href) {
      history.pushState(null, '', url);
    }
    await this.show(chosen);
  }

  private async show(chosen: IChosen): Promise<void> {
    const some = !!(chosen.ref || chosen.view);
    this.frame.dataset.open = String(some);
    this.state.put('$shown', chosen.ref);
    const title = await this.place.show(chosen);
    const { name } = this.way.workspace;
    document.title = [title, name || 'LLMOps'].filter(Boolean).join(' · ');
  }

  /** Take the colours that were chosen, or else the system's. */
  private paint(): void {
    const chosen = this.state.get<boolean>('dark');
    const dark =
      chosen ?? window.matchMedia('(prefers-color-scheme: dark)').matches;
    this.frame.dataset.lwTheme = dark ? 'dark' : 'light';
    document.body.dataset.jpThemeLight = String(!dark);
    this.state.put('$dark', dark);
  }

  private readonly way: Way;
  private readonly side: HTMLElement;
  private readonly back: HTMLElement;
  private readonly place: Place;
  private readonly state: HostState;
  private readonly host: IHost;
}

const NOTHING: IChosen = { ref: '', view: '' };

/** Read what the address says is to be shown. */
function written(): IChosen {
  const given = new URL(location.href).searchParams;
  return { ref: given.get('ref') ?? '', view: given.get('view') ?? '' };
}

export default { render };
